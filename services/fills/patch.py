"""Patches of the photo itself: needs no weights, and knows other answers."""

from errors import N_
from services.fills.base import Engine, Fill


def prepare(seed: int) -> Fill:
    from imaging.inpainting.patch_fill import NoSource, fill_with_patches

    def fill(rgb, hole, barred, report):
        try:
            return fill_with_patches(rgb, hole, seed, barred, report)
        except NoSource:  # all that is known here is hidden or was just filled: better than nothing
            return fill_with_patches(rgb, hole, seed, None, report)

    return fill


ENGINE = Engine(key="patch", label=N_("With patches of this photo"), prepared=prepare, varied=True)
