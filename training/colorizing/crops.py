"""Crops of coloured pictures, and batches of them as colorizers learn from and are measured on."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.tensors import to_tensor
from networks.layers.colour_space import rgb_to_lab
from networks.palette_colorizer import CHROMA_UNIT
from training.common.crops import to_batch
from training.common.degradation import degrade

MIN_CROP = 0.4  # of the short side
MIN_CHROMA = 4.0  # CIE units, mean over the picture: below it a picture counts as grey and is left out


@dataclass(frozen=True)
class Batch:
    """`grey` (N, 1, S, S): lightness / 100, degraded; `chroma` (N, 2, S, S): a and b / 110, clean; `lightness`
    (N, 1, S, S): / 100, clean; `kind` (N,): index of what the picture shows, -1 where nobody said."""

    grey: Tensor
    lightness: Tensor
    chroma: Tensor
    kind: Tensor

    def to(self, device: str) -> "Batch":
        return Batch(
            *(tensor.to(device, non_blocking=True) for tensor in (self.grey, self.lightness, self.chroma, self.kind))
        )


def make_batch(
    crops: list[np.ndarray], random: np.random.Generator | None = None, kinds: list[int] | None = None
) -> Batch:
    """Return a Batch of crops, uint8 (S, S, 3); without `random` the grey input is not degraded."""
    rgb = to_batch(crops)
    lab = rgb_to_lab(rgb)
    lightness = lab[:, :1] / 100
    grey = lightness if random is None else degrade(rgb, lightness, random)
    return Batch(grey, lightness, lab[:, 1:] / CHROMA_UNIT, torch.tensor(kinds or [-1] * len(crops)))


def shrink(picture: np.ndarray, short_side: int) -> np.ndarray:
    """Return a picture, uint8 (H, W, 3), whose short side is no longer than that."""
    scale = short_side / min(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def is_coloured(picture: np.ndarray) -> bool:
    """Whether a picture, uint8 (H, W, 3), has enough chroma to learn from; a thumbnail is enough to tell."""
    small = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA)
    chroma = rgb_to_lab(to_tensor(small))[:, 1:]
    return float(chroma.norm(dim=1).mean()) >= MIN_CHROMA


def crop_random(picture: np.ndarray, side: int, random: np.random.Generator, power: float = 1.0) -> np.ndarray:
    """Return a crop of MIN_CROP to all of the short side, anywhere, at `side` pixels, mirrored half the time.

    The higher `power`, the more crops are nearly as large as the picture.
    """
    height, width = picture.shape[:2]
    length = max(16, int(min(height, width) * (1 - (1 - MIN_CROP) * random.random() ** power)))
    top, left = random.integers(height - length + 1), random.integers(width - length + 1)
    crop = _resize(picture[top : top + length, left : left + length], side)
    return crop[:, ::-1] if random.random() < 0.5 else crop


def crop_centre(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the largest crop in the middle at `side` pixels, uint8 (side, side, 3)."""
    height, width = picture.shape[:2]
    length = min(height, width)
    top, left = (height - length) // 2, (width - length) // 2
    return _resize(picture[top : top + length, left : left + length], side)


def _resize(crop: np.ndarray, side: int) -> np.ndarray:
    smaller = side < crop.shape[0]
    return cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
