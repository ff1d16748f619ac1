"""Masks that people draw or upload: which places of a picture are meant. No torch."""

import cv2
import numpy as np

from errors import N_, DomainError
from imaging.guided_filter import resize_area
from imaging.io.files import Picture

CHOSEN = 128  # from this value on a place counts as chosen, where it must be yes or no
MIN_TRACE = 8  # of 255: what is painted less is noise of compression
MAX_TRACES = 0.9  # of a mask: more of it with less than that is no noise, nor a map of one label, but faint paint
MIN_STRONG_SHARE = 0.05  # of what is painted: so much of it has to be chosen, or the mask is too faint
NEAR = 24  # of 255: so close to black or white still is black or white
MIN_PURE = 0.9  # of the opaque part of a mask in black and white; the rest are its soft edges
MIN_GROUND = 0.9  # of a mask that is opaque all over, but for a few pixels
MIN_BLACK = 0.05  # of such a mask: its ground
MAX_TINTED = 0.02  # of a mask in greys
MAX_TINT = 40  # between the channels of a colour that still passes for black, grey or white
COPY_SIDE = 128  # pixels at which a mask is compared with the photo
MIN_COPY_PLACES = 32  # of those pixels: fewer tell nothing
MIN_COPY_CORRELATION = 0.97  # of their brightness
# A copy that was painted over: the part that is the same, how much that differs, and its own spread, in levels of 255.
MIN_COPY_SHARE, MAX_COPY_DIFFERENCE, MIN_COPY_DETAIL = 0.5, 8, 16


class UnusableMask(DomainError):
    """A mask that says nothing, or not clearly."""

    key = "unusable_mask"


def read_mask(upload: Picture, photo: Picture, keeps: bool = False) -> np.ndarray:
    """Return an uploaded mask for a photo as uint8 (h, w), the size of the upload, in 0..255, 255 fully chosen.

    Where the opaque part of the upload is black and white, white is chosen. Where it is a copy of the photo, its hole
    is chosen, or with `keeps` what is left of it. Colours on a black ground are chosen as white is, and so is any
    other opaque paint on a transparent ground. A mask of zeros and ones counts as black and white. Raises UnusableMask
    for a copy without a hole, and for colours on a ground that is neither black nor transparent.
    """
    brightest = np.ascontiguousarray(upload.rgb.max(axis=2))  # pure red or blue is no darker paint than white
    alpha = np.ascontiguousarray(upload.alpha) if upload.has_alpha else np.full_like(brightest, 255)
    if not alpha.any():  # a sheet without paint, whatever colour its pixels hide
        return alpha
    levels = _spread_zeros_and_ones(np.where(alpha >= CHOSEN, brightest, np.uint8(0)))
    if _is_black_and_white(upload.rgb, levels, alpha):
        return levels
    if _is_copy(upload.rgb, alpha, photo):
        return _cut_hole(alpha, photo, keeps)
    opaque = alpha >= CHOSEN
    if opaque.mean() < MIN_GROUND:
        return _spread_zeros_and_ones(alpha)
    grounds = (levels[opaque] <= NEAR).mean()
    if MIN_BLACK <= grounds < 1:
        return levels
    if (alpha < 255).any():
        return _spread_zeros_and_ones(alpha)
    if threshold_mask(levels).any() and _find_tints(upload.rgb).mean() > MAX_TINTED:
        raise UnusableMask(message=N_("This mask is in colours. Please give it in black and white: white is chosen."))
    return levels


def check_strength(mask: np.ndarray) -> None:
    """Raise UnusableMask for a mask, uint8, that was painted, but hardly anywhere strongly enough to be chosen."""
    painted = int(np.count_nonzero(mask >= MIN_TRACE))
    if not painted and np.count_nonzero(mask) > MAX_TRACES * mask.size:
        painted = mask.size
    if painted and np.count_nonzero(threshold_mask(mask)) < MIN_STRONG_SHARE * painted:
        raise UnusableMask(
            message=N_("This mask is too faint. Please paint it in full white, or without transparency.")
        )


