"""One scale of a picture with a hole, as patches: which can be copied from, which must be found, and how they compare.

Patches are squares around a centre and lie wholly inside the picture. A *source* holds known pixels only; a *target*
holds at least one pixel of the hole. Positions are flat indices into arrays that carry a border of PAD pixels, so that
a small step from any patch never leaves the array nor reaches the other end of a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

PAD = 8
DIMENSIONS = 20  # of the principal components that stand for a patch's colours
SAMPLED_PATCHES = 6000  # from which the components are computed
CHUNK_ROWS = 8192
TEXTURE_WEIGHT = 4.0  # of the mean slopes beside the colours, as in Newson et al.


@dataclass(frozen=True)
class Planes:
    """What is known of a picture at one scale.

    colours: float32 (H, W, 3) in [0, 1], anything in the hole; texture: float32 (H, W, 2), mean slopes across and
    down; hole: bool (H, W), to be filled; barred: bool (H, W), not to be copied from, the hole and more.
    """

    colours: np.ndarray
    texture: np.ndarray
    hole: np.ndarray
    barred: np.ndarray

    def halve(self) -> "Planes":
        """Return the planes at half size: means of known pixels; what touches the hole belongs to it."""
        known = (~self.hole).astype(np.float32)
        weight = _sum_pairs(known)[:, :, None]
        both = np.dstack([self.colours, self.texture]) * known[:, :, None]
        means = _sum_pairs(both) / np.maximum(weight, 1)
        hole = weight[:, :, 0] < _sum_pairs(np.ones_like(known))
        barred = _sum_pairs(self.barred.astype(np.float32)) > 0
        return Planes(np.ascontiguousarray(means[:, :, :3]), np.ascontiguousarray(means[:, :, 3:]), hole, barred)


class Level:
    """The patches of one scale. `values` is float32 (rows, 5): colours and texture, written to as the hole fills."""

    def __init__(self, planes: Planes, radius: int):
        self.radius = radius
        height, width = planes.hole.shape
        self.size = height, width
        self.shape = height + 2 * PAD, width + 2 * PAD
        self.stride = self.shape[1]
        border = ((PAD, PAD), (PAD, PAD), (0, 0))
        self.values = np.pad(np.dstack([planes.colours, planes.texture]), border, "edge").reshape(-1, 5)
        self.hole = np.flatnonzero(_pad(planes.hole))
        side = 2 * radius + 1
        centres = np.zeros(self.shape, bool)
        centres[PAD + radius : PAD + height - radius, PAD + radius : PAD + width - radius] = True
        near_hole = _dilate(_pad(planes.hole), side) & centres
        usable = centres & ~_dilate(_pad(planes.barred), side)
        self.targets = np.flatnonzero(near_hole)
        self.sources = np.flatnonzero(usable)
        self.target_rows = _gather_rows(self.targets, self.shape)
        self.source_rows = _gather_rows(self.sources, self.shape)
        span = np.arange(-radius, radius + 1)
        self.offsets = (span[:, None] * self.stride + span).ravel()
        depth = cv2.distanceTransform(_pad(planes.hole).astype(np.uint8), cv2.DIST_L2, 5)
        self.depth = depth.ravel()[self.targets]

    @property
    def image(self) -> np.ndarray:
        """float32 (H, W, 3): the colours as they are now."""
        return self.values.reshape(*self.shape, 5)[PAD:-PAD, PAD:-PAD, :3]

    def describe(self, positions: np.ndarray, basis: np.ndarray) -> np.ndarray:
        """Return what patches look like, float32 (n, D): squared distances between rows compare patches."""
        out = np.empty((len(positions), len(basis) + 2), np.float32)
        area = len(self.offsets)
        colours = np.ascontiguousarray(self.values[:, :3])
        texture = self.values.reshape(*self.shape, 5)[:, :, 3:]
        texture = cv2.blur(np.ascontiguousarray(texture), (2 * self.radius + 1,) * 2).reshape(-1, 2)
        for rows in cut_chunks(len(positions)):
            places = positions[rows]
            out[rows, :-2] = compute_products(colours[places[:, None] + self.offsets].reshape(len(places), -1), basis)
            out[rows, -2:] = texture[places] * np.float32(np.sqrt(TEXTURE_WEIGHT * area))
        return out

    def compute_basis(self, random: np.random.Generator) -> np.ndarray:
        """Return the principal components of the sources' colours, float32 (at most DIMENSIONS, patch values)."""
        count = min(SAMPLED_PATCHES, len(self.sources))
        picked = self.sources[random.integers(len(self.sources), size=count)]
        patches = self.values[picked[:, None] + self.offsets, :3].reshape(count, -1)
        patches = np.ascontiguousarray((patches - patches.mean(0)).T)
        _, _, vectors = cv2.eigen(compute_products(patches, patches))
        return np.ascontiguousarray(vectors[:DIMENSIONS])


def compute_products(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the inner products of all rows of two float32 matrices, (n, k) and (m, k) -> (n, m).

    By OpenCV on one thread: NumPy's library spreads these small products over all processors, and when other jobs
    keep those busy each one waits for all: a hundred times slower.
    """
    nothing_added = np.empty(0, np.float32)
    return np.asarray(cv2.gemm(first, second, 1.0, nothing_added, 0.0, flags=cv2.GEMM_2_T))


def cut_chunks(count: int) -> Iterator[slice]:
    """Cut a long list into slices that stay in the processor's cache."""
    for start in range(0, count, CHUNK_ROWS):
        yield slice(start, min(start + CHUNK_ROWS, count))


def measure_texture(colours: np.ndarray, hole: np.ndarray, side: int) -> np.ndarray:
    """Return the mean absolute slopes of known pixels in windows of `side`, float32 (H, W, 2)."""
    grey = colours.mean(2)
    slopes = []
    for axis in (1, 0):
        both_known = ~(hole | np.roll(hole, 1, axis))
        both_known.swapaxes(0, axis)[0] = False
        weight = both_known.astype(np.float32)
        slope = np.abs(grey - np.roll(grey, 1, axis)) * weight
        mean = cv2.blur(slope, (side, side)) / np.maximum(cv2.blur(weight, (side, side)), 1e-6)
        slopes.append(mean)
    return np.dstack(slopes).astype(np.float32)


def _sum_pairs(field: np.ndarray) -> np.ndarray:
    """Sums over squares of two by two pixels; those at an odd edge are smaller."""
    height, width = field.shape[:2]
    even = np.pad(field, ((0, height % 2), (0, width % 2)) + ((0, 0),) * (field.ndim - 2))
    sums: np.ndarray = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return sums


def _pad(field: np.ndarray) -> np.ndarray:
    return np.pad(field, PAD)


def _dilate(places: np.ndarray, side: int) -> np.ndarray:
    return cv2.dilate(places.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)


def _gather_rows(positions: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    rows = np.full(shape[0] * shape[1], -1, np.int32)
    rows[positions] = np.arange(len(positions), dtype=np.int32)
    return rows
