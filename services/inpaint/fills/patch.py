"""Patches of the photo itself: needs no weights, and makes alternatives."""

import numpy as np

from imaging.inpainting.patch_fill import NoSource, fill_with_patches
from services.inpaint.fills.base import Fill, Progress


def prepare(seed: int) -> Fill:
    def fill(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: Progress) -> np.ndarray:
        try:
            return fill_with_patches(rgb, hole, seed, barred, report)
        except NoSource:  # everything known here is hidden or was just filled: better than nothing
            return fill_with_patches(rgb, hole, seed, None, report)

    return fill
