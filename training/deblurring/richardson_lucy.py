"""What could be had at best? `python -m training.deblurring.richardson_lucy --data FOLDER [--every 4]`.

Richardson, "Bayesian-Based Iterative Method of Image Restoration", JOSA 62(1), 1972; Lucy, "An Iterative Technique for
the Rectification of Observed Distributions", The Astronomical Journal 79, 1974. It is given what no tool has, the
true kernels, and runs on the photos of `training.deblurring.measure` in linear light; where the blur varies, it
runs once for each of the two kernels and mixes the results as the blur was mixed. It knows nothing of noise, of JPEG
or of how pictures are, so that the number of iterations is all there is to tune: several are measured.
"""

import argparse
import json

import numpy as np

from training.common.arguments import build_parser
from training.deblurring import blur
from training.deblurring.measure import add_photo_arguments, average, compare, load_sharp_photos, photograph_all

ITERATIONS = (5, 10, 20, 30)


def main() -> None:
    arguments = parse_arguments()
    rows: dict[int, dict[str, list[dict[str, float]]]] = {count: {} for count in ITERATIONS}
    for case in photograph_all(load_sharp_photos(arguments), arguments.every):
        for count, restored in restore(case.photo).items():
            rows[count].setdefault(case.severity, []).append(compare(case.photo.pixels, restored, case.sharp))
    figures = {count: {kind: average(found) for kind, found in kinds.items()} for count, kinds in rows.items()}
    for kinds in figures.values():
        kinds["mean"] = average(list(kinds.values()))
    print(json.dumps(figures, indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    add_photo_arguments(parser)
    return parser.parse_args()


def restore(photo: blur.Photograph) -> dict[int, np.ndarray]:
    """Return the pictures, uint8 (H, W, 3), after each number of `ITERATIONS`."""
    light = blur.decode_srgb(photo.pixels.astype(np.float32) / 255)
    results = [deconvolve(light, kernel) for kernel in photo.kernels]
    mixed = {}
    for count in ITERATIONS:
        first, last = results[0][count], results[-1][count]
        restored = first if photo.share is None else first * (1 - photo.share) + last * photo.share
        mixed[count] = np.round(blur.encode_srgb(np.clip(restored, 0, 1)) * 255).astype(np.uint8)
    return mixed


def deconvolve(light: np.ndarray, kernel: np.ndarray) -> dict[int, np.ndarray]:
    """Return, by number of iterations, what becomes of float32 (H, W, 3) in linear light, borders reflected."""
    turned = kernel[::-1, ::-1]
    estimate, found = light.copy(), {}
    for step in range(1, max(ITERATIONS) + 1):
        expected = np.maximum(blur.convolve(estimate, kernel), 1e-4)
        estimate = estimate * np.maximum(blur.convolve(light / expected, turned), 0)
        if step in ITERATIONS:
            found[step] = estimate
    return found


if __name__ == "__main__":
    main()
