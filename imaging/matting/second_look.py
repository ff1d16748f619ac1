"""A second look at people whom the first look at a photo saw faintly or small: each again, in a crop around them.

The network learnt from people who fill the frame. In a crop they do.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

MAX_CROPS = 3
SEEN = 0.1  # of the soft mask: what is fainter is no candidate
MIN_SHARE = 0.002  # of the mask, of a candidate
ISLAND_SHARE = 0.05  # of the largest candidate: smaller ones are no people (`matte.drop_islands`)
PADDING = 0.15  # of a candidate's longer side, all around it
MIN_CROP_PIXELS = 48  # a crop of fewer has nothing to show
SURE, TALL = 0.85, 0.6  # mean of the soft mask, and part of the photo's height: so a person is known already
WIDEST = 1.15  # times as wide as high: a crop of the whole height shows a square, as a first look in squares does
LARGE = 0.6  # of the photo: a crop of more shows hardly more than a first look at the whole
SAME = 0.8  # of the smaller of two crops that the other covers: they show the same
SOFT_EDGE = 0.08  # of a crop's side: there its output passes into what was known
MAX_MASK_SIDE = 1024  # pixels of the merged mask
TILE_SHARE, TILES_ACROSS = 0.55, 3  # of the photo's height; no more than about so many beside each other
TILE_STEP = 0.85  # of a tile's side, at most, from one to the next
MAX_TILES = 8

IsShown = Callable[[tuple[int, int], tuple[int, int]], bool]  # of a part and of its photo, each (height, width)


class Box(NamedTuple):
    """A part of a photo in pixels; right and bottom lie outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left


