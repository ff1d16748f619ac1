"""Calibrates a trained colorizer on pictures that it did not learn from.

It finds the temperature of the annealed mean, a gain and a contrast of the chroma; how much of the rebalancing of the
loss is taken back (`training/colorizing/class_rebalancing.py`); and a tilt of all logits towards green or red and blue
or yellow. Rebalancing helps to learn rare colours, but a network that keeps it in full leans to red where it is unsure;
where it is sure, neither it nor the tilt changes much. Any network has less error the duller it is, so networks are
compared at one colourfulness.
"""

import math
from dataclasses import dataclass, replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers.palette import expand_chroma, make_palette
from networks.palette_colorizer import CHROMA_UNIT, PaletteColorizer
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.metrics import Agreement, measure_agreement
from training.colorizing.spectral import fold_spectral_norm

# What each number is chosen from, in the order of the search; and again, since one depends on the other.
CHOICES = (
    ("rebalancing", (0.0, 0.5, 1.0, 1.5)),  # taken back, in parts of the logarithm of the rare colours' weights
    ("red", (0.01, 0.0, -0.01, -0.02, -0.03, -0.04)),  # per unit of the compressed plane, as is the next
    ("yellow", (-0.01, 0.0, 0.01, 0.02, 0.03)),
    ("temperature", (0.5, 0.65, 0.8, 1.0)),
    ("contrast", (0.0, 0.2, 0.4)),  # over 0.4 places that are sure become blots
)
ROUNDS = 2
BIAS_WEIGHT = 0.01  # of each CIE unit of the mean error in a and b, beside the score
COLOURFULNESS = 0.65  # part of the originals' that is asked for, unless told otherwise
GAIN_STEPS = 3  # of approaching it: it all but grows with the gain
MIN_GAIN, MAX_GAIN = 0.3, 4.0


@dataclass(frozen=True)
class Setting:
    """The numbers of the calibration; see CHOICES."""

    rebalancing: float = 1.0
    red: float = 0.0
    yellow: float = 0.0
    temperature: float = 0.65
    contrast: float = 0.0
    gain: float = 1.0


def compute_score(figures: Agreement) -> float:
    """Return one number for a colouring of the colourfulness that is asked for: its errors, the larger one twice."""
    return (figures.error + figures.rmse + max(figures.error, figures.rmse)) / 3


@torch.no_grad()
def calibrate(
    network: PaletteColorizer, held: Batch, rarity: Rarity, colourfulness: float = COLOURFULNESS
) -> PaletteColorizer:
    """Return a copy of `network` of plain convolutions, in eval mode, at the setting of least score and bias.

    `colourfulness`: of the result, as a part of the originals'.
    """
    network = fold_spectral_norm(network)
    trial = Trial(network, predict_logits(network, held), held, compute_rebalancing(rarity), colourfulness)
    best = Setting()
    for _ in range(ROUNDS):
        for name, values in CHOICES:
            found = [trial.fit_gain(replace(best, **{name: value})) for value in values]
            best = min(found, key=lambda each: each[1] + BIAS_WEIGHT * math.hypot(each[2].bias_a, each[2].bias_b))[0]
    bias = cast(nn.Conv2d, network.head[-1]).bias
    assert bias is not None
    bias += trial.compute_tilt(best)
    network.temperature, network.gain, network.contrast = best.temperature, best.gain, best.contrast
    return network


class Trial:
    """Tries settings on held-back pictures, by every other row and column: a quarter of the work."""

    def __init__(
        self,
        network: PaletteColorizer,
        logits: Tensor,
        held: Batch,
        rebalancing: Tensor,
        colourfulness: float = COLOURFULNESS,
    ):
        """`logits` of `network` for the pictures; `rebalancing` (K,) as `compute_rebalancing` gives it."""
        self.network = network
        self.logits = logits[:, :, ::2, ::2]
        self.chroma, self.lightness = (
            F.avg_pool2d(planes, 2)[:, :, ::2, ::2] for planes in (held.chroma, held.lightness)
        )
        self.rebalancing = rebalancing
        self.colourfulness = colourfulness

    def compute_tilt(self, setting: Setting) -> Tensor:
        """Return what the setting adds to the logit of each colour, (K,)."""
        tilt = self.network.palette @ self.network.palette.new_tensor((setting.red, setting.yellow))
        return tilt - setting.rebalancing * self.rebalancing

    def fit_gain(self, setting: Setting) -> tuple[Setting, float, Agreement]:
        """Return the setting with the gain for the colourfulness, its score, and how the network agrees then."""
        logits = self.logits + self.compute_tilt(setting).view(1, -1, 1, 1)
        chroma = self.network.chroma(logits, setting.temperature, setting.contrast) / self.network.gain
        gain = 1.0
        for _ in range(GAIN_STEPS):
            figures = measure_agreement(self.lightness, gain * chroma, self.chroma)
            gain = min(MAX_GAIN, max(MIN_GAIN, gain * self.colourfulness / max(figures.colourful, 0.01)))
        figures = measure_agreement(self.lightness, gain * chroma, self.chroma)
        return replace(setting, gain=gain), compute_score(figures), figures


def compute_rebalancing(rarity: Rarity) -> Tensor:
    """Return the logarithm (K,) of the weight that each colour of the palette has in the loss."""
    colours = expand_chroma(make_palette())[:, :, None, None] / CHROMA_UNIT
    return rarity.weight(colours.to(rarity.weights.device)).flatten().log()


@torch.no_grad()
def predict_logits(network: PaletteColorizer, held: Batch) -> Tensor:
    """Return the logits of the held-back pictures, a few at a time."""
    return torch.cat([network.logits(network.encode(part)).float() for part in held.lightness.split(16)])
