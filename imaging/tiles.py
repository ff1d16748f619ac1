"""A network over a picture of any size: overlapping tiles, blended, in bounded memory.

Neighbouring tiles are joined with raised-cosine ramps (Hann) that sum to exactly one across each overlap, so
no seam shows even where the tiles disagree. Only one row of tiles is held in floating point; finished rows
leave as 8-bit pixels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from imaging.tensors import pad_to_multiple, to_pixels, to_tensor

MIN_TILE = 128


class TiledNetwork(Protocol):
    """A loaded network and its size rule: float32 (1, 3, h, w) in [0, 1] -> the same, or larger by its factor."""

    multiple_of: int
    minimum_side: int
    device: str

    def __call__(self, tensor: Tensor, method: str = "forward") -> Tensor: ...


@dataclass(frozen=True)
class Span:
    """One tile along one axis: pixels [start, stop), with the lengths of its overlaps before and after."""

    start: int
    stop: int
    before: int
    after: int

    def scale(self, factor: int) -> "Span":
        """Return the span of the same places in a picture that is larger by the factor."""
        return Span(self.start * factor, self.stop * factor, self.before * factor, self.after * factor)

    def compute_window(self) -> Tensor:
        """float32 (stop - start,): one, with a rising and a falling ramp where neighbours overlap."""
        window = torch.ones(self.stop - self.start)
        if self.before:
            window[: self.before] = _make_ramp(self.before)
        if self.after:
            window[-self.after :] = 1 - _make_ramp(self.after)
        return window


def run_tiled(
    pixels: np.ndarray,
    function: Callable[[Tensor], Tensor],
    *,
    tile: int = 512,
    overlap: int = 64,
    multiple_of: int = 1,
    minimum_side: int = 1,
    scale: int = 1,
    device: str | torch.device = "cpu",
    report: Callable[[float], None] = lambda share: None,
    begun: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Return `function` of uint8 (H, W, 3) `pixels`, as uint8 (scale * H, scale * W, 3).

    function: float32 (1, 3, h, w) in [0, 1], h and w obeying the size rule -> (1, 3, scale * h, scale * w).
    tile: longest side of a tile; overlap: the least overlap of two neighbours, at most a quarter of it.
    report: gets the share done, in (0, 1], after each tile; what it raises ends the run.
    begun: is told that a run begins. When memory runs out the tile is halved and the run begins again; `report` never
    goes back. At the smallest tile the error is raised on.
    """
    if not 0 <= overlap <= tile // 4 or tile < 24 * multiple_of:
        raise ValueError("a tile must be at least 4 overlaps and 24 multiples long")
    furthest = 0.0

    def forward_only(share: float) -> None:
        nonlocal furthest
        furthest = max(furthest, share)
        report(furthest)

    while True:
        begun()
        try:
            return _run(pixels, function, tile, overlap, (multiple_of, minimum_side, scale), device, forward_only)
        except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
            if not _is_out_of_memory(error) or tile // 2 < max(MIN_TILE, 24 * multiple_of):
                raise
        tile, overlap = tile // 2, min(overlap, tile // 8)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def cut_spans(side: int, tile: int, overlap: int, multiple_of: int) -> list[Span]:
    """Cut `side` pixels into equal tiles of at most `tile`, starting on multiples of `multiple_of`.

    Tiles are made no larger than needed, so that little is computed twice. Counted in units of `multiple_of`.
    """
    if side <= tile:
        return [Span(0, side, 0, 0)]
    units, shared = -(-side // multiple_of), -(-overlap // multiple_of)
    count = math.ceil((units - shared) / (tile // multiple_of - shared))
    size = math.ceil((units + (count - 1) * shared) / count)
    starts = [round(i * (units - size) / (count - 1)) * multiple_of for i in range(count)]
    stops = [min(side, start + size * multiple_of) for start in starts]
    overlaps = [stop - start for stop, start in zip(stops[:-1], starts[1:], strict=True)]
    return [Span(*span) for span in zip(starts, stops, [0, *overlaps], [*overlaps, 0], strict=True)]


def _run(
    pixels: np.ndarray,
    function: Callable[[Tensor], Tensor],
    tile: int,
    overlap: int,
    rule: tuple[int, int, int],
    device: str | torch.device,
    report: Callable[[float], None],
) -> np.ndarray:
    """`rule`: that of `run_tiled`, the multiple, the minimum side and the scale."""
    scale = rule[2]
    rows = cut_spans(pixels.shape[0], tile, overlap, rule[0])
    columns = cut_spans(pixels.shape[1], tile, overlap, rule[0])
    height, width = (side * scale for side in pixels.shape[:2])
    result = np.empty((height, width, 3), np.uint8)
    carried = None  # the part of the row above that this row of tiles still overlaps
    for row_index, row in enumerate(rows):
        placed = row.scale(scale)
        band = torch.zeros(1, 3, placed.stop - placed.start, width)
        if carried is not None:
            band[:, :, : placed.before] = carried
        down = placed.compute_window()[:, None]
        for column_index, column in enumerate(columns):
            source = to_tensor(pixels[row.start : row.stop, column.start : column.stop], device)
            output = _run_padded(source, function, rule).cpu()
            across = column.scale(scale)
            band[:, :, :, across.start : across.stop] += output * (down * across.compute_window())
            report((row_index * len(columns) + column_index + 1) / (len(rows) * len(columns)))
        finished = placed.stop - placed.start - placed.after
        result[placed.start : placed.start + finished] = to_pixels(band[:, :, :finished])
        carried = band[:, :, finished:].clone() if row.after else None
    return result


def _run_padded(source: Tensor, function: Callable[[Tensor], Tensor], rule: tuple[int, int, int]) -> Tensor:
    *size_rule, scale = rule
    height, width = (side * scale for side in source.shape[-2:])
    return function(pad_to_multiple(source, *size_rule))[:, :, :height, :width].float()


def _make_ramp(length: int) -> Tensor:
    places = (torch.arange(length, dtype=torch.float32) + 0.5) / length
    return 0.5 - 0.5 * torch.cos(math.pi * places)


def _is_out_of_memory(error: BaseException) -> bool:
    said = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        "out of memory" in said or "can't allocate memory" in said or "cannot allocate memory" in said
    )
