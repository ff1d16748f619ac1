"""A large picture with holes, worked on piece by piece: the hole of each piece, and enough of the picture around it.

Whatever fills a hole sees a crop with a margin as wide as the hole is thick, never the whole of a large picture. Specks
that lie together share a crop; long thin holes, such as scratches, are cut into several.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

WINDOW = 512  # pixels; holes that are larger without being thick are cut along a grid of such cells
BULKY = 0.25  # a hole at least so thick, in parts of its longer side, is never cut
MIN_MARGIN = 96
MARGIN_THICKNESSES = 1.5

# fill(rgb uint8 (h, w, 3), hole bool (h, w), barred bool (h, w), report) -> uint8 (h, w, 3)
Fill = Callable[[np.ndarray, np.ndarray, np.ndarray, Callable[[float], None]], np.ndarray]


@dataclass(frozen=True)
class Region:
    """core: rows and columns in which a piece of the hole lies; piece: bool, that piece; crop: core with margin."""

    core: tuple[slice, slice]
    piece: np.ndarray
    crop: tuple[slice, slice]
    margin: int


def fill_by_regions(
    rgb: np.ndarray,
    hole: np.ndarray,
    barred: np.ndarray,
    fill: Fill,
    report: Callable[[float], None],
    missing: np.ndarray | None = None,
) -> np.ndarray:
    """Return `rgb`, uint8 (H, W, 3), filled piece by piece where `hole`, bool (H, W), is True.

    A later piece sees the earlier ones filled, and fits itself to them, but copies nothing from them, nor from
    `barred`, bool (H, W). All other pixels are the same. report: gets the share done, in (0, 1]. missing: bool (H, W),
    the hole and what else there is to be filled, but not now: nothing looks at it.
    """
    result, missing = rgb.copy(), (hole if missing is None else missing).copy()
    barred = barred | missing
    pieces = list(cut_regions(hole))
    costs = np.array([region.piece.sum() + 5000.0 for region in pieces])
    ends = np.cumsum(costs) / max(costs.sum(), 1)
    for region, end, cost in zip(pieces, ends, costs / max(costs.sum(), 1), strict=True):
        crop, core = region.crop, region.core
        here = missing[crop]
        far = ~_find_near(here, region.margin)
        filled = fill(
            result[crop],
            here,
            barred[crop] | far,
            partial(_tell, report, end - cost, cost),
        )
        inner = tuple(slice(c.start - w.start, c.stop - w.start) for c, w in zip(core, crop, strict=True))
        result[core][region.piece] = filled[inner][region.piece]
        missing[core][region.piece] = False
    report(1.0)
    return result


def _tell(report: Callable[[float], None], begin: float, length: float, share: float) -> None:
    report(min(1.0, begin + share * length))


def cut_regions(hole: np.ndarray) -> Iterator[Region]:
    """Cut a hole, bool (H, W), into pieces that together are the whole of it."""
    labels, spans = _label_regions(hole)
    depth = cv2.distanceTransform(np.pad(hole, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]
    cells: dict[tuple[int, int], list[tuple[int, slice, slice]]] = {}
    for number, rows, columns, cell in spans:
        if cell is not None:
            cells.setdefault(cell, []).append((number, rows, columns))
            continue
        longest = max(rows.stop - rows.start, columns.stop - columns.start)
        thick = 2 * float(depth[rows, columns][labels[rows, columns] == number].max())
        if thick >= BULKY * longest:
            yield _make_region([(number, rows, columns)], labels, depth)
        else:
            for cell, tall, wide in _cut(number, rows, columns, max(WINDOW, round(4 * thick)), labels):
                cells.setdefault(cell, []).append((number, tall, wide))
    for parts in cells.values():
        yield _make_region(parts, labels, depth)


def _label_regions(hole: np.ndarray) -> tuple[np.ndarray, list[tuple[int, slice, slice, tuple[int, int] | None]]]:
    """Return labels, int32 (H, W), and (label, rows, columns, cell of the grid) in the order of their first pixels.

    A hole that is larger than a cell has a label of its own, and None for its cell. All smaller ones whose middles are
    in one cell share a label: a mask may hold millions of specks, which must not cost an object each.
    """
    count, labels = cv2.connectedComponents(hole.astype(np.uint8), connectivity=8)
    top, bottom, left, right = _find_boxes(labels, count)
    across = hole.shape[1] // WINDOW + 1
    names = count + (top + bottom) // 2 // WINDOW * across + (left + right) // 2 // WINDOW
    names = np.where(np.maximum(bottom - top, right - left) <= WINDOW, names, np.arange(count, dtype=np.int32))
    names[0] = 0
    spans = []
    for name, first in sorted(zip(*np.unique(names[1:], return_index=True), strict=True), key=lambda pair: pair[1]):
        mine = names == name if name >= count else slice(first + 1, first + 2)
        rows = slice(int(top[mine].min()), int(bottom[mine].max()))
        columns = slice(int(left[mine].min()), int(right[mine].max()))
        spans.append((int(name), rows, columns, divmod(int(name) - count, across) if name >= count else None))
    return names[labels], spans


def _find_boxes(labels: np.ndarray, count: int) -> np.ndarray:
    """Return where each label begins and ends, (4, count): top, bottom, left, right, the ends exclusive.

    OpenCV's own statistics take half a kilobyte a label and thread.
    """
    top, left = np.full((2, count), max(labels.shape), np.int32)
    bottom, right = np.zeros((2, count), np.int32)
    for row, line in enumerate(labels):
        columns = np.flatnonzero(line)
        found = line[columns]
        np.minimum.at(top, found, row)
        bottom[found] = row + 1
        np.minimum.at(left, found, columns)
        np.maximum.at(right, found, columns + 1)
    return np.stack([top, bottom, left, right])


def _cut(
    number: int, rows: slice, columns: slice, side: int, labels: np.ndarray
) -> Iterator[tuple[tuple[int, int], slice, slice]]:
    """Yield ((row, column) of the grid, rows, columns) for each cell in which the hole of this number has a part."""
    for top in range(rows.start - rows.start % side, rows.stop, side):
        for left in range(columns.start - columns.start % side, columns.stop, side):
            tall = slice(max(top, rows.start), min(top + side, rows.stop))
            wide = slice(max(left, columns.start), min(left + side, columns.stop))
            if (labels[tall, wide] == number).any():
                # Keyed by the middle in the grid of WINDOW, so that specks near by share the crop.
                yield ((top + side // 2) // WINDOW, (left + side // 2) // WINDOW), tall, wide


def _make_region(parts: list[tuple[int, slice, slice]], labels: np.ndarray, depth: np.ndarray) -> Region:
    rows = slice(min(part[1].start for part in parts), max(part[1].stop for part in parts))
    columns = slice(min(part[2].start for part in parts), max(part[2].stop for part in parts))
    piece = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    for number, tall, wide in parts:
        inner = (
            slice(tall.start - rows.start, tall.stop - rows.start),
            slice(wide.start - columns.start, wide.stop - columns.start),
        )
        piece[inner] |= labels[tall, wide] == number
    thick = 2 * float(depth[rows, columns][piece].max())
    margin = max(MIN_MARGIN, round(MARGIN_THICKNESSES * thick))
    tall, wide = (
        slice(max(0, span.start - margin), min(length, span.stop + margin))
        for span, length in zip((rows, columns), labels.shape, strict=True)
    )
    return Region((rows, columns), piece, (tall, wide), margin)


def _find_near(hole: np.ndarray, margin: int) -> np.ndarray:
    """Return what lies no further than `margin` from the hole, bool (H, W)."""
    return cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3) <= margin
