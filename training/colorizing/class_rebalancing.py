"""Weights that let rare colours count, so that the average of all possible colours is no longer grey.

After Zhang, Isola, Efros: "Colorful Image Colorization", ECCV 2016, section 2.2, with a power of the
frequency in place of their mixture with the uniform distribution: for a regression theirs is too strong.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BIN = 10.0 / 110.0  # side of a bin of the a-b plane, in the network's unit: 10 CIE units
BINS = 22
POWER = 0.25
MAX_WEIGHT = 6.0  # no colour weighs more than this


class Rarity(nn.Module):
    """Weight of a colour by its frequency in `chroma`, (N, 2, H, W) in the network's unit; 1 on average."""

    def __init__(self, chroma: Tensor):
        super().__init__()
        counts = torch.bincount(_find_bins(chroma).flatten(), minlength=BINS * BINS).float()
        frequency = _smooth((counts / counts.sum()).view(1, 1, BINS, BINS)).flatten()
        weights = (frequency + 1e-6) ** -POWER
        weights = (weights / (weights * frequency).sum()).clamp(max=MAX_WEIGHT)
        self.weights: Tensor
        self.register_buffer("weights", weights)

    def weight(self, chroma: Tensor) -> Tensor:
        """Return the weights (N, H, W) of the colours `chroma` (N, 2, H, W)."""
        return self.weights[_find_bins(chroma)]


def _find_bins(chroma: Tensor) -> Tensor:
    a, b = (chroma / BIN + BINS / 2).floor().clamp(0, BINS - 1).long().unbind(1)
    return a * BINS + b


def _smooth(plane: Tensor) -> Tensor:
    """Blur with a Gaussian of one bin, since a neighbouring colour is as rare."""
    profile = torch.exp(-(torch.arange(-3.0, 4.0) ** 2) / 2)
    kernel = profile[:, None] * profile / profile.sum() ** 2
    return F.conv2d(plane, kernel[None, None], padding=3)
