"""The shadow that a thing casts on the ground where it stands: a darker place of like hue that touches it."""

import cv2
import numpy as np

SIDE = 320  # of the copy that is looked at, pixels
AROUND = 1.0  # beside the thing, in parts of its longer side
LOWER, FEET = 0.7, 0.75  # of the thing's height: from there on the ground lies beside it, and the shadow touches it
NEAR = 0.6  # of the thing's longer side: so far from its lower part its shadow may reach
TOUCHING = 4  # pixels of the copy
BLUR = 1.5  # pixels of the copy: the grain of the ground
LIT, ROWS = 50, 8  # percentile of the brightness of so many rows above and below that stands for the light
MIN_LIGHT, MAX_LIGHT = 0.12, 0.78  # of that light, in a shadow
MAX_TINT = 0.035  # between the parts that red, and green, have of the light and of the shadow
MIN_AREA, MAX_AREA = 0.02, 1.2  # of the thing's
MAX_TOUCH = 0.03  # of the frame of the copy: what reaches it so far is no shadow of this thing
MAX_DARK = 0.45  # of the ground around: a dark ground is no shadow
RIM = 5  # pixels of the copy around a shadow, in which the ground is lit
MAX_RIM_LIGHT, MIN_RIM = 0.82, 0.65  # brightness of a shadow over that of its rim, for so much of the rim
GAP = 3  # pixels of the copy


def find_shadow(pixels: np.ndarray, thing: np.ndarray) -> np.ndarray:
    """Return the shadow of `thing`, bool (H, W), in uint8 (H, W, 3) `pixels`: bool (H, W), all False where none is."""
    shadow = np.zeros(thing.shape, bool)
    rows, columns = np.flatnonzero(thing.any(1)), np.flatnonzero(thing.any(0))
    if not len(rows):
        return shadow
    around = round(AROUND * max(np.ptp(rows), np.ptp(columns)) + 1)
    window = (
        slice(max(0, rows[0] - around // 4), rows[-1] + around + 1),
        slice(max(0, columns[0] - around), columns[-1] + around + 1),
    )
    near = pixels[window]
    scale = min(1.0, SIDE / max(near.shape[:2]))
    size = tuple(max(2 * RIM, round(side * scale)) for side in near.shape[1::-1])
    small = cv2.resize(near, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(thing[window].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.3
    found = _find_small(small, inside)
    wide = cv2.resize(found.astype(np.float32), near.shape[1::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    shadow[window] = wide & ~thing[window]
    return shadow


def _find_small(pixels: np.ndarray, thing: np.ndarray) -> np.ndarray:
    none = np.zeros(thing.shape, bool)
    rows = np.flatnonzero(thing.any(1))
    if not len(rows):
        return none
    lower, feet = (round(rows[0] + share * (rows[-1] - rows[0])) for share in (LOWER, FEET))
    light = _blur_around((pixels.astype(np.float32) / 255) ** 2.2, thing)
    brightness = light.sum(2)
    ground = ~thing & _find_near(thing, lower)
    if ground.sum() < thing.size * 0.02:
        return none
    tints = light[..., :2] / np.maximum(brightness, 1e-3)[..., None]
    lit, tint = _find_light(brightness, tints, ~thing, lower)
    dark = ground & (brightness > MIN_LIGHT * lit) & (brightness < MAX_LIGHT * lit)
    dark &= np.abs(tints - tint).max(2) < MAX_TINT
    if dark.sum() > MAX_DARK * ground.sum():
        return none
    base = thing.copy()
    base[:feet] = False
    return _check(_join(dark, base), thing, brightness)


def _find_light(
    brightness: np.ndarray, tints: np.ndarray, ground: np.ndarray, lower: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return brightness (h, 1) and tint (h, 1, 2) of the lit ground in each row: farther ground is another one."""
    high = len(brightness)
    lit, tint = np.zeros((high, 1), np.float32), np.zeros((high, 1, 2), np.float32)
    for row in range(lower, high):
        rows = slice(max(lower, row - ROWS), row + ROWS + 1)
        seen = ground[rows]
        if not seen.any():
            continue
        bright = brightness[rows][seen]
        lit[row] = np.percentile(bright, LIT)
        tint[row] = np.median(tints[rows][seen][bright >= 0.85 * lit[row]], axis=0)
    return lit, tint


def _find_near(thing: np.ndarray, lower: int) -> np.ndarray:
    """Return the ground around the lower part of the thing, from the row `lower` on, bool (h, w)."""
    away = cv2.distanceTransform((~thing).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    near = away <= NEAR * max(np.ptp(np.flatnonzero(thing.any(axis))) for axis in (0, 1))
    near[:lower] = False
    return np.asarray(near)


def _blur_around(light: np.ndarray, thing: np.ndarray) -> np.ndarray:
    """Return light, float32 (h, w, 3), without its grain; nothing of the thing passes into its surroundings."""
    known = (~thing).astype(np.float32)
    blurred = cv2.GaussianBlur(light * known[..., None], (0, 0), BLUR)
    return np.asarray(blurred / np.maximum(cv2.GaussianBlur(known, (0, 0), BLUR), 1e-3)[..., None])


def _join(dark: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Return the parts of `dark` that touch the base of the thing, bool (h, w)."""
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP))
    whole = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, round_)
    touched = cv2.dilate(base.astype(np.uint8), np.ones((2 * TOUCHING + 1,) * 2, np.uint8)) > 0
    _, labels = cv2.connectedComponents(whole, connectivity=8)
    joined = np.isin(labels, np.unique(labels[touched & (whole > 0)])) & (whole > 0)
    soft = cv2.dilate(joined.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP)))
    return np.asarray(cv2.morphologyEx(soft, cv2.MORPH_CLOSE, round_) > 0)


def _check(shadow: np.ndarray, thing: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """Return the shadow where it is as large, as bounded and as distinct as one, else nothing."""
    none = np.zeros(shadow.shape, bool)
    shadow = shadow & ~thing
    frame = np.concatenate([shadow[0], shadow[-1], shadow[:, 0], shadow[:, -1]])
    if not MIN_AREA * thing.sum() <= shadow.sum() <= MAX_AREA * thing.sum() or frame.mean() > MAX_TOUCH:
        return none
    wide = cv2.dilate(shadow.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0
    rim = wide & ~shadow & ~(cv2.dilate(thing.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if not rim.any() or (brightness[rim] * MAX_RIM_LIGHT > np.median(brightness[shadow])).mean() < MIN_RIM:
        return none
    return shadow
