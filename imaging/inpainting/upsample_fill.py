"""From a filled picture at a working size to the full size: each pixel from the known patches most like it there."""

from collections.abc import Callable

import cv2
import numpy as np

from imaging.inpainting.patch_fill import RADIUS
from imaging.inpainting.patch_match import Search
from imaging.inpainting.patch_voting import fill_full_size
from imaging.inpainting.patches import Level, Planes, measure_texture

ROUNDS, TEXTURE_SIDE = 5, 5


def upsample_fill(
    rgb: np.ndarray,
    hole: np.ndarray,
    barred: np.ndarray,
    small: np.ndarray,
    factor: int,
    seed: int = 0,
    report: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Return uint8 (H, W, 3) `rgb` with the `hole`, bool (H, W), filled as `small` says; all other pixels are the same.

    small: uint8 (ceil(H / factor), ceil(W / factor), 3), filled. barred: bool (H, W), what must not be copied. Where
    nothing may be, `small` is enlarged. report: gets the share done after each round of the search, in (0, 1].
    """
    size = small.shape[1::-1]
    missing, spoiled = (
        cv2.resize(places.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 1e-6 for places in (hole, barred)
    )
    colours = small.astype(np.float32) / 255
    texture = measure_texture(colours, np.zeros_like(missing), TEXTURE_SIDE)
    level = Level(Planes(colours, texture, missing, spoiled | missing), RADIUS)
    if not len(level.sources) or not _fits_patches(level, missing):
        result = rgb.copy()
        result[hole] = cv2.resize(small, hole.shape[::-1], interpolation=cv2.INTER_CUBIC)[hole]
        return result
    search = Search(level, np.random.default_rng(seed))
    field = search.draw_field()
    for number in range(1 if search.exact else ROUNDS):
        search.improve(field, 1)
        report((number + 1) / ROUNDS)
    # What lies beyond the last whole cell is looked up in it.
    extra = (0, small.shape[0] * factor - hole.shape[0]), (0, small.shape[1] * factor - hole.shape[1])
    wide = np.pad(rgb, (*extra, (0, 0)), mode="edge")
    return fill_full_size(wide, np.pad(hole, extra), level, field, factor)[: hole.shape[0], : hole.shape[1]]


def _fits_patches(level: Level, missing: np.ndarray) -> bool:
    """Whether patches fit into the picture at all."""
    return min(missing.shape) > 2 * level.radius and len(level.targets) > 0