def resize_mask(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a mask, uint8 (h, w), as uint8 (height, width)."""
    return mask if mask.shape == (height, width) else resize_area(mask, (height, width))


def threshold_mask(mask: np.ndarray) -> np.ndarray:
    """Return which places of a mask count as chosen, bool (H, W)."""
    return mask >= CHOSEN


def grow_mask(mask: np.ndarray, pixels: float) -> np.ndarray:
    """Return a mask whose chosen places reach `pixels` further, uint8 (H, W); a negative number shrinks it.

    What is added is fully chosen, what is taken away not at all; the rest keeps its values.
    """
    inside = threshold_mask(mask)
    if pixels > 0 and inside.any():
        return np.where(_measure_distance(inside) <= pixels, np.maximum(mask, np.uint8(255)), mask)
    if pixels < 0 and not inside.all():
        return np.where(_measure_distance(~inside) <= -pixels, np.uint8(0), mask)
    return mask.copy()


def feather_mask(mask: np.ndarray, pixels: float, feather: float) -> np.ndarray:
    """Return how much a place counts when the mask is grown by `pixels`, float32 (H, W) in 0..1.

    1 where it is chosen, 0 further than `pixels` from there; the last `feather` pixels before that fall to nothing.
    What was chosen at first counts in full, so that nothing is feathered when nothing is grown.
    """
    inside = threshold_mask(mask)
    if pixels <= 0 or not inside.any():
        return inside.astype(np.float32)
    away = _measure_distance(inside)
    weight = np.clip((pixels + 1 - away) / (min(feather, pixels) + 1), 0, 1)
    weight[away > pixels] = 0
    weight[inside] = 1
    return weight


def invert_mask(mask: np.ndarray) -> np.ndarray:
    """Return the mask of everything that this one, uint8 (H, W), does not choose."""
    return 255 - mask


def _spread_zeros_and_ones(values: np.ndarray) -> np.ndarray:
    """Return a mask of zeros and ones, or of zeros and one other small number, as one of 0 and 255.

    Where another number than one is nearly everywhere it is faint paint.
    """
    most = values.max()
    is_label = most == 1 or (values == most).mean() <= MAX_TRACES
    if is_label and 1 <= most < MIN_TRACE and ((values == 0) | (values == most)).all():
        return np.where(values == most, np.uint8(255), np.uint8(0))
    return values


def _find_tints(rgb: np.ndarray) -> np.ndarray:
    """Return where a colour is none between black and white, bool, from uint8 (..., 3)."""
    tints: np.ndarray = np.ptp(rgb, axis=-1) > MAX_TINT
    return tints


def _is_black_and_white(rgb: np.ndarray, levels: np.ndarray, alpha: np.ndarray) -> bool:
    """Whether the opaque part holds both black and white and hardly anything else."""
    opaque = alpha >= CHOSEN
    if not opaque.any():
        return False
    seen = levels[opaque]
    black, white = seen <= NEAR, seen >= 255 - NEAR
    tinted = _find_tints(rgb[opaque])
    return bool(black.any() and white.any() and (black | white).mean() >= MIN_PURE and tinted.mean() <= 1 - MIN_PURE)


def _is_copy(rgb: np.ndarray, alpha: np.ndarray, photo: Picture) -> bool:
    """Whether the opaque part of a mask looks like the photo there: compared small, in brightness.

    Where hardly anything is opaque, what is more opaque than not counts.
    """
    size = min(COPY_SIDE, photo.width, rgb.shape[1]), min(COPY_SIDE, photo.height, rgb.shape[0])
    cover = cv2.resize(np.ascontiguousarray(alpha), size, interpolation=cv2.INTER_AREA)
    if photo.has_alpha:
        cover = np.minimum(cover, cv2.resize(np.ascontiguousarray(photo.alpha), size, interpolation=cv2.INTER_AREA))
    both = cover >= 250
    if both.sum() < MIN_COPY_PLACES:
        both = cover >= CHOSEN
    if both.sum() < MIN_COPY_PLACES:
        return False
    ours, theirs = (_read_grey(colours, size)[both].astype(np.float32) for colours in (rgb, photo.rgb))
    if min(ours.std(), theirs.std()) < 1:  # flat paint on a flat photo says nothing
        return False
    if float(np.corrcoef(ours, theirs)[0, 1]) >= MIN_COPY_CORRELATION:
        return True
    same = np.abs(ours - theirs) <= MAX_COPY_DIFFERENCE  # but for what was painted over
    return bool(same.mean() >= MIN_COPY_SHARE and ours[same].std() >= MIN_COPY_DETAIL)


def _read_grey(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    small = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)


def _cut_hole(alpha: np.ndarray, photo: Picture, keeps: bool) -> np.ndarray:
    """Return what is missing from a copy of the photo, or what is left of it; its own transparency is no hole."""
    own = np.full_like(alpha, 255)
    if photo.has_alpha:
        own = resize_mask(np.ascontiguousarray(photo.alpha), *alpha.shape)
    missing = own - np.minimum(alpha, own)
    if not threshold_mask(missing).any():
        if (missing >= MIN_TRACE).any():
            check_strength(missing)
        raise UnusableMask(
            message=N_(
                "This mask is a copy of the photo without a hole. Please give it in black and white, or cut the hole."
            )
        )
    return alpha if keeps else missing


def _measure_distance(places: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the nearest of `places`, bool (H, W), in pixels, float32 (H, W)."""
    return cv2.distanceTransform((~places).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
