"""Cutting a person out: the mask made exact at the photo's edges, and the old background taken out of them."""

from collections.abc import Callable

import cv2
import numpy as np

from imaging.guided_filter import cut_strips, enlarge_rows, fit, fit_size, resize_area

WORKING_SIDE = 1024  # the filters' statistics are gathered at this size and applied at full size
REFINE_RADIUS_CELLS = 3  # of the coarse mask: so far its outline may be off
REFINE_EPSILON = 1e-4
# Both the coarse mask's blur and the filter leave a veil; what is rather in or rather out is made fully so.
SURELY_OUT, SURELY_IN = 0.25, 0.75
DECIDED = 0.04  # of the mask's shorter side: so far from its outline nothing stays half in and half out
KNOWN = 0.5  # of an island, by the look at the whole picture
ISLAND_SHARE = 0.05  # of the largest piece of a mask: smaller pieces apart from it are no people
PAINT_TOLERANCE = 24  # of 255: what two ways of shrinking the same mask may differ by


def refine_alpha(mask: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Return the alpha, uint8 (H, W), of a coarse mask, float32 (h, w) in [0, 1], on the photo uint8 (H, W, 3).

    The mask covers the whole photo, whatever its own proportions. 255 is surely person, 0 surely not. Only the band
    along the mask's outline follows the photo: where the mask is sure all around, the alpha is 255 or 0 whatever
    the photo shows there. Far from the outline it is made sure: a person is not half transparent.
    """
    mask = _sharpen_mask(mask)
    height, width = rgb.shape[:2]
    size = fit_size(height, width, WORKING_SIDE)
    guide = resize_area(rgb, size).astype(np.float32) / 255
    source = np.clip(cv2.resize(mask, size[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)
    radius = max(1, round(REFINE_RADIUS_CELLS * max(size) / max(mask.shape)))
    fitted = fit(guide, source[:, :, None], radius, REFINE_EPSILON)
    low, high = _bound_alpha(source, radius)
    rows, columns = np.arange(height) * size[0] // height, np.arange(width) * size[1] // width
    alpha = np.empty((height, width), np.uint8)
    for strip in cut_strips(height):
        guide = rgb[strip].astype(np.float32) / 255
        values = fitted.apply(guide, strip.start, height)[:, :, 0]
        values = np.clip((values - SURELY_OUT) / (SURELY_IN - SURELY_OUT), 0, 1)
        near = np.ix_(rows[strip], columns)
        alpha[strip] = np.clip(np.rint(values * 255), low[near], high[near])
    return alpha


def drop_islands(mask: np.ndarray, whole: np.ndarray | None = None) -> np.ndarray:
    """Return a network's mask, uint8 (h, w), without islands that are tiny beside the person or nowhere likely.

    `whole`, uint8 (h, w), is what the network said of the picture as a whole, and of crops around what it saw there,
    where `mask` was put together of parts. Where it knows the largest island, it also knows a person from a flag:
    islands that it does not are left out.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 255 * SURELY_OUT).astype(np.uint8))
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA]
    likely = np.bincount(labels[mask > 127], minlength=count) > 0
    kept = likely & (areas >= ISLAND_SHARE * areas[1:].max())
    if whole is not None:
        seen = np.bincount(labels.ravel(), whole.ravel(), count) / areas / 255
        if seen[1 + areas[1:].argmax()] > KNOWN:
            kept &= seen > KNOWN
    kept[0] = True  # what is below the threshold fades out and is no island
    return np.where(kept[labels], mask, np.uint8(0))


