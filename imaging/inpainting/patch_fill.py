"""Filling a hole with patches from the rest of the picture: no network, no weights.

Wexler, Shechtman, Irani: "Space-Time Completion of Video", PAMI 2007 (coarse to fine; each pixel of the hole is voted
for by the sources of all patches that cover it); Newson, Almansa, Gousseau, Perez: "Non-Local Patch-Based Image
Inpainting", IPOL 2017 (texture beside colour, the start from the rim inwards); nearest sources by PatchMatch.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from imaging.inpainting import onion_peel
from imaging.inpainting.patch_match import Field, Search
from imaging.inpainting.patch_voting import SOFT, collect_votes, fill_full_size
from imaging.inpainting.patches import PAD, Level, Planes, measure_texture

RADIUS = 3
COARSEST_HOLE = 14  # pixels across: the hole is halved until it is about so thick, two patches
MAX_PIXELS, MAX_TARGETS = 2.5e6, 4e5  # searched at no more; larger holes get their detail from the full size
MIN_LEVELS = 2  # even a scratch is first looked at from afar
MIN_SOURCES = 60
WITHHELD_CELLS, WITHHELD_SHARE = 6, 0.4  # for alternatives: cells across the picture, and how many are withheld
ENOUGH_CHANGE = 0.001  # of 1: when the colours move less in a round, more rounds are not worth their time


class NoSource(ValueError):
    """Nothing in the picture can be copied from: no patch of known pixels."""


def fill_with_patches(
    rgb: np.ndarray,
    hole: np.ndarray,
    seed: int = 0,
    barred: np.ndarray | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Return uint8 (H, W, 3) `rgb` with the `hole`, bool (H, W), filled; all other pixels are the same.

    seed: 0 starts from the best that the whole picture has; with another number some of it is withheld from the
    start, and it picks among what is good: alternatives, the same for the same number.
    barred: bool (H, W), known pixels that must not be copied. report: gets the share done, in (0, 1].
    Raises NoSource.
    """
    random = np.random.default_rng(seed)
    barred = hole if barred is None else barred | hole
    factor, planes = _build_search(rgb, hole, barred)
    levels = _build_pyramid(planes, random if seed else None)
    shares = iter(_split_progress(levels))
    coarsest = len(levels) - 1
    for number in range(coarsest, -1, -1):
        level = levels[number]
        search = Search(level, random)
        if number == coarsest:
            onion_peel.start(level, random, seed != 0)
            field = search.draw_field()
        else:
            field = _enlarge_field(field, levels[number + 1], level, random)
            level.values[level.hole] = collect_votes(level, field, level.hole, SOFT)
            levels.pop()
        _settle(level, field, search, number == 0, partial(_tell, report, *next(shares)))
    result = fill_full_size(rgb, hole, levels[0], field, factor)
    report(1.0)
    return result


def _tell(report: Callable[[float], None], begin: float, length: float, share: float) -> None:
    report(begin + share * length)


