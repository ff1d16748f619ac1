"""Does deblurring harm sharp pictures? `python -m training.deblurring.measure_harm --data FOLDER [--choose]`.

Takes sharp photos of people and of cities to the sizes of `SIZES` (every third saved as a JPEG thumbnail; every third
with its background out of focus, where a mask says who is the person), and does with each what the service does: finds
whether it is shaken, and if so takes the blur out. Prints which part of them is treated, the PSNR of those to the
input, and how many are below `MIN_PSNR`. Then it shakes the photos of the protocol (`training.deblurring.measure`)
and prints which part of these is treated, the mean gain (none where nothing is done) and the worst.

Numbers are chosen with `--choose`, on other sources: `CHOICE`, and held-back photos of the training sets. The
largest sizes are enlarged, for the sources have 80 to 480 pixels.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.deblurring import artifacts, referee, scales, shake
from imaging.tiles import run_tiled
from networks import weights
from networks.deconvolver import Deconvolver
from training.common.archives import Member, list_pictures, read_grey, read_rgb
from training.common.arguments import build_parser
from training.common.degradation import compress_jpeg
from training.common.metrics import psnr
from training.common.run import set_up
from training.deblurring import blur, handheld, measure
from training.deblurring.measure_shake import load_held_back_photos

SIZES = (80, 120, 200, 320, 640)  # long side, pixels
MIN_PSNR = 40.0  # of a result to a sharp input, dB
MASKED = ("portraits/", "street/")  # sources with a mask beside each picture
CHOICE = {"people-portraits.zip": "portraits/", "people-varied.zip": "pennfudan/", "scenes.zip": "scenes/buildings"}
REPORT = {
    "people-street.zip": "street/",
    "people-varied.zip": "coco/",
    "people-sport.zip": "sport/",
    "people-unlabelled.zip": "unlabelled/",
    "faces.zip": "faces/",
    "scenes.zip": "scenes/street",
}


def main() -> None:
    arguments = parse_arguments()
    set_up(threads=1)
    restored = partial(restore, cast(Deconvolver, weights.load("deblur")))
    for archive, prefix in (CHOICE if arguments.choose else REPORT).items():
        for size, pictures in load_sharp_pictures(arguments, archive, prefix):
            print(json.dumps({"source": prefix, "size": size} | measure_harm(pictures, restored)), flush=True)
    photos = load_held_back_photos(arguments) if arguments.choose else measure.load_sharp_photos(arguments)
    for name, shaken in (("as in training", measure.photograph_protocol), ("handheld", handheld.photograph_handheld)):
        cases = measure.photograph_all(photos, arguments.every, shaken)
        print(json.dumps({"shake": name} | measure_gain(cases, restored)), flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    measure.add_photo_arguments(parser)
    parser.add_argument("--choose", action="store_true", help="measure the sources on which numbers are chosen")
    parser.add_argument("--count", type=int, default=40, help="pictures of each source")
    return parser.parse_args()


def load_sharp_pictures(
    arguments: argparse.Namespace, archive: str, prefix: str
) -> Iterator[tuple[int, Iterator[np.ndarray]]]:
    """Yield each size with the pictures of one source, uint8 (H, W, 3), that are made of that size."""
    listed = list_pictures(arguments.data, archive, prefix)
    chosen = listed[:: max(1, len(listed) // arguments.count)][: arguments.count]
    own = max(read_rgb(chosen[0]).shape)
    for size in [size for size in SIZES if size <= 2 * own]:
        yield size, (prepare(member, size, index) for index, member in enumerate(chosen))


def prepare(member: Member, size: int, index: int) -> np.ndarray:
    """Return the picture with a long side of `size`; by `index` plain, a thumbnail, or before a soft background."""
    random = np.random.default_rng(index)
    picture = resize(read_rgb(member), size)
    if index % 3 == 2 and member.name.startswith(MASKED):
        mask = resize(read_grey(Member(member.archive, member.name.rsplit(".", 1)[0] + ".mask.png")), size)
        return blur_background(picture, mask[:, :, None] / np.float32(255), random)
    return compress_jpeg(picture, int(random.integers(30, 71))) if index % 3 == 1 else picture


def resize(picture: np.ndarray, size: int) -> np.ndarray:
    factor = size / max(picture.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=method)


def blur_background(picture: np.ndarray, alpha: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the picture with all but the person, `alpha` (H, W, 1) in [0, 1], smeared over a disc."""
    radius = max(2, round(random.uniform(0.01, 0.03) * max(picture.shape[:2])))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    light = blur.LIGHT_OF_CODES[picture]
    share = cv2.filter2D(1 - alpha, -1, disc)[:, :, None].clip(1e-3)
    behind = cv2.filter2D(light * (1 - alpha), -1, disc) / share
    return (blur.encode_srgb(light * alpha + behind.clip(0, 1) * (1 - alpha)) * 255).round().astype(np.uint8)


@torch.inference_mode()
def restore(network: Deconvolver, picture: np.ndarray, scaled: bool = True) -> np.ndarray | None:
    """Return what the service makes of the picture, uint8 (H, W, 3), with default options: None where it declines.

    Unless it is `scaled`, the work is done at full size, however long the blur.
    """
    rule = network.multiple_of, network.minimum_side
    if not shake.is_shaken(picture, network.kernel, *rule):
        return None
    factor = scales.choose_factor(picture, network.kernel, *rule) if scaled else 1
    small = scales.shrink(picture, factor)

    def tile(source: Tensor) -> Tensor:
        restored = network(source).clamp(0, 1)
        if artifacts.find_artifact(source, restored):
            return source
        return restored.lerp(source, referee.measure_kept_share(source, restored))

    restored = run_tiled(small, tile, multiple_of=rule[0], minimum_side=rule[1])
    return scales.add_change(picture, small, restored)


Restorer = Callable[[np.ndarray], np.ndarray | None]


def measure_harm(pictures: Iterator[np.ndarray], restored: Restorer) -> dict[str, float]:
    """Return figures of sharp pictures: how many, which part is treated, and how near the results are to them."""
    results = [(picture, restored(picture)) for picture in pictures]
    distances = [psnr(picture, result) for picture, result in results if result is not None]
    return {
        "pictures": len(results),
        "treated_percent": round(100 * len(distances) / len(results), 1),
        f"below_{MIN_PSNR:.0f}_dB": sum(distance < MIN_PSNR for distance in distances),
        "worst_psnr_to_input": round(min(distances, default=100.0), 1),
    }


def measure_gain(cases: Iterator[measure.Case], restored: Restorer) -> dict[str, dict[str, float]]:
    """Return figures of shaken pictures by severity: which part is treated, the mean gain and the worst, in dB."""
    gains: dict[str, list[float]] = {}
    treated: dict[str, list[bool]] = {}
    for case in cases:
        blurred = case.photo.pixels
        result = restored(blurred)
        treated.setdefault(case.severity, []).append(result is not None)
        after = blurred if result is None else result
        gains.setdefault(case.severity, []).append(psnr(after, case.sharp) - psnr(blurred, case.sharp))
    return {
        severity: {
            "treated_percent": round(100 * float(np.mean(treated[severity])), 1),
            "gain": round(float(np.mean(values)), 2),
            "worst": round(min(values), 2),
        }
        for severity, values in gains.items()
    }


if __name__ == "__main__":
    main()