def cut_tiles(size: tuple[int, int]) -> list[Box]:
    """Return overlapping squares that cover a photo of `size` (height, width) in which the first look saw nobody.

    None for a strip so long that they would be too many.
    """
    height, width = size
    side = min(height, width, max(round(TILE_SHARE * height), width // TILES_ACROSS))
    boxes = [
        Box(top, left, top + side, left + side)
        for top in _list_starts(height, side)
        for left in _list_starts(width, side)
    ]
    return boxes if len(boxes) <= MAX_TILES else []


def join(size: tuple[int, int], boxes: Sequence[Box], outputs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mask, float32 (h, w) in [0, 1], of what was seen in tiles of a photo of `size`, each (s, s)."""
    scale = max(output.shape[0] for output in outputs) / max(box.size[0] for box in boxes)
    return merge(np.zeros([max(1, round(side * scale)) for side in size], np.float32), size, boxes, outputs)


def is_shown_in_squares(part: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether squares of the whole height show a part (height, width) of a photo of `size` as large as a crop does."""
    return part[0] == size[0] and part[1] >= min(size[1], WIDEST * size[0])


def is_shown_in_whole(part: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether the whole photo shows that part nearly as large."""
    return part[0] * part[1] > LARGE * size[0] * size[1]


def find_crops(mask: np.ndarray, size: tuple[int, int], is_shown: IsShown = is_shown_in_squares) -> list[Box]:
    """Return at most MAX_CROPS parts of a photo of `size` (height, width) that are worth a second look.

    mask: float32 (h, w) in [0, 1], what the first look saw, whatever its proportions. Each region of it that is not
    surely a person already is a candidate; the one with the most in it comes first. is_shown(part, size): whether the
    first look showed a part of these sides nearly as large as a crop would.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > SEEN).astype(np.uint8))
    if count == 1:
        return []
    mass = np.bincount(labels.ravel(), mask.ravel(), count)
    areas = stats[:, cv2.CC_STAT_AREA]
    enough = max(MIN_SHARE * mask.size, ISLAND_SHARE * areas[1:].max())
    crops: list[Box] = []
    for region in sorted(range(1, count), key=lambda region: -mass[region]):
        left, top, width, height, area = stats[region]
        is_known = mass[region] > SURE * area and height > TALL * mask.shape[0]
        if area < enough or is_known:
            continue
        crop = _make_box_around(Box(top, left, top + height, left + width), mask.shape, size)
        if not is_shown(crop.size, size) and not any(_is_same(crop, other) for other in crops):
            crops.append(crop)
    return crops[:MAX_CROPS]


def merge(
    mask: np.ndarray,
    size: tuple[int, int],
    crops: Sequence[Box],
    outputs: Sequence[np.ndarray],
    keeps_first: bool = True,
) -> np.ndarray:
    """Return the mask, float32 (h, w) in [0, 1], with what the second look said of the crops of a photo of `size`.

    The result is large enough to hold the detail of the outputs, each float32 (s, s), but no side is over
    MAX_MASK_SIDE. A crop counts fully inside and fades out towards those of its edges that are not the photo's. With
    `keeps_first` what the first look saw stays where it is the greater.
    """
    if not crops:
        return mask
    details = (output.shape[0] / crop.size[0] for crop, output in zip(crops, outputs, strict=True))
    finest = max(details) * size[0] / mask.shape[0]
    scale = max(1.0, min(finest, MAX_MASK_SIDE / max(mask.shape)))
    height, width = round(mask.shape[0] * scale), round(mask.shape[1] * scale)
    merged = resize(mask, (height, width))
    for crop, output in zip(crops, outputs, strict=True):
        rows = slice(crop.top * height // size[0], -(-crop.bottom * height // size[0]))
        columns = slice(crop.left * width // size[1], -(-crop.right * width // size[1]))
        known = merged[rows, columns]
        weight = _make_weights(known.shape, crop, size)
        closer = resize(output, known.shape)
        merged[rows, columns] = known + weight * ((np.maximum(known, closer) if keeps_first else closer) - known)
    return merged


def _list_starts(length: int, side: int) -> list[int]:
    steps = math.ceil((length - side) / (TILE_STEP * side))
    return [round(step * (length - side) / max(1, steps)) for step in range(steps + 1)]


def _make_box_around(region: Box, shape: tuple[int, int], size: tuple[int, int]) -> Box:
    """Return the crop of a photo of `size` around a region of a mask of `shape`."""
    down, across = size[0] / shape[0], size[1] / shape[1]
    height, width = region.size[0] * down, region.size[1] * across
    side = max(MIN_CROP_PIXELS, (1 + 2 * PADDING) * max(height, width))
    tall, wide = min(size[0], round(side)), min(size[1], round(side))
    top = round((region.top + region.bottom) / 2 * down - tall / 2)
    left = round((region.left + region.right) / 2 * across - wide / 2)
    top, left = min(max(top, 0), size[0] - tall), min(max(left, 0), size[1] - wide)
    return Box(top, left, top + tall, left + wide)


def _is_same(one: Box, other: Box) -> bool:
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    width = min(one.right, other.right) - max(one.left, other.left)
    smaller = min(one.size[0] * one.size[1], other.size[0] * other.size[1])
    return max(height, 0) * max(width, 0) > SAME * smaller


def _make_weights(shape: tuple[int, int], crop: Box, size: tuple[int, int]) -> np.ndarray:
    """Return how much a crop counts, float32 `shape` in [0, 1]."""
    down = _make_ramp(shape[0], crop.top > 0, crop.bottom < size[0])
    across = _make_ramp(shape[1], crop.left > 0, crop.right < size[1])
    weight: np.ndarray = np.minimum(down[:, None], across[None])
    return weight


def _make_ramp(length: int, rises: bool, falls: bool) -> np.ndarray:
    places = (np.arange(length, dtype=np.float32) + 0.5) / (SOFT_EDGE * length)
    ramp = np.ones(length, np.float32)
    if rises:
        ramp = np.minimum(ramp, places)
    return np.minimum(ramp, places[::-1]) if falls else ramp


def resize(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a soft mask, float32 (h, w) in [0, 1], at another `shape`."""
    if mask.shape == shape:
        return mask.copy()
    return np.clip(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_LINEAR), 0, 1)
