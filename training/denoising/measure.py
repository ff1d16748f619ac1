"""What the weights that take out noise are worth: `python -m training.denoising.measure --data FOLDER [--jpeg]
[--state FILE] [--left-out] [--baseline] [--every N]`.

Protocol: the 100 photos bsds-val of validation.zip, which no recipe trains on, made noisy with a fixed seed: white
noise of a deviation of 15, 25 and 50 levels, clipped and rounded as in a file; JPEG of quality 10, 20 and 40 as
Pillow writes it; and each kind of `training.denoising.noise`. PSNR in dB over all colours, in eight bits: of the noisy
picture and of the network; and what the network makes of the clean photo. With `--baseline` also that of OpenCV's
non-local means (`nlm`, told the deviation of white noise), at 25 levels and at JPEG of quality 10. `--left-out` takes
132 photos of COCO without people instead, another source that the recipe has not seen. `--jpeg` measures the weights
for what JPEG leaves, on files of quality 10 to 80 and on a sensor's noise or grain in a file, beside those of
`denoise`.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch

from imaging.tensors import pad_to_multiple, to_pixels, to_tensor
from networks import weights
from networks.restoration.denoiser import Denoiser
from training.common.archives import list_pictures, read_rgb
from training.common.arguments import build_parser
from training.common.degradation import compress_jpeg
from training.common.half_precision import autocast
from training.common.metrics import psnr
from training.common.run import set_up
from training.denoising import noise

SEED = 5
DEVIATIONS = (15, 25, 50)
QUALITIES = (10, 20, 40)
FILE_QUALITIES = (10, 20, 40, 60, 80)
# From a clean picture and its number to the name of a noise, the noisy picture, the deviation of white noise that
# non-local means are told, and the clean picture.
Wear = Callable[[np.ndarray, int], Iterator[tuple[str, np.ndarray, float, np.ndarray]]]


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    networks = {"network": load_network("denoise-jpeg" if arguments.jpeg else "denoise", arguments.state)}
    if arguments.jpeg:
        networks["denoise"] = load_network("denoise")
    pictures = load_left_out(arguments.data) if arguments.left_out else load_bsds(arguments.data)
    wear = wear_files if arguments.jpeg else wear_all
    print(json.dumps(measure(networks, pictures, wear, arguments.every, arguments.baseline), indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads", "state", "every")
    parser.add_argument("--jpeg", action="store_true", help="measure the weights for what JPEG leaves")
    parser.add_argument("--left-out", action="store_true", help="measure on COCO photos")
    parser.add_argument("--baseline", action="store_true", help="measure non-local means too, which are slow")
    return parser.parse_args()


def load_network(name: str, state: Path | None = None) -> Denoiser:
    """Return the released network, or one whose parameters are in a file that the recipe saved."""
    network = weights.load("denoise" if state else name)
    assert isinstance(network, Denoiser)
    if state:
        network.load_state_dict(torch.load(state, map_location="cpu", weights_only=True))
    return network


def load_bsds(data: Path) -> list[np.ndarray]:
    return [read_rgb(member) for member in list_pictures(data, "validation.zip", "bsds-val/")]


def load_left_out(data: Path) -> list[np.ndarray]:
    return [read_rgb(member) for member in list_pictures(data, "people-varied.zip", "no-person/")]


def measure(
    networks: Mapping[str, Denoiser],
    pictures: list[np.ndarray],
    wear: Wear,
    every: int = 1,
    baseline: bool = False,
) -> dict[str, float]:
    """Return the mean PSNR in dB for each kind of noise: `gauss25_noisy`, `gauss25_network` and the like."""
    found: dict[str, list[float]] = {}
    for index, clean in enumerate(pictures):
        if index % every:
            continue
        for name, noisy, deviation, target in wear(clean, index):
            found.setdefault(f"{name}_noisy", []).append(psnr(noisy, target))
            for title, network in networks.items():
                found.setdefault(f"{name}_{title}", []).append(psnr(run_network(network, noisy), target))
            if baseline and deviation:
                found.setdefault(f"{name}_nlm", []).append(psnr(average_non_locally(noisy, deviation), target))
    return {name: round(float(np.mean(levels)), 3) for name, levels in found.items()}


def wear_all(clean: np.ndarray, index: int) -> Iterator[tuple[str, np.ndarray, float, np.ndarray]]:
    """Yield the name of a noise, the noisy picture, what deviation non-local means are told, and the clean picture.

    The deviation is 0 where they are not run.
    """
    for deviation in DEVIATIONS:
        random = np.random.default_rng((SEED, index, deviation))
        white = noise.to_bytes(clean / 255 + deviation / 255 * random.standard_normal(clean.shape))
        yield f"gauss{deviation}", white, 25 if deviation == 25 else 0, clean
    for quality in QUALITIES:
        yield f"jpeg{quality}", compress_jpeg(clean, quality), 5 if quality == 10 else 0, clean
    for number, kind in enumerate(("sensor", "grain", "halftone")):
        noisy, target = noise.make_pair(clean, np.random.default_rng((SEED, index, number)), kind)
        yield kind, noisy, 0, target
    yield "clean", clean, 0, clean


def wear_files(clean: np.ndarray, index: int) -> Iterator[tuple[str, np.ndarray, float, np.ndarray]]:
    """Yield the same for JPEG files."""
    for quality in FILE_QUALITIES:
        yield f"jpeg{quality}", compress_jpeg(clean, quality), 5 if quality == 10 else 0, clean
    for number, kind in enumerate(("sensor", "grain")):
        random = np.random.default_rng((SEED, index, number))
        noisy, target = noise.make_pair(clean, random, kind, noise.JPEG_KINDS, on_grid=True)
        yield f"{kind}_file", noisy, 0, target
    yield "clean", clean, 0, clean


def average_non_locally(noisy: np.ndarray, deviation: float) -> np.ndarray:
    """Return what OpenCV's non-local means make of it, as strong as they do best at this deviation of white noise."""
    strength = 0.7 * deviation
    return cv2.fastNlMeansDenoisingColored(noisy, None, strength, strength, 7, 21)


@torch.inference_mode()
def run_network(network: Denoiser, noisy: np.ndarray) -> np.ndarray:
    height, width = noisy.shape[:2]
    padded = pad_to_multiple(to_tensor(noisy), network.multiple_of, network.minimum_side)
    with autocast("cpu"):  # as the tool runs it
        return to_pixels(network(padded))[:height, :width]


if __name__ == "__main__":
    main()
