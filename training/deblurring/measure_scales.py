"""Is a long blur taken out too? `python -m training.deblurring.measure_scales --data FOLDER [--megapixels 1 3 6 12]`.

Protocol: sharp pictures of every size are composed of the photos bsds-val of validation.zip, which no recipe trains on.
They are small, and an enlarged one would be no sharp target; so the middle of each, 320 pixels square, is mirrored at
its sides, which leaves no seam, and blocks of 640 pixels of different photos are put next to each other. Edges between
blocks are sharp in the target, and help to find the blur more than most pictures would. Each picture is shaken once by
`training.deblurring.blur` and once by `training.deblurring.handheld` for every extent, with the seed (SEED, extent,
picture). PSNR before and after is that of the picture moved over the target with the least error, in parts of a pixel,
for where the camera looked at first is not known; 5 % at each side are left out. "before" is the work at full size,
"after" is what the service does; both decline what they find sharp. One line of JSON for each picture, with the
processor seconds of each, then the means.
"""

import argparse
import json
import time
from collections.abc import Iterator
from statistics import mean
from typing import Any, cast

import cv2
import numpy as np

from networks import weights
from networks.deconvolver import Deconvolver
from training.common.archives import Member, list_members, read_rgb
from training.common.arguments import build_parser
from training.common.metrics import psnr
from training.common.run import set_up
from training.deblurring import handheld
from training.deblurring.measure import photograph_protocol
from training.deblurring.measure_harm import restore

SEED = 18
PART = 320  # pixels of a photo's middle
EXTENTS = (5, 10, 20, 40, 80)  # of the shake, pixels
SEEN = 600  # pixels of the middle in which it is looked for how far a picture has moved
SHAKES = {"blur": photograph_protocol, "handheld": handheld.photograph_handheld}


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    network = cast(Deconvolver, weights.load("deblur"))
    members = list_members(arguments.data, "validation.zip", "bsds-val/")
    rows = []
    for row in measure(network, members, arguments):
        rows.append(row)
        print(json.dumps(row), flush=True)
    for extent in arguments.extents:
        print(json.dumps({"extent": extent} | average([row for row in rows if row["extent"] == extent])))


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 3, 6, 12])
    parser.add_argument("--extents", type=int, nargs="+", default=EXTENTS, help="of the shake, in pixels")
    parser.add_argument("--shakes", nargs="+", choices=SHAKES, default=list(SHAKES))
    parser.add_argument("--pictures", type=int, default=2, help="of each size")
    parser.add_argument("--after-only", action="store_true", help="leave out the work at full size")
    return parser.parse_args()


def measure(network: Deconvolver, members: list[Member], arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the figures of each shaken picture."""
    for megapixels in arguments.megapixels:
        width = round((megapixels * 4e6 / 3) ** 0.5)
        for number in range(arguments.pictures):
            sharp = compose(members, (width * 3 // 4, width), number)
            for extent in arguments.extents:
                for shake in arguments.shakes:
                    random = np.random.default_rng((SEED, extent, number))
                    blurred = SHAKES[shake](sharp, (extent, extent), random).pixels
                    row = {"megapixels": megapixels, "picture": number, "extent": extent, "shake": shake}
                    yield row | compare(network, blurred, sharp, arguments.after_only)


def compose(members: list[Member], size: tuple[int, int], number: int) -> np.ndarray:
    """Return a sharp picture, uint8 (*size, 3)."""
    random = np.random.default_rng((SEED, number))
    picture = np.empty((*size, 3), np.uint8)
    for top in range(0, size[0], 2 * PART):
        for left in range(0, size[1], 2 * PART):
            photo = read_rgb(members[int(random.integers(len(members)))])
            down, along = ((length - PART) // 2 for length in photo.shape[:2])
            middle = photo[down : down + PART, along : along + PART]
            block = np.pad(middle, ((0, PART), (0, PART), (0, 0)), mode="symmetric")
            place = picture[top : top + 2 * PART, left : left + 2 * PART]
            place[:] = block[: place.shape[0], : place.shape[1]]
    return picture


def compare(network: Deconvolver, blurred: np.ndarray, sharp: np.ndarray, after_only: bool) -> dict[str, float]:
    figures = {"psnr": measure_aligned(blurred, sharp)}
    for name, scaled in (("before", False), ("after", True)):
        if scaled or not after_only:
            start = time.process_time()
            result = restore(network, blurred, scaled)
            figures[f"{name}_seconds"] = time.process_time() - start
            gain = 0.0 if result is None else measure_aligned(result, sharp) - figures["psnr"]
            figures |= {f"{name}_treated": float(result is not None), f"{name}_gain": gain}
    return {name: round(value, 2) for name, value in figures.items()}


def measure_aligned(picture: np.ndarray, sharp: np.ndarray) -> float:
    """Return the PSNR in dB of the picture, moved over the sharp one as far as that helps."""
    middle = tuple(slice(max(0, (length - SEEN) // 2), (length + SEEN) // 2) for length in sharp.shape[:2])
    wanted, seen = (cv2.cvtColor(pixels[middle], cv2.COLOR_RGB2GRAY).astype(np.float32) for pixels in (sharp, picture))
    down, along = (slice(length // 20, length - length // 20) for length in sharp.shape[:2])
    moved = picture
    try:
        stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 1e-4)
        still, all_of_it = np.eye(2, 3, dtype=np.float32), np.ones(wanted.shape, np.uint8)
        move = cv2.findTransformECC(wanted, seen, still, cv2.MOTION_TRANSLATION, stop, all_of_it, 5)[1]
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(picture, move, sharp.shape[1::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    except cv2.error:  # the two have too little in common
        pass
    return max(psnr(pixels[down, along], sharp[down, along]) for pixels in (picture, moved))


def average(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return means of all figures, and the worst gain."""
    figures = {name: round(mean(row[name] for row in rows), 2) for name in rows[0] if name not in ("shake", "extent")}
    return figures | {"worst_gain": min(row["after_gain"] for row in rows)}


if __name__ == "__main__":
    main()
