"""See the blur that recipes make: `python -m training.deblurring.sheet --pictures FOLDER --out FOLDER`.

Writes kernels.png, a row of kernels for each severity, and pairs.webp, sharp crops above the photographs made of them,
each with its kernel in the corner. The same for the same seed.
"""

import argparse
from itertools import cycle
from pathlib import Path

import numpy as np
from PIL import Image

from training.common.arguments import build_parser
from training.deblurring import blur
from training.deblurring.measure import add_photo_arguments, load_sharp_photos

SEED = 2012
COLUMNS, RADIUS, ZOOM, SIDE = 10, 16, 3, 200


def main() -> None:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw_kernels()).save(arguments.out / "kernels.png")
    Image.fromarray(draw_pairs(load_sharp_photos(arguments))).save(arguments.out / "pairs.webp", quality=90)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def draw_kernels() -> np.ndarray:
    """Return a sheet, uint8 (rows, columns), of kernels: light, medium and heavy."""
    random = np.random.default_rng(SEED)
    rows = [
        np.hstack([draw_tile(blur.draw_kernel(blur.draw_motion(random, extents).path)) for _ in range(COLUMNS)])
        for extents in blur.SEVERITIES.values()
    ]
    return np.vstack(rows)


def draw_pairs(photos: list[np.ndarray]) -> np.ndarray:
    """Return a sheet, uint8 (rows, columns, 3): sharp above blurred, two columns for each severity."""
    random = np.random.default_rng(SEED)
    columns = []
    for photo, extents in zip(cycle(photos), [one for one in blur.SEVERITIES.values() for _ in range(2)], strict=False):
        made = blur.photograph(photo, blur.draw_motion(random, extents), random)
        middle = tuple(slice((length - SIDE) // 2, (length - SIDE) // 2 + SIDE) for length in photo.shape[:2])
        sharp, blurred = (np.ascontiguousarray(picture[middle]) for picture in (photo, made.pixels))
        corner = draw_tile(made.kernels[0], zoom=2)[:, :, None]
        blurred[: corner.shape[0], : corner.shape[1]] = corner
        columns.append(np.vstack([sharp, blurred]))
    return np.hstack(columns)


def draw_tile(kernel: np.ndarray, zoom: int = ZOOM) -> np.ndarray:
    """Return a kernel as a picture, uint8, `zoom` pixels for each of its own, with a grey rim."""
    light = blur.crop_kernel(kernel, RADIUS)
    shown = np.round(255 * np.sqrt(light / light.max())).astype(np.uint8)
    return np.pad(np.kron(shown, np.ones((zoom, zoom), np.uint8)), 1, constant_values=90)


if __name__ == "__main__":
    main()
