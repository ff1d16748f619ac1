"""What the weights that enlarge are worth: `python -m training.enlarging.measure --data FOLDER [--left-out]`.

Protocol: the 100 photos bsds-val of validation.zip, which no recipe trains on, are reduced by two and by four with a
bicubic filter and enlarged again. PSNR against the photo in eight bits, of RGB and of the luma Y of BT.601 (as the
literature has it, with a border of the factor's width cut off), beside a bicubic and a Lanczos enlargement; and for
four also the network applied twice by two. `--left-out` takes 132 photos of COCO without people instead, another
source that the recipe has not seen.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from imaging.tensors import to_pixels, to_tensor
from networks import weights
from networks.restoration.enlarger import FACTORS, Enlarger
from training.common.archives import list_pictures, read_rgb
from training.common.arguments import build_parser
from training.common.metrics import psnr
from training.common.run import set_up
from training.enlarging.pairs import reduce

LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)
Method = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    network = load_network(arguments.state)
    pictures = load_left_out(arguments.data) if arguments.left_out else load_bsds(arguments.data)
    print(json.dumps(measure(network, pictures), indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads", "state")
    parser.add_argument("--left-out", action="store_true", help="measure on COCO photos")
    return parser.parse_args()


def load_network(state: Path | None) -> Enlarger:
    """Return the released network, or that of a file that the recipe saved."""
    network = weights.load("enlarge")
    assert isinstance(network, Enlarger)
    if state:
        network.load_state_dict(torch.load(state, map_location="cpu", weights_only=True))
    return network


def load_bsds(data: Path) -> Iterator[np.ndarray]:
    return (read_rgb(member) for member in list_pictures(data, "validation.zip", "bsds-val/"))


def load_left_out(data: Path) -> Iterator[np.ndarray]:
    return (read_rgb(member) for member in list_pictures(data, "people-varied.zip", "no-person/"))


def measure(network: Enlarger, pictures: Iterator[np.ndarray]) -> dict[str, float]:
    """Return the mean PSNR in dB of each method and factor, `x2_rgb_network` and the like."""
    found: dict[str, list[float]] = {}
    for picture in pictures:
        height, width = (length - length % 4 for length in picture.shape[:2])
        large = picture[:height, :width]
        for factor in FACTORS:
            small = reduce(large, factor)
            for name, method in list_methods(network, factor).items():
                rgb, luma = compare(method(small), large, factor)
                found.setdefault(f"x{factor}_rgb_{name}", []).append(rgb)
                found.setdefault(f"x{factor}_y_{name}", []).append(luma)
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


def list_methods(network: Enlarger, factor: int) -> dict[str, Method]:
    """Return what enlarges uint8 (H, W, 3) by the factor, by names."""
    methods: dict[str, Method] = {
        "bicubic": lambda small: enlarge_plainly(small, factor),
        "lanczos": lambda small: enlarge_plainly(small, factor, Image.Resampling.LANCZOS),
        "network": lambda small: run_network(network, small, factor),
    }
    if factor == 4:
        methods["twice"] = lambda small: run_network(network, run_network(network, small, 2), 2)
    return methods


@torch.inference_mode()
def run_network(network: Enlarger, small: np.ndarray, factor: int) -> np.ndarray:
    return to_pixels(network.enlarge(to_tensor(small), factor))


def enlarge_plainly(small: np.ndarray, factor: int, method: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """Return uint8 (H, W, 3) enlarged by interpolation."""
    height, width = small.shape[:2]
    return np.asarray(Image.fromarray(small).resize((width * factor, height * factor), method))


def compare(enlarged: np.ndarray, large: np.ndarray, border: int) -> tuple[float, float]:
    """Return the PSNR of RGB over the whole picture, and that of the luma without its border."""
    inner = slice(border, -border)
    first, second = (picture[inner, inner].astype(np.float64) @ LUMA for picture in (enlarged, large))
    error = float(np.mean((first - second) ** 2))
    return psnr(enlarged, large), float(10 * np.log10(255.0**2 / error)) if error else 100.0


if __name__ == "__main__":
    main()
