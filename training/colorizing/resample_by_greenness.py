"""Held-back pictures as green as photographs of nature are, for the calibration of the colorizer.

The held-back pictures of all sets together show more people and indoor things than the photographs that people take
outside; a tilt that is right for them leaves grass and leaves brown. Drawn again so that as many are a little or mostly
green as among the training pictures of BSDS500, they tell the tilt what it has to do.
"""

import torch
from torch import Tensor

from networks.palette_colorizer import CHROMA_UNIT
from training.colorizing.crops import Batch

GREEN_SHARES = (0.02, 0.2, 0.5, 0.8)  # of a picture: where one kind ends and the next begins
PARTS = (0.23, 0.26, 0.24, 0.17, 0.10)  # of 290 training pictures of BSDS500 that are of each kind
MIN_GREEN, MIN_YELLOW = 4, 4  # CIE units of -a and of b, from which a place counts as green


def resample_by_greenness(held: Batch, count: int) -> Batch:
    """Return about `count` of the pictures, some of them several times, the kinds in their PARTS."""
    kinds = torch.bucketize(measure_green_share(held.chroma), torch.tensor(GREEN_SHARES))
    chosen = torch.cat(
        [pick_evenly((kinds == kind).nonzero()[:, 0], round(count * part)) for kind, part in enumerate(PARTS)]
    )
    return Batch(held.grey[chosen], held.lightness[chosen], held.chroma[chosen], held.kind[chosen])


def measure_green_share(chroma: Tensor) -> Tensor:
    """Return the part (N,) of each picture (N, 2, H, W), in the network's unit, that is green."""
    a, b = (CHROMA_UNIT * chroma).unbind(1)
    return ((a < -MIN_GREEN) & (b > MIN_YELLOW)).float().mean((1, 2))


def pick_evenly(places: Tensor, count: int) -> Tensor:
    """Return `count` of `places`, evenly spread; none where there are none."""
    return places[torch.linspace(0, len(places) - 1, count).round().long()] if len(places) else places
