"""A contact sheet: 24 held-back people as they are, and as the service cuts them out: on red, on white
and transparent.

    python -m training.matting.sheet --data FOLDER --out sheet.png [--state CHECKPOINT]

The people are spread evenly over the held-back portraits and street pictures; with `--state` the moving average in a
recipe's checkpoint is used instead of the weights in weights/.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from imaging.matting import matte
from networks import weights
from networks.u2net import U2NetP
from training.common.arguments import build_parser
from training.matting.data import load_collection, resize_to
from training.matting.measure import pick_held_back_people, predict_as_served

PEOPLE, ACROSS, HEIGHT, WIDTH = 24, 3, 240, 180
CHECK = 12  # pixels, a field of the checkerboard that stands for nothing


def main() -> None:
    arguments = parse_arguments()
    network = load_ema(arguments.state) if arguments.state else weights.load("background")
    people = pick_held_back_people(load_collection(arguments.data, validation=True), PEOPLE)
    strips = [draw_strip(network, rgb) for rgb, _ in people]
    rows = [np.hstack(strips[start : start + ACROSS]) for start in range(0, PEOPLE, ACROSS)]
    Image.fromarray(np.vstack(rows)).save(arguments.out)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "state")
    parser.add_argument("--out", type=Path, required=True, help="the file of the sheet")
    return parser.parse_args()


def load_ema(checkpoint: Path) -> nn.Module:
    """Return the moving average of the weights in a checkpoint of `training.matting.train`."""
    network = U2NetP()
    states = torch.load(checkpoint, map_location="cpu", weights_only=True)["states"]
    network.load_state_dict(states["ema"]["network"])
    return network.eval()


def draw_strip(network: nn.Module, rgb: np.ndarray) -> np.ndarray:
    """Draw one person four times beside each other, uint8 (HEIGHT, 4 * WIDTH, 3)."""
    alpha = np.rint(predict_as_served(network, rgb) * 255).astype(np.uint8)
    own = matte.estimate_foreground(rgb, alpha)
    checkerboard = (np.indices(rgb.shape[:2]) // CHECK).sum(axis=0) % 2
    nothing = np.where(checkerboard[:, :, None] > 0, np.uint8(255), np.uint8(200)).repeat(3, axis=2)
    behind = [np.array((255, 0, 0), np.uint8), np.array((255, 255, 255), np.uint8), nothing]
    shown = [rgb, *(matte.composite(own, alpha, make_row_reader(one)) for one in behind)]
    return np.hstack([fit_to_cell(one) for one in shown])


def make_row_reader(behind: np.ndarray):
    return lambda rows: behind if behind.ndim == 1 else behind[rows]


def fit_to_cell(rgb: np.ndarray) -> np.ndarray:
    scale = min(HEIGHT / rgb.shape[0], WIDTH / rgb.shape[1])
    small = resize_to(rgb, max(1, round(rgb.shape[0] * scale)), max(1, round(rgb.shape[1] * scale)))
    cell = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    return cell


if __name__ == "__main__":
    main()