def _build_search(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray) -> tuple[int, Planes]:
    """Return by how much the picture is reduced for the search, a power of two, and the finest planes."""
    factor = 1
    while hole.size > MAX_PIXELS * factor**2 or hole.sum() > MAX_TARGETS * factor**2:
        factor *= 2
    height, width = (-(-side // factor) * factor for side in hole.shape)
    extra = (0, height - hole.shape[0]), (0, width - hole.shape[1])
    barred = np.pad(barred, extra, constant_values=True)
    hole = np.pad(hole, extra, mode="edge")
    rgb = np.pad(rgb, (*extra, (0, 0)), mode="edge")
    if factor > 1:
        size = width // factor, height // factor
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        hole, barred = (
            cv2.resize(places.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 1e-6
            for places in (hole, barred)
        )
    colours = rgb.astype(np.float32) / 255
    side = 2 ** max(2, round(np.log2(max(measure_thickness(hole), 4) / COARSEST_HOLE)) + 2) + 1
    return factor, Planes(colours, measure_texture(colours, hole, side), hole, barred)


def _build_pyramid(planes: Planes, varied: np.random.Generator | None) -> list[Level]:
    """Return the levels, finest first; with `varied` the coarsest has fewer sources, drawn at random."""
    finest = _find_finest_level(planes)
    levels, radius = [finest], finest.radius
    across = measure_thickness(planes.hole)
    while across > COARSEST_HOLE or len(levels) < MIN_LEVELS:
        smaller = planes.halve()
        if min(smaller.hole.shape) < 2 * radius + 1:
            break
        level = Level(smaller, radius)
        if len(level.sources) < MIN_SOURCES:
            break
        planes = smaller
        levels.append(level)
        across /= 2
    if varied is not None and len(levels) > 1:
        cells = varied.random((WITHHELD_CELLS, WITHHELD_CELLS)) < WITHHELD_SHARE
        withheld = cv2.resize(cells.astype(np.uint8), planes.hole.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        fewer = Level(replace(planes, barred=planes.barred | withheld), radius)
        if len(fewer.sources) >= MIN_SOURCES:
            levels[-1] = fewer
    return levels


def _find_finest_level(planes: Planes) -> Level:
    """Return the level of these planes with the largest patches of which enough are known."""
    radius = min(RADIUS, (min(planes.hole.shape) - 1) // 2)
    while radius >= 0:
        level = Level(planes, radius)
        if len(level.sources) >= (MIN_SOURCES if radius else 1):
            return level
        radius -= 1
    raise NoSource("nothing of the picture may be copied")


def measure_thickness(hole: np.ndarray) -> float:
    """Return how thick the hole is at its thickest, in pixels; it goes on beyond the border."""
    bordered = np.pad(hole, 1, "edge").astype(np.uint8)
    if bordered.all():
        return float(max(hole.shape))
    return 2 * float(cv2.distanceTransform(bordered, cv2.DIST_L2, cv2.DIST_MASK_5).max())


def _split_progress(levels: list[Level]) -> list[tuple[float, float]]:
    """Return for each level, coarsest first, where its part of the progress begins and how long it is."""
    costs = np.array([len(level.targets) + 2000.0 for level in reversed(levels)])
    lengths = costs / costs.sum() * 0.95
    return list(zip(np.cumsum(lengths) - lengths, lengths, strict=True))


def _settle(level: Level, field: Field, search: Search, finest: bool, report: Callable[[float], None]) -> None:
    """Search and vote in turn until the hole's colours stay."""
    rounds = 12 if search.exact else 3 if finest else 6
    for number in range(rounds):
        before = level.values[level.hole, :3]
        search.improve(field, 2, None if number == 0 else 32)
        level.values[level.hole] = collect_votes(level, field, level.hole, SOFT)
        report((number + 1) / rounds)
        if np.abs(before - level.values[level.hole, :3]).mean() < ENOUGH_CHANGE:
            break
    search.improve(field, 1, 8)


def _enlarge_field(field: Field, coarse: Level, fine: Level, random: np.random.Generator) -> Field:
    """Return the field at twice the size; a source that is none there is replaced by any."""
    radius = fine.radius
    (height, width), (coarse_height, coarse_width) = fine.size, coarse.size
    down, across = fine.targets // fine.stride - PAD, fine.targets % fine.stride - PAD
    above = np.clip(down // 2, radius, coarse_height - radius - 1)
    left = np.clip(across // 2, radius, coarse_width - radius - 1)
    rows = coarse.target_rows[(above + PAD) * coarse.stride + left + PAD]
    found = field.sources[rows]
    down = np.clip((found // coarse.stride - PAD) * 2 + down - 2 * above, radius, height - radius - 1)
    across = np.clip((found % coarse.stride - PAD) * 2 + across - 2 * left, radius, width - radius - 1)
    sources = (down + PAD) * fine.stride + across + PAD
    lost = (rows < 0) | (fine.source_rows[sources] < 0)
    sources[lost] = fine.sources[random.integers(len(fine.sources), size=int(lost.sum()))]
    distances = field.distances[rows]
    distances[lost] = distances.max() * 4
    return Field(sources, distances)
