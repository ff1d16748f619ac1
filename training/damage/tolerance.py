"""How well one mask finds another when a line that lies two pixels beside is as good: precision, recall and F1."""

from typing import NamedTuple

import cv2
import numpy as np

TOLERANCE_PIXELS = 2


class Counts(NamedTuple):
    """Pixels: `found` are marked, `right` of them near damage; `true` are damaged, `reached` of them near a mark."""

    found: int = 0
    right: int = 0
    true: int = 0
    reached: int = 0

    def add(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.reached / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """1 where nothing is damaged and nothing found."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def count_matches(found: np.ndarray, true: np.ndarray, tolerance: int = TOLERANCE_PIXELS) -> Counts:
    """Compare two masks (H, W), anything over 0 is marked; pixels at most `tolerance` apart match."""
    found, true = found > 0, true > 0
    right, reached = found & widen(true, tolerance), true & widen(found, tolerance)
    return Counts(*(int(plane.sum()) for plane in (found, right, true, reached)))


def widen(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return a mask, bool (H, W), grown by a disc."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc) > 0)
