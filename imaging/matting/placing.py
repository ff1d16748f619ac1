"""A person who was cut out, elsewhere in the picture, larger or smaller, and the soft shadow that they cast."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np
from PIL import Image

from imaging.guided_filter import cut_strips, enlarge_rows, fit_size, resize_area
from imaging.matting.backgrounds import Backdrop, blur_field

RESAMPLING = Image.Resampling.BICUBIC
SHADOW_SIGMA, SHADOW_DROP = 0.025, 0.02  # of the longest side: how soft a shadow is, and how far below the person
_WORKING_SIDE = 512  # a soft shadow holds nothing finer

# shadow(rows): how dark it is there, float32 (n, W, 1) in [0, 1].
Shadow = Callable[[slice], np.ndarray]


@dataclass(frozen=True)
class _Span:
    """Along one side: the pixels from `start` to `stop` show what was from `first` to `last`."""

    start: int
    stop: int
    first: float
    last: float

    def take_part(self, pixels: slice) -> "_Span":
        """Return a part of it, counted from its start."""
        ratio = (self.last - self.first) / (self.stop - self.start)
        first, last = self.first + pixels.start * ratio, self.first + pixels.stop * ratio
        return _Span(self.start + pixels.start, self.start + pixels.stop, first, min(last, self.last))


def place_person(
    colours: np.ndarray, alpha: np.ndarray, scale: float, shift: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 (H, W, 3) colours and uint8 (H, W) alpha of a person `scale` times as large, moved by `shift`.

    shift: to the right and down, in parts of width and height. They grow from where they stand: the middle of their
    lower edge stays in its place. Without scaling they move by whole pixels and keep their colours bit by bit. What
    leaves the picture is cut off; where nobody is, both are 0.
    """
    if scale == 1 and shift == (0, 0) or not alpha.any():
        return colours, alpha
    (height, width), stand = alpha.shape, _find_stand(alpha)
    across = _make_span(width, stand[0], scale, shift[0] * width)
    down = _make_span(height, stand[1], scale, shift[1] * height)
    placed, placed_alpha = np.zeros_like(colours), np.zeros_like(alpha)
    if across.start >= across.stop or down.start >= down.stop:
        return placed, placed_alpha
    target = np.s_[down.start : down.stop, across.start : across.stop]
    if scale == 1:
        source = np.s_[int(down.first) : int(down.last), int(across.first) : int(across.last)]
        placed[target], placed_alpha[target] = colours[source], alpha[source]
        return placed, placed_alpha
    for rows in cut_strips(down.stop - down.start):
        strip = _resize(colours, alpha, across, down.take_part(rows))
        placed[target][rows], placed_alpha[target][rows] = strip[:, :, :3], strip[:, :, 3]
    return placed, placed_alpha


def cast_shadow(alpha: np.ndarray, strength: float) -> Shadow | None:
    """Return the shadow of alpha uint8 (H, W), at most `strength` in [0, 1] dark; None for none."""
    if not strength:
        return None
    size = fit_size(alpha.shape[0], alpha.shape[1], _WORKING_SIDE)
    small = resize_area(alpha, size).astype(np.float32) / 255
    soft = blur_field(small, SHADOW_SIGMA * max(size))
    drop = np.array([[1, 0, 0], [0, 1, SHADOW_DROP * max(size)]])
    fallen = cv2.warpAffine(soft, drop, size[::-1], borderMode=cv2.BORDER_REPLICATE)
    dark = strength * np.clip(fallen, 0, 1)[:, :, None]
    return lambda rows: enlarge_rows(dark, rows.start, rows.stop - rows.start, alpha.shape)


def darken(backdrop: Backdrop, shadow: Shadow | None) -> Backdrop:
    """Return the backdrop with the shadow on it."""
    if shadow is None:
        return backdrop
    return lambda rows: np.rint(backdrop(rows) * (1 - shadow(rows))).astype(np.uint8)


def add_shadow(colours: np.ndarray, alpha: np.ndarray, shadow: Shadow | None) -> np.ndarray:
    """Return the person, uint8 (H, W, 3) and (H, W), before a shadow that is all there is behind: uint8 (H, W, 4)."""
    result = np.dstack([colours, alpha])
    if shadow is None:
        return result
    for rows in cut_strips(len(alpha)):
        own = alpha[rows].astype(np.float32)[:, :, None] / 255
        whole = own + (1 - own) * shadow(rows)
        result[rows][:, :, :3] = np.rint(colours[rows] * (own / np.maximum(whole, 1e-6)))
        result[rows][:, :, 3:] = np.rint(whole * 255)
    return result


def _find_stand(alpha: np.ndarray) -> tuple[float, float]:
    """Return the middle of the lower edge, (x, y) in pixels, of what is rather person than not."""
    inside = alpha > 127 if (alpha > 127).any() else alpha > 0
    columns, rows = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
    return (columns[0] + columns[-1] + 1) / 2, float(rows[-1] + 1)


def _make_span(length: int, stand: float, scale: float, shift: float) -> _Span:
    begin, size = floor(stand + shift - scale * stand + 0.5), max(1, floor(scale * length + 0.5))
    start, stop = max(0, begin), min(length, begin + size)
    return _Span(start, stop, (start - begin) * length / size, (stop - begin) * length / size)


def _resize(colours: np.ndarray, alpha: np.ndarray, across: _Span, down: _Span) -> np.ndarray:
    """Return the part of the person in two spans at its new size, uint8 (n, m, 4).

    Colours are as strong as they are seen, so that what lies hidden does not come out at the edge.
    """
    ratio = (down.last - down.first) / (down.stop - down.start)
    reach = ceil(2 * max(1.0, ratio)) + 1  # of the filter
    top, bottom = max(0, floor(down.first) - reach), min(len(alpha), ceil(down.last) + reach)
    share = alpha[top:bottom].astype(np.float32)[:, :, None]
    layer = np.dstack([colours[top:bottom] * (share / 255), share])
    box = across.first, down.first - top, across.last, down.last - top
    size = across.stop - across.start, down.stop - down.start
    planes = [Image.fromarray(layer[:, :, i]).resize(size, RESAMPLING, box=box) for i in range(4)]
    fitted = np.dstack([np.asarray(plane) for plane in planes])
    fitted[:, :, :3] *= 255 / np.maximum(fitted[:, :, 3:], 0.5)
    fitted[fitted[:, :, 3] < 0.5] = 0
    result: np.ndarray = np.clip(np.rint(fitted), 0, 255).astype(np.uint8)
    return result
