"""Finding damage in a photo with a network that says how likely each pixel is damaged."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from torch import Tensor

from imaging.tiles import run_tiled

MAX_SIDE = 1536  # at which a photo is looked at: scratches are still seen, and grain no longer
TILE, OVERLAP = 768, 64
FINE_ALONE = 0.7  # how much of what the look at full size says counts by itself; chosen like the limits below
FINE_SHARE = 0.8  # of the time, for the look at full size
# Of 255, chosen on held-back pictures, as training/LOG.md tells: a mark reaches as far as pixels are LIKELY, and counts
# where one of them is SURE.
LIKELY, SURE = 80, 144
# What is filled without being asked about: marks with this mean and so many pixels, as they are looked at. Of 60
# undamaged photos and 30 with thin things none has such a mark; smaller ones may be rivets, buttons or gaps in leaves.
SURE_MEAN, SURE_PIXELS = 170, 100
MIN_PIXELS = 3  # of a mark, as it is looked at
GROWN = 1.0  # pixels, as it is looked at: the soft edge of a scratch goes with it


class Finder(Protocol):
    """The network: float32 (1, 3, h, w) in [0, 1] -> (1, 1, h, w) in [0, 1], and the sizes that it takes."""

    multiple_of: int
    minimum_side: int

    def __call__(self, tensor: Tensor, /) -> Tensor: ...


class Marks(NamedTuple):
    """Masks of one photo, uint8 (H, W) of 0 and 255: all that may be damage, and what is so for sure."""

    possible: np.ndarray
    sure: np.ndarray


def find_damage(rgb: np.ndarray, network: Finder, report: Callable[[float], None] = lambda share: None) -> np.ndarray:
    """Return the mask of all that may be damage, as `find_marks` does."""
    return find_marks(rgb, network, report).possible


def find_marks(
    rgb: np.ndarray, network: Finder, report: Callable[[float], None] = lambda share: None, shift: int = 0
) -> Marks:
    """Return the masks of what is damaged in a photo, uint8 (H, W, 3).

    Marks are a little wider than the damage, so that its soft edge is filled too. report: gets the share done, in (0,
    1]; what it raises ends the search. shift: of 255, by which LIKELY and SURE are raised, or lowered, for what may be
    damage. A large photo is looked at at MAX_SIDE, in tiles.
    """
    likelihood = predict_damage(rgb, network, report)
    scale = max(rgb.shape[:2]) / max(likelihood.shape)
    possible = select_marks(likelihood, LIKELY + shift, SURE + shift)
    sure = select_marks(likelihood, mean=SURE_MEAN, pixels=SURE_PIXELS)
    return Marks(_widen(likelihood, possible, LIKELY + shift, scale, rgb), _widen(likelihood, sure, LIKELY, scale, rgb))


def _widen(likelihood: np.ndarray, chosen: np.ndarray, likely: int, scale: float, rgb: np.ndarray) -> np.ndarray:
    """Return the mask, at the photo's size, of the pixels that were chosen in a smaller copy, and of their edges."""
    marks = np.where(chosen, likelihood, np.uint8(0))
    if scale > 1:
        marks = np.asarray(cv2.resize(marks, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR))
    reach = round(GROWN * scale)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(np.where(marks >= likely, np.uint8(255), np.uint8(0)), disc))


def predict_damage(
    rgb: np.ndarray, network: Finder, report: Callable[[float], None] = lambda share: None
) -> np.ndarray:
    """Return how likely pixels are damaged, uint8 (h, w): at the photo's size, or smaller where that is large.

    The mean of two looks: lines are seen at that size, stains and missing parts as well at half of it. What only the
    first sees, such as a speck of dust, counts a little less than what both see.
    """
    shrink = min(1.0, MAX_SIDE / max(rgb.shape[:2]))
    rgb = _reduce(rgb, shrink)
    fine = _ask(rgb, network, lambda share: report(FINE_SHARE * share))
    coarse = _ask(_reduce(rgb, 0.5), network, lambda share: report(FINE_SHARE + (1 - FINE_SHARE) * share))
    enlarged = cv2.resize(coarse, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.maximum(cv2.addWeighted(fine, 0.5, enlarged, 0.5, 0), cv2.convertScaleAbs(fine, alpha=FINE_ALONE))


def _reduce(rgb: np.ndarray, scale: float) -> np.ndarray:
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    return rgb if scale == 1 else np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def _ask(rgb: np.ndarray, network: Finder, report: Callable[[float], None]) -> np.ndarray:
    """Return what the network says of a picture, uint8 (h, w), in tiles."""
    likelihood = run_tiled(
        rgb,
        lambda tensor: network(tensor).expand(-1, 3, -1, -1),
        tile=TILE,
        overlap=OVERLAP,
        multiple_of=network.multiple_of,
        minimum_side=network.minimum_side,
        report=report,
    )
    return np.ascontiguousarray(likelihood[:, :, 0])


def select_marks(
    likelihood: np.ndarray, likely: int = LIKELY, sure: int = SURE, mean: int = 0, pixels: int = MIN_PIXELS
) -> np.ndarray:
    """Return which pixels of a likelihood, uint8 (h, w), are marked, bool (h, w).

    Those that are likely, in pieces of so many pixels that are somewhere sure, and on average as likely as `mean`.
    """
    count, labels, figures, _ = cv2.connectedComponentsWithStats((likelihood >= likely).astype(np.uint8))
    counts = np.zeros(count, bool)
    counts[np.unique(labels[likelihood >= max(likely, sure)])] = True
    counts &= figures[:, cv2.CC_STAT_AREA] >= pixels
    if mean:
        sums = np.bincount(labels.ravel(), likelihood.ravel(), count)
        counts &= sums >= mean * figures[:, cv2.CC_STAT_AREA]
    counts[0] = False  # the rest of the photo
    return np.asarray(counts[labels])
