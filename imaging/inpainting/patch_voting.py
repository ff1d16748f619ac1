"""What the patches over a place say about it, and the last word at full size."""

import cv2
import numpy as np

from imaging.inpainting.laplace_fill import laplace_fill
from imaging.inpainting.patch_match import Field
from imaging.inpainting.patches import PAD, Level, cut_chunks

SOFT, SHARP = 2.0, 8.0  # powers of the distance by which votes weigh less: while it settles, and at the end
DEEPER = 1.2  # each pixel deeper in the hole makes a patch so many times less trusted
DEEPEST = 30
RIM_PIXELS = 2  # so far outside the hole it is looked at whether the fill fits
RIM_TOLERANCE = 0.06  # of 1: a difference there up to about this is light, and evened out; a larger one is an edge


def collect_votes(level: Level, field: Field, places: np.ndarray, power: float) -> np.ndarray:
    """Return the mean of what all patches over each place say, float32 (n, 5), by how well they match.

    places: positions that at least one target covers. The better match weighs more, as 1 / distance ** power.
    """
    weights = _compute_weights(level, field, power)
    said = np.empty((len(places), level.values.shape[1]), np.float32)
    for part in cut_chunks(len(places)):
        total: np.ndarray = np.zeros((), np.float32)
        sums: np.ndarray = np.zeros((), np.float32)
        for offset in level.offsets:
            rows = level.target_rows[places[part] - offset]
            weight = np.where(rows >= 0, weights[rows], 0)[:, None]
            sums = sums + level.values[field.sources[rows] + offset] * weight
            total = total + weight
        said[part] = sums / total
    return said


def fill_full_size(rgb: np.ndarray, hole: np.ndarray, level: Level, field: Field, factor: int) -> np.ndarray:
    """Return uint8 (H, W, 3) `rgb` with its `hole` filled at full size from the best matches, the light evened out.

    factor: how much smaller the level is. Its matches are followed to the pixels of the full size.
    """
    result = rgb.copy()
    flat, filled = rgb.reshape(-1, 3), result.reshape(-1, 3)
    weights = _compute_weights(level, field, SHARP)
    correction = _compute_correction(level, field)
    places = np.flatnonzero(hole)
    for part in cut_chunks(len(places)):
        down, across = np.divmod(places[part], hole.shape[1])
        colours = _average_sources(flat, hole.shape[1], level, field, weights, factor, down, across)
        smooth = _interpolate(correction, (down + 0.5) / factor - 0.5, (across + 0.5) / factor - 0.5)
        filled[places[part]] = np.rint(np.clip(colours + 255 * smooth, 0, 255))
    return result


def _average_sources(
    flat: np.ndarray,
    width: int,
    level: Level,
    field: Field,
    weights: np.ndarray,
    factor: int,
    down: np.ndarray,
    across: np.ndarray,
) -> np.ndarray:
    """Return what the sources of the patches over full-size pixels hold there, float32 (n, 3) in 0..255."""
    cells = (down // factor + PAD) * level.stride + across // factor + PAD
    sums: np.ndarray = np.zeros((), np.float32)
    total: np.ndarray = np.zeros((), np.float32)
    for offset in level.offsets if factor == 1 else _list_offsets(level):
        rows = level.target_rows[cells - offset]
        weight = np.where(rows >= 0, weights[rows], 0)[:, None]
        source_down, source_across = np.divmod(field.sources[rows] + offset, level.stride)
        pixels = ((source_down - PAD) * factor + down % factor) * width
        pixels += (source_across - PAD) * factor + across % factor
        sums = sums + flat[pixels] * weight
        total = total + weight
    mean: np.ndarray = sums / total
    return mean


def _list_offsets(level: Level) -> np.ndarray:
    """Return the offsets of the middle of a patch, and of its rim for pixels at the border of the picture."""
    reach = level.radius
    steps = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    steps += [(down * reach, across * reach) for down, across in steps if reach > 1 and (down or across)]
    return np.array([down * level.stride + across for down, across in steps if max(map(abs, (down, across))) <= reach])


def _compute_weights(level: Level, field: Field, power: float) -> np.ndarray:
    least = 2e-5 * len(level.offsets)  # so that an exact match does not outweigh all others
    logarithm = -power * np.log(field.distances + least) - np.log(DEEPER) * np.minimum(level.depth, DEEPEST)
    # Kept within what float32 can hold: it is neighbours that are compared, and they are not that far apart.
    weights: np.ndarray = np.exp(np.maximum(logarithm - logarithm.max(), -80)).astype(np.float32)
    return weights


def _compute_correction(level: Level, field: Field) -> np.ndarray:
    """Return what to add to the fill so that its light meets that of the rim, float32 (h, w, 3)."""
    hole = np.zeros(level.shape, np.uint8)
    hole.flat[level.hole] = 1
    covered = np.zeros(level.shape, np.uint8)
    covered.flat[level.targets] = 1
    covered = cv2.dilate(covered, np.ones((2 * level.radius + 1,) * 2, np.uint8))
    near = cv2.dilate(hole, np.ones((2 * RIM_PIXELS + 1,) * 2, np.uint8))
    inside = np.zeros(level.shape, bool)
    inside[PAD:-PAD, PAD:-PAD] = True
    rim = np.flatnonzero((near > hole) & (covered > 0) & inside)
    apart, weight = np.zeros((*level.shape, 3), np.float32), np.zeros(level.shape, np.float32)
    apart.reshape(-1, 3)[rim] = level.values[rim, :3] - collect_votes(level, field, rim, SOFT)[:, :3]
    weight.flat[rim] = 1
    side = (2 * RIM_PIXELS + 1,) * 2
    apart = cv2.blur(apart, side) / np.maximum(cv2.blur(weight, side), 1e-6)[:, :, None]
    weight *= np.exp(-((np.abs(apart).max(2) / RIM_TOLERANCE) ** 2))
    return laplace_fill(apart * (weight > 0)[:, :, None], weight)[PAD:-PAD, PAD:-PAD]


def _interpolate(field: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return a field's values at fractional places, bilinear, (n, C)."""
    places = across.astype(np.float32)[:, None], down.astype(np.float32)[:, None]
    picked = cv2.remap(field, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return picked.reshape(len(down), -1)
