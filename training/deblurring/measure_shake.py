"""Is blur told from sharpness? `python -m training.deblurring.measure_shake --data FOLDER [--choose]`.

Reads the spread of the blur (`imaging.deblurring.shake`) off the photos of the protocol
(`training.deblurring.measure`), blurred in every severity and sharp, and counts how many the threshold sends to the
network; what sharp edges decide before that is left out here (`training.deblurring.measure_harm`). With `--choose` it
measures photos of the training sets that were held back instead, from which the threshold is to be chosen, and prints
what each of several would do.
"""

import argparse
import json
from typing import cast

import numpy as np
import torch

from imaging.deblurring import shake
from networks import weights
from networks.deconvolver import Deconvolver
from training.common.archives import list_members, read_rgb, split_held_back
from training.common.arguments import build_parser
from training.common.run import set_up
from training.deblurring.measure import add_photo_arguments, load_sharp_photos, photograph_all
from training.deblurring.pairs import ARCHIVES

CHOICE_PICTURES = 100


def main() -> None:
    arguments = parse_arguments()
    set_up(threads=1)
    network = cast(Deconvolver, weights.load("deblur"))
    photos = load_held_back_photos(arguments) if arguments.choose else load_sharp_photos(arguments)
    spreads = measure(network, photos, arguments.every)
    thresholds = np.arange(0.3, 1.5, 0.1).round(2) if arguments.choose else [shake.THRESHOLD]
    print(json.dumps({float(threshold): measure_treated(spreads, threshold) for threshold in thresholds}, indent=2))
    print(json.dumps({kind: compute_quantiles(values) for kind, values in spreads.items()}, indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument("--choose", action="store_true", help="measure held-back photos of the training sets")
    return parser.parse_args()


def load_held_back_photos(arguments: argparse.Namespace) -> list[np.ndarray]:
    listed = [member for archive in ARCHIVES for member in list_members(arguments.data, archive)]
    return [read_rgb(member) for member in split_held_back(listed)[1][:CHOICE_PICTURES]]


@torch.inference_mode()
def measure(network: Deconvolver, photos: list[np.ndarray], every: int = 1) -> dict[str, list[float]]:
    """Return the spreads in pixels of all photos by severity, and of the sharp ones."""

    def spread(pixels: np.ndarray) -> float:
        return shake.estimate_blur(pixels, network.kernel, network.multiple_of, network.minimum_side)

    spreads: dict[str, list[float]] = {"sharp": [spread(photo) for photo in photos[::every]]}
    for case in photograph_all(photos, every):
        spreads.setdefault(case.severity, []).append(spread(case.photo.pixels))
    return spreads


def measure_treated(spreads: dict[str, list[float]], threshold: float) -> dict[str, float]:
    """Return the part of each kind that counts as blurred, in percent."""
    return {kind: round(100 * float(np.mean(np.array(values) >= threshold)), 1) for kind, values in spreads.items()}


def compute_quantiles(values: list[float]) -> dict[str, float]:
    return {f"{part}%": round(float(np.percentile(values, part)), 2) for part in (0, 5, 25, 50, 75, 95, 100)}


if __name__ == "__main__":
    main()
