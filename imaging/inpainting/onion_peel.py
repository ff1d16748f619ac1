"""The start of a fill: at the coarsest scale, from the rim inwards, layer by layer.

Newson et al. (see `imaging.inpainting.patch_fill`): what is known around a pixel decides what comes there, so that
edges grow into the hole instead of a blur. With `varied`, one of the good candidates is drawn: Efros, Leung, "Texture
Synthesis by Non-parametric Sampling", ICCV 1999.
"""

import cv2
import numpy as np

from imaging.inpainting.patches import PAD, Level, compute_products

MAX_SOURCES = 20_000
BATCH = 256
GOOD = 1.3  # times the least distance: so good a candidate may be drawn


def start(level: Level, random: np.random.Generator, varied: bool) -> None:
    """Fill the hole of `level` for a first time."""
    sources = level.sources
    if len(sources) > MAX_SOURCES:
        sources = sources[random.permutation(len(sources))[:MAX_SOURCES]]
    channels = level.values.shape[1]
    patches = level.values[sources[:, None] + level.offsets].reshape(len(sources), -1)
    squares = patches * patches
    unknown = np.zeros(level.shape, bool)
    unknown.flat[level.hole] = True
    while unknown.any():
        layer = _find_layer(unknown)
        centres = _find_centres(level, layer)
        around = centres[:, None] + level.offsets
        known = np.repeat(~unknown.ravel()[around], channels, axis=1).astype(np.float32)
        seen = level.values[around].reshape(len(layer), -1) * known
        found = np.empty(len(layer), np.int64)
        for begin in range(0, len(layer), BATCH):
            part = slice(begin, begin + BATCH)
            distances = compute_products(known[part], squares) - 2 * compute_products(seen[part], patches)
            distances += (seen[part] ** 2).sum(1)[:, None]
            if varied:
                good = distances <= distances.min(1, keepdims=True) * GOOD + 1e-3
                distances = np.where(good, random.random(distances.shape, dtype=np.float32), 2)
            found[part] = distances.argmin(1)
        level.values[layer] = level.values[sources[found] + layer - centres]
        unknown.flat[layer] = False


def _find_layer(unknown: np.ndarray) -> np.ndarray:
    """Return the positions of the unknown pixels that touch a known one. Beyond the picture nothing is known."""
    beyond = np.ones(unknown.shape, np.uint8)
    beyond[PAD:-PAD, PAD:-PAD] = unknown[PAD:-PAD, PAD:-PAD]
    inner = cv2.erode(beyond, np.ones((3, 3), np.uint8))
    return np.flatnonzero(unknown & (inner == 0))


def _find_centres(level: Level, pixels: np.ndarray) -> np.ndarray:
    """Return for each pixel the centre of the patch around it, or of the nearest that lies inside the picture."""
    (height, width), radius = level.size, level.radius
    down = np.clip(pixels // level.stride - PAD, radius, height - radius - 1)
    across = np.clip(pixels % level.stride - PAD, radius, width - radius - 1)
    centres: np.ndarray = (down + PAD) * level.stride + across + PAD
    return centres
