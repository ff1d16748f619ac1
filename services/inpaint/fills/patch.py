"""Patches of the photo itself: needs no weights, and knows other answers."""

from imaging.inpainting.patch_fill import NoSource, fill_with_patches
from services.inpaint.fills.base import Fill


def prepare(seed: int) -> Fill:
    def fill(rgb, hole, barred, report):
        try:
            return fill_with_patches(rgb, hole, seed, barred, report)
        except NoSource:  # all that is known here is hidden or was just filled: better than nothing
            return fill_with_patches(rgb, hole, seed, None, report)

    return fill
