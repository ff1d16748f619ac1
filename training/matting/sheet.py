"""A contact sheet for looking at: 24 held-back people as they are, and as the service cuts them out: on red, on white
and transparent.

    python -m training.matting.sheet --data FOLDER --out sheet.png [--state CHECKPOINT]

The people are spread evenly over the held-back portraits and street pictures; with `--state` the moving average in a
recipe's checkpoint is asked instead of the weights in weights/.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.optim.swa_utils import AveragedModel

from imaging.matting import matte
from networks import weights
from networks.u2net import U2NetP
from training.matting.data import collection, resize_to
from training.matting.measure import pick_held_back_people, predict_as_served

PEOPLE, ACROSS, HEIGHT, WIDTH = 24, 3, 240, 180
CHECKS = 12  # pixels, the squares that stand for nothing


def main() -> None:
    chosen = arguments()
    network = load_ema(chosen.state) if chosen.state else weights.load("background")
    people = pick_held_back_people(collection(chosen.data, validation=True), PEOPLE)
    strips = [strip(network, rgb) for rgb, _ in people]
    rows = [np.hstack(strips[start : start + ACROSS]) for start in range(0, PEOPLE, ACROSS)]
    Image.fromarray(np.vstack(rows)).save(chosen.out)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--state", type=Path)
    return parser.parse_args()


def load_ema(checkpoint: Path) -> nn.Module:
    """The moving average of the weights in a checkpoint of `training.matting.train`, ready to be asked."""
    average = AveragedModel(U2NetP())
    average.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["states"]["average"])
    return average.module.eval()


def strip(network: nn.Module, rgb: np.ndarray) -> np.ndarray:
    """One person four times beside each other, uint8 (HEIGHT, 4 * WIDTH, 3)."""
    alpha = np.rint(predict_as_served(network, rgb) * 255).astype(np.uint8)
    own = matte.foreground(rgb, alpha)
    squares = (np.indices(rgb.shape[:2]) // CHECKS).sum(axis=0) % 2
    nothing = np.where(squares[:, :, None] > 0, np.uint8(255), np.uint8(200)).repeat(3, axis=2)
    behind = [np.array((255, 0, 0), np.uint8), np.array((255, 255, 255), np.uint8), nothing]
    shown = [rgb, *(matte.composite(own, alpha, rows_of(one)) for one in behind)]
    return np.hstack([fit_to_cell(one) for one in shown])


def rows_of(behind: np.ndarray):
    return lambda rows: behind if behind.ndim == 1 else behind[rows]


def fit_to_cell(rgb: np.ndarray) -> np.ndarray:
    scale = min(HEIGHT / rgb.shape[0], WIDTH / rgb.shape[1])
    small = resize_to(rgb, max(1, round(rgb.shape[0] * scale)), max(1, round(rgb.shape[1] * scale)))
    cell = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    return cell


if __name__ == "__main__":
    main()
