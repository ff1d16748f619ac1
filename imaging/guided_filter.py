"""The fast guided filter: a small map takes on the edges of a large picture.

He, Sun, Tang: "Guided Image Filtering", ECCV 2010; He, Sun: "Fast Guided Filter", arXiv:1505.00996. In each
window the map is fitted as a linear function of the guide; fitted small and applied large, it costs a few
operations per pixel and the memory of the small size.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

STRIP_ROWS = 64


@dataclass(frozen=True)
class GuidedFilter:
    """source = slope * guide + offset, fitted around each pixel of the small size.

    slope: float32 (h, w, G * C), G guide channels by C source channels; offset: float32 (h, w, C).
    """

    slope: np.ndarray
    offset: np.ndarray

    def apply(self, guide: np.ndarray, start: int, full_height: int) -> np.ndarray:
        """Return the source at full size for a strip: guide float32 (n, W, G), its first row `start` -> (n, W, C)."""
        rows, width, channels = guide.shape
        slope = enlarge_rows(self.slope, start, rows, (full_height, width))
        offset = enlarge_rows(self.offset, start, rows, (full_height, width))
        slope = slope.reshape(rows, width, channels, -1)
        for channel in range(channels):
            offset += slope[:, :, channel] * guide[:, :, channel, None]
        return offset


def fit(guide: np.ndarray, source: np.ndarray, radius: int, epsilon: float) -> GuidedFilter:
    """Fit `source`, float32 (h, w, C), to `guide`, float32 (h, w, G) in [0, 1].

    radius: of the windows, in pixels. epsilon: variance of the guide under which it counts as flat.
    """
    channels = guide.shape[2]
    guide_mean, source_mean = _average(guide, radius), _average(source, radius)
    pairs, crosses = guide[..., :, None] * guide[..., None, :], guide[..., :, None] * source[..., None, :]
    covariance = _average(pairs, radius) - guide_mean[..., :, None] * guide_mean[..., None, :]
    crosses = _average(crosses, radius) - guide_mean[..., :, None] * source_mean[..., None, :]
    slope = np.linalg.solve(covariance + epsilon * np.eye(channels, dtype=np.float32), crosses)
    slope = slope.astype(np.float32)
    offset = source_mean - np.einsum("hwg,hwgc->hwc", guide_mean, slope)
    flat = slope.reshape(*slope.shape[:2], -1)
    return GuidedFilter(_average(flat, radius), _average(offset, radius))


def cut_strips(height: int, rows: int = STRIP_ROWS) -> Iterator[slice]:
    """Cut `height` rows into strips, so that full-size work in floating point needs little memory."""
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def enlarge_rows(field: np.ndarray, start: int, rows: int, size: tuple[int, int]) -> np.ndarray:
    """Return rows [start, start + rows) of float32 (h, w, C) `field` enlarged bilinearly to `size` (H, W)."""
    places = (np.arange(start, start + rows, dtype=np.float32) + 0.5) * (field.shape[0] / size[0]) - 0.5
    places = np.clip(places, 0, field.shape[0] - 1)
    above = np.minimum(places.astype(np.intp), max(field.shape[0] - 2, 0))
    share = (places - above)[:, None, None]
    tall = field[above] * (1 - share) + field[np.minimum(above + 1, field.shape[0] - 1)] * share
    wide = cv2.resize(tall, (size[1], rows), interpolation=cv2.INTER_LINEAR)
    shaped: np.ndarray = wide.reshape(rows, size[1], field.shape[2])
    return shaped


def resize_area(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return uint8 or float32 (H, W[, C]) pixels at `size` (height, width), averaged where that is smaller."""
    shrinks = size[0] <= pixels.shape[0] and size[1] <= pixels.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(pixels), size[::-1], interpolation=way)


def fit_size(height: int, width: int, longest_side: int) -> tuple[int, int]:
    """Return (height, width) reduced so that no side is over `longest_side`."""
    scale = min(1.0, longest_side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _average(field: np.ndarray, radius: int) -> np.ndarray:
    """Mean over windows of float32 (h, w, ...), mirrored at the border."""
    flat = np.ascontiguousarray(field.reshape(*field.shape[:2], -1), dtype=np.float32)
    side = 2 * radius + 1
    planes = [
        cv2.blur(np.ascontiguousarray(flat[:, :, i]), (side, side), borderType=cv2.BORDER_REFLECT)
        for i in range(flat.shape[2])
    ]
    return np.stack(planes, axis=2).reshape(field.shape)
