"""Thin pieces of a hole, such as scratches, filled in one way, and thick ones, such as things, in another."""

from collections.abc import Callable

import cv2
import numpy as np

from imaging.inpainting.regions import Fill, fill_by_regions

THIN_SHARE = 0.015  # of the picture's shorter side (`training.inpainting.measure_stroke_width`)
THIN_COST = 0.1  # of the time that a thick pixel takes
MIN_THIN_PIXELS = 5  # however small the picture: so near to both rims there is nothing to invent
CROSSINGS = 0.05  # of a piece may be thicker: where scratches cross


def fill_by_thickness(
    rgb: np.ndarray,
    hole: np.ndarray,
    barred: np.ndarray,
    thin_ones: Fill,
    thick_ones: Fill,
    report: Callable[[float], None],
) -> np.ndarray:
    """Return `rgb`, uint8 (H, W, 3), with the thin pieces of the `hole`, bool (H, W), filled first, then the thick.

    The second way sees what the first has filled, and copies nothing from there, nor from `barred`, bool (H, W). All
    other pixels are the same. report: gets the share done, in (0, 1].
    """
    slight = thin(hole)
    thick = hole & ~slight
    first = THIN_COST * slight.sum() / (THIN_COST * slight.sum() + thick.sum())
    if slight.any():
        rgb = fill_by_regions(rgb, slight, barred, thin_ones, lambda share: report(first * share), hole)
    if thick.any():
        rgb = fill_by_regions(rgb, thick, barred | hole, thick_ones, lambda share: report(first + (1 - first) * share))
    return rgb


def thin(hole: np.ndarray) -> np.ndarray:
    """Return the connected pieces of a hole, bool (H, W), that are thin all over, bool (H, W).

    A piece is as thick as the largest disc that fits into it, but for small places where lines cross. At the border
    only one side is known, so that a hole there counts for twice as thick.
    """
    limit = max(MIN_THIN_PIXELS, THIN_SHARE * min(hole.shape))
    deep = _measure_depth(hole) > (limit + 1) / 2
    if not deep.any():
        return hole.copy()
    count, labels = cv2.connectedComponents(hole.astype(np.uint8), connectivity=8)
    areas, deep_areas = (np.bincount(part, minlength=count) for part in (labels.ravel(), labels[deep]))
    is_slight: np.ndarray = deep_areas <= CROSSINGS * areas
    is_slight[0] = False
    slight: np.ndarray = is_slight[labels]
    return slight


def _measure_depth(hole: np.ndarray) -> np.ndarray:
    """Return how far each pixel of the hole is from the nearest known one, float32 (H, W); 1 beside it."""
    beyond = np.pad(hole, 1, "edge").astype(np.uint8)
    return cv2.distanceTransform(beyond, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