def apply_touch_up(alpha: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """Return the alpha, uint8 (H, W), with what a person changed on a copy of it, uint8 (h, w), maybe smaller.

    Where the copy differs from the alpha by more than resizing explains, the copy counts; everywhere else the
    alpha stays as it is, with detail that the copy is too small for.
    """
    was = resize_area(alpha, painted.shape)
    window = np.ones((3, 3), np.uint8)
    least, most = cv2.erode(was, window).astype(np.int16), cv2.dilate(was, window).astype(np.int16)
    changed = (painted < least - PAINT_TOLERANCE) | (painted > most + PAINT_TOLERANCE)
    if not changed.any():
        return alpha
    share = cv2.dilate(changed.astype(np.uint8), window) * np.float32(1)
    fields = np.dstack([painted.astype(np.float32), share])
    result = np.empty_like(alpha)
    for strip in cut_strips(alpha.shape[0]):
        values = enlarge_rows(fields, strip.start, result[strip].shape[0], alpha.shape)
        new, weight = values[:, :, 0], values[:, :, 1]
        result[strip] = np.rint(alpha[strip] + weight * (new - alpha[strip]))
    return result


def estimate_foreground(rgb: np.ndarray, alpha: np.ndarray, pure: np.ndarray | None = None) -> np.ndarray:
    """Return the person's own colours, uint8 (H, W, 3), without what shone through from behind.

    `pure`, bool (H, W), says where the photo shows the person's colours alone although the edge is soft: where it is
    a cut-out already.

    Blur-fusion: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021. The two blurred estimates
    are made at a working size and their residual is spread at full size. Where alpha is 255 or the colour pure the
    photo's pixels are returned bit-identical; where it is 0 the colour is black, so that the removed background
    does not lie hidden under transparent pixels.
    """
    height, width = alpha.shape
    front, behind = _blur_layers(rgb, alpha)
    done = alpha == 255 if pure is None else (alpha == 255) | pure & (alpha > 0)
    result = np.where(done[:, :, None], rgb, np.uint8(0))
    for strip in cut_strips(height):
        band = (alpha[strip] > 0) & ~done[strip]
        if not band.any():
            continue
        rows = band.shape[0]
        share = alpha[strip][band].astype(np.float32)[:, None] / 255
        seen = rgb[strip][band].astype(np.float32)
        near = enlarge_rows(front, strip.start, rows, (height, width))[band]
        far = enlarge_rows(behind, strip.start, rows, (height, width))[band]
        own = near + share * (seen - share * near - (1 - share) * far)
        result[strip][band] = np.clip(np.rint(own), 0, 255)
    return result


def composite(colours: np.ndarray, alpha: np.ndarray, background: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Lay `colours`, uint8 (H, W, 3), over a background: background(rows) -> uint8 (n, W, 3) or (3,).

    Exact where alpha is 0 or 255.
    """
    result = np.empty_like(colours)
    for strip in cut_strips(alpha.shape[0]):
        share = alpha[strip].astype(np.uint16)[:, :, None]
        mixed = colours[strip] * share + background(strip) * (255 - share)
        result[strip] = (mixed + 127) // 255
    return result


def _sharpen_mask(mask: np.ndarray) -> np.ndarray:
    """Return the mask, float32 (h, w), surer the farther from its outline: what is rather in is in, the rest is out."""
    inside = (mask > 0.5).astype(np.uint8)
    if not inside.any() or inside.all():
        return mask
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    sharpened: np.ndarray = np.clip(mask + depth / (2 * DECIDED * min(mask.shape)), 0, 1)
    return sharpened


def _bound_alpha(source: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest alpha, uint8 (h, w), that the mask float32 (h, w) allows at each place."""
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    inside, outside = cv2.erode(source, window) > SURELY_IN, cv2.dilate(source, window) < SURELY_OUT
    return np.where(inside, np.uint8(255), np.uint8(0)), np.where(outside, np.uint8(0), np.uint8(255))


def _blur_layers(rgb: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return local means of what is in front and behind, float32 (h, w, 3) in 0..255, at working size."""
    size = fit_size(alpha.shape[0], alpha.shape[1], WORKING_SIDE)
    seen = resize_area(rgb, size).astype(np.float32)
    share = resize_area(alpha, size).astype(np.float32)[:, :, None] / 255
    front = behind = seen
    for side in (91, 7):  # the paper's radii: one blur reaches far, the next is local
        front_mean = _average_weighted(front, share, side)
        behind_mean = _average_weighted(behind, 1 - share, side)
        residual = seen - share * front_mean - (1 - share) * behind_mean
        front = np.clip(front_mean + share * residual, 0, 255)
        behind = np.clip(behind_mean + (1 - share) * residual, 0, 255)
    return front_mean, behind_mean


def _average_weighted(colours: np.ndarray, weight: np.ndarray, side: int) -> np.ndarray:
    def blurred(field: np.ndarray) -> np.ndarray:
        return cv2.blur(field, (side, side), borderType=cv2.BORDER_REFLECT)

    return blurred(colours * weight) / (blurred(weight)[:, :, None] + 1e-5)
