"""How far a mask of people can be trusted: is it sharp, do the looks agree, is anybody in pieces?"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from imaging.matting import second_look

STACKED = 0.5  # of the narrower piece's width: so much stands above or below another piece, and both are one person
LOOSE_WEIGHT = 4.0  # of the share that is loose: few people have a right to lie in pieces
NEAR = 0.5  # of the larger piece's height: so far apart, at most, are pieces of one person


class Signals(NamedTuple):
    """What tells how far a mask can be trusted, each in [0, 1], 1 being the best."""

    sharpness: float
    agreement: float
    wholeness: float


def measure_signals(
    mask: np.ndarray, merged: np.ndarray, seen: np.ndarray, outputs: Sequence[np.ndarray] = ()
) -> Signals:
    """Measure a final mask, uint8 (h, w); the others as `measure_sharpness` and `measure_agreement` have them."""
    sharpness = measure_sharpness(mask / np.float32(255), merged, seen)
    return Signals(sharpness, measure_agreement(merged, outputs), measure_wholeness(mask))


def combine_signals(signals: Signals) -> float:
    """Return the confidence, in [0, 1]: the least of the signals counts."""
    return min(signals.sharpness, signals.agreement, max(0.0, 1 - LOOSE_WEIGHT * (1 - signals.wholeness)))


def measure_sharpness(mask: np.ndarray, merged: np.ndarray, seen: np.ndarray) -> float:
    """Return how far a mask is from undecided, mean in [0, 1] over what any look saw; all float32 (h, w) in [0, 1].

    `merged` is the mask with the second look in it, `seen` what the first look saw, of any size. The outputs at
    several sides, of the mirror image and of the crops are averaged: where they disagree the mask is not sharp.
    """
    seen = second_look.resize(seen, merged.shape)
    region = np.maximum(merged, seen) > second_look.SEEN
    return float(np.abs(2 * mask[region] - 1).mean()) if region.any() else 0.0


def measure_agreement(merged: np.ndarray, outputs: Sequence[np.ndarray]) -> float:
    """Return the least soft IoU of the mask with one of the outputs; 1 where there are none."""
    overlaps = []
    for output in outputs:
        output = second_look.resize(output, merged.shape)
        either = float(np.maximum(output, merged).sum())
        overlaps.append(float(np.minimum(output, merged).sum()) / either if either else 1.0)
    return min(overlaps, default=1.0)


def measure_wholeness(mask: np.ndarray) -> float:
    """Return the share of a mask, uint8 (h, w), that is no loose piece: one right above or below a larger one."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    pieces = sorted(stats[1:].tolist(), key=lambda piece: -piece[cv2.CC_STAT_AREA])
    loose = [
        piece for number, piece in enumerate(pieces) if any(_is_stacked(larger, piece) for larger in pieces[:number])
    ]
    total = sum(piece[cv2.CC_STAT_AREA] for piece in pieces)
    return 1 - sum(piece[cv2.CC_STAT_AREA] for piece in loose) / total if total else 1.0


def _is_stacked(one: list[int], other: list[int]) -> bool:
    """Whether two pieces, (left, top, width, height, area), lie so that they are parts of one person."""
    left, top, width, height, _ = one
    other_left, other_top, other_width, other_height, _ = other
    shared = min(left + width, other_left + other_width) - max(left, other_left)
    gap = max(top, other_top) - min(top + height, other_top + other_height)
    return shared > STACKED * min(width, other_width) and -0.2 * other_height < gap < NEAR * height
