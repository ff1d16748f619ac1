"""Two pictures of one photo, laid over each other by a mask with a soft edge. No torch."""

import cv2
import numpy as np

from imaging.guided_filter import cut_strips

_WIDE = 257  # from 8 to 16 bits


def feather_inside(mask: np.ndarray, feather: float) -> np.ndarray:
    """Return how much a place counts, uint8 (H, W), for a mask, uint8 (H, W): nowhere more than the mask says.

    It rises from 0 at the edge of what is chosen to 255 within `feather` pixels inside of a straight edge. Two box
    blurs give half at the edge, so twice their mean less the full value is nothing there. At the picture's own rim
    nothing fades.
    """
    radius = round(feather / 2)
    if radius < 1:
        return mask
    side = 2 * radius + 1
    mean: np.ndarray = mask.astype(np.uint16) * np.uint16(_WIDE)
    for _ in range(2):
        mean = cv2.blur(mean, (side, side), borderType=cv2.BORDER_REPLICATE)
    weights = np.empty_like(mask)
    for rows in cut_strips(mask.shape[0]):
        inside = (2 * mean[rows].astype(np.int32) - 255 * _WIDE) // _WIDE
        weights[rows] = np.minimum(np.clip(inside, 0, 255), mask[rows])
    return weights


def composite(ground: np.ndarray, over: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return `over` where `weights`, uint8 (H, W), are 255, `ground` where they are 0, and a mixture in between.

    Both uint8 (H, W, 3) RGB or (H, W, 4) RGBA; the result has alpha where either has. Where the weights are 0 or 255 it
    is bit-identical to the one or the other.
    """
    has_alpha = 4 in (ground.shape[2], over.shape[2])
    made = np.empty((*weights.shape, 4 if has_alpha else 3), np.uint8)
    for rows in cut_strips(weights.shape[0]):
        below, above = (_add_alpha(each[rows]) if has_alpha else each[rows] for each in (ground, over))
        weight = weights[rows][:, :, None]
        mixed = _mix_transparent(below, above, weight) if has_alpha else _mix(below, above, weight)
        made[rows] = np.where(weight == 0, below, np.where(weight == 255, above, mixed))
    return made


def _mix(below: np.ndarray, above: np.ndarray, weight: np.ndarray) -> np.ndarray:
    wide = weight.astype(np.uint16)
    mixed: np.ndarray = (below * (255 - wide) + above * wide + 127) // 255
    return mixed.astype(np.uint8)


def _mix_transparent(below: np.ndarray, above: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mix RGBA strips: a colour counts as much as it is opaque."""
    share = weight.astype(np.float32) / 255
    covers = below[:, :, 3:] * (1 - share), above[:, :, 3:] * share
    alpha = covers[0] + covers[1]
    colours = (below[:, :, :3] * covers[0] + above[:, :, :3] * covers[1]) / np.maximum(alpha, 1e-3)
    return np.rint(np.dstack([colours, alpha])).clip(0, 255).astype(np.uint8)


def _add_alpha(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.shape[2] == 4 else np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
