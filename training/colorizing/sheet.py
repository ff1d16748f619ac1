"""A contact sheet of the colorizer for its card: python -m training.colorizing.sheet --out FILE [--pictures FOLDER]

Each picture of the folder, docs/demo/pictures by default, stands grey, coloured by the released weights as
`training/colorizing/measure.py` does it, and as it was. The chroma is smoothed as in the service
(`imaging/colorizing/diffusion.py`).
"""

from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn

from imaging.tensors import to_pixels, to_tensor
from networks.layers.colour_space import lab_to_rgb, rgb_to_lab
from networks.weights import load
from training.colorizing.measure import SIDE, colorize
from training.common.archives import read_folder
from training.common.arguments import build_parser

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "demo" / "pictures"
HEIGHT, WIDTH = 170, 260  # pixels of a cell


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, default=PICTURES)
    arguments = parser.parse_args()
    network = load("colorize")
    Image.fromarray(draw_sheet(network, read_folder(arguments.pictures))).save(arguments.out, quality=88)


@torch.no_grad()
def draw_sheet(network: nn.Module, pictures: list[np.ndarray]) -> np.ndarray:
    """Return the pictures, uint8 (H, W, 3), below each other, uint8 (n * HEIGHT, 3 * WIDTH, 3)."""
    rows = []
    for rgb in map(to_tensor, pictures):
        grey = lab_to_rgb(rgb_to_lab(rgb) * torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1))
        rows.append(np.hstack([draw_cell(planes) for planes in (grey, colorize(network, rgb, SIDE, smooth=True), rgb)]))
    return np.vstack(rows)


def draw_cell(planes: torch.Tensor) -> np.ndarray:
    """Return planes (1, 3, H, W) in [0, 1] as uint8 (HEIGHT, WIDTH, 3), whole and in the middle of white."""
    pixels = to_pixels(planes)
    scale = min(HEIGHT / pixels.shape[0], WIDTH / pixels.shape[1])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    framed = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    framed[top : top + small.shape[0], left : left + small.shape[1]] = small
    return framed


if __name__ == "__main__":
    main()
