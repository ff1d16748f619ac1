"""Masks that people draw or upload: which places of a picture are meant. No torch."""

import cv2
import numpy as np

from imaging.guided_filter import reduced
from imaging.io.files import Picture

CHOSEN = 128  # from this value on a place counts as chosen, where it must be yes or no


def drawn(picture: Picture, height: int, width: int) -> np.ndarray:
    """Return an uploaded mask as uint8 (height, width) in 0..255, 255 fully chosen.

    Where any of the upload is transparent, opaque paint is chosen, whatever its colour; otherwise white is chosen
    and black is not. An upload of another size is stretched over the picture.
    """
    mask = _values(picture)
    return mask if mask.shape == (height, width) else reduced(mask, (height, width))


def chosen(mask: np.ndarray) -> np.ndarray:
    """Return which places of a mask count as chosen, bool (H, W)."""
    return mask >= CHOSEN


def grown(mask: np.ndarray, pixels: float) -> np.ndarray:
    """Return a mask whose chosen places reach `pixels` further, uint8 (H, W); a negative number shrinks it.

    What is added is fully chosen, what is taken away not at all; the rest keeps its values.
    """
    inside = chosen(mask)
    if pixels > 0 and inside.any():
        return np.where(_distance_to(inside) <= pixels, np.maximum(mask, np.uint8(255)), mask)
    if pixels < 0 and not inside.all():
        return np.where(_distance_to(~inside) <= -pixels, np.uint8(0), mask)
    return mask.copy()


def feathered(mask: np.ndarray, pixels: float, feather: float) -> np.ndarray:
    """Return how much a place counts when the mask is grown by `pixels`, float32 (H, W) in 0..1.

    1 where it is chosen, 0 further than `pixels` from there; the last `feather` pixels before that fall to nothing.
    What was chosen at first counts in full, so that nothing is feathered when nothing is grown.
    """
    inside = chosen(mask)
    if pixels <= 0 or not inside.any():
        return inside.astype(np.float32)
    away = _distance_to(inside)
    weight = np.clip((pixels + 1 - away) / (min(feather, pixels) + 1), 0, 1)
    weight[away > pixels] = 0
    weight[inside] = 1
    return weight


def inverted(mask: np.ndarray) -> np.ndarray:
    """Return the mask of everything that this one, uint8 (H, W), does not choose."""
    return 255 - mask


def _values(picture: Picture) -> np.ndarray:
    # A sheet that is transparent all over holds no paint, whatever colour its pixels hide.
    if picture.has_alpha and not (picture.alpha == 255).all():
        return np.ascontiguousarray(picture.alpha)
    return cv2.cvtColor(np.ascontiguousarray(picture.rgb), cv2.COLOR_RGB2GRAY)


def _distance_to(places: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the nearest of `places`, bool (H, W), in pixels, float32 (H, W)."""
    return cv2.distanceTransform((~places).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
