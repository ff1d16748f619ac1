"""The sides of a quadrilateral, laid onto the edges of the picture beside them.

Corners are float (4, 2), pixels (x, y) of the middles of pixels, clockwise as they are seen; side i goes from corner i
to the next.
"""

from dataclasses import dataclass

import cv2
import numpy as np

PROFILES = 64  # lines across each side
ENDS = 0.04  # of a side, left out at both ends: corners are worn, bent or round
PEAKS = 4  # steepest places of a profile that are looked at
TRIES = 200  # pairs of places through which a side is tried
TOLERANCE = 1.2  # pixels around a tried side
OUTER_SUPPORT, OUTER_STRENGTH = 0.8, 0.4  # of the best side's: an outer side with so much is taken instead
ON_EDGE = 2.5  # pixels from the picture's edge within which a side lies on it


@dataclass(frozen=True)
class Side:
    """A side as found: `ends` (2, 2); `support`, the share of profiles with an edge on it; `contrast` in levels
    per pixel. `is_on_edge`: it lies along the edge of the picture itself.
    """

    ends: np.ndarray
    support: float
    contrast: float
    is_on_edge: bool = False


def order_corners(corners: np.ndarray) -> np.ndarray:
    """Return corners (4, 2) clockwise as they are seen, the one nearest the upper left first."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ordered = corners[np.argsort(angles)]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def fit_sides(lab: np.ndarray, corners: np.ndarray, reach: float, least: float) -> list[Side]:
    """Return the four sides, laid onto the outermost edges of float32 (H, W, 3) within `reach` pixels of them.

    least: levels per pixel from which on a place counts as an edge.
    """
    return [_fit_side(lab, corners[index], corners[(index + 1) % 4], reach, least) for index in range(4)]


def intersect_sides(sides: list[np.ndarray]) -> np.ndarray | None:
    """Return the corners (4, 2) where sides, given by their ends (2, 2), meet; None where two of them do not."""
    corners = []
    for index in range(4):
        before, after = sides[index - 1], sides[index]
        along, other = before[1] - before[0], after[1] - after[0]
        area = along[0] * other[1] - along[1] * other[0]
        if abs(area) <= 0.2 * np.linalg.norm(along) * np.linalg.norm(other):
            return None
        between = after[0] - before[0]
        corners.append(before[0] + along * (between[0] * other[1] - between[1] * other[0]) / area)
    return np.array(corners)


def _fit_side(lab: np.ndarray, start: np.ndarray, end: np.ndarray, reach: float, least: float) -> Side:
    height, width = lab.shape[:2]
    for axis, last in ((0, width - 1), (1, height - 1)):
        for edge in (0, last):
            if abs(start[axis] - edge) <= ON_EDGE and abs(end[axis] - edge) <= ON_EDGE:
                ends = np.array([start, end], float)
                ends[:, axis] = edge + (0.5 if edge else -0.5)
                return Side(ends, 1.0, 0.0, True)
    along = end - start
    length = float(np.linalg.norm(along))
    normal = np.array([along[1], -along[0]]) / max(length, 1e-6)  # outwards, where corners go clockwise
    parts = np.linspace(ENDS, 1 - ENDS, PROFILES)
    offsets = np.arange(-np.ceil(reach), np.ceil(reach) + 1)
    steepness = _measure_profiles(lab, start + parts[:, None] * along, normal, offsets)
    places, strengths = _find_peaks(steepness, offsets, least)
    line = _find_line(parts, places, strengths)
    if line is None:
        return Side(np.array([start, end]), 0.0, 0.0)
    near = np.abs(places - (line[0] + line[1] * (parts - 0.5))[:, None])
    best = near.argmin(axis=1)
    rows = np.flatnonzero(near[np.arange(PROFILES), best] <= TOLERANCE)
    ends_at = _follow(parts, places, strengths, line, rows, best)
    ends = np.array([start, end]) + ends_at[:, None] * normal
    return Side(ends, len(rows) / PROFILES, float(np.median(strengths[rows, best[rows]])))


def _measure_profiles(lab: np.ndarray, points: np.ndarray, normal: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return how steep the picture is across a side, float32 (profiles, offsets), in levels per pixel."""
    where = points[:, None] + offsets[None, :, None] * normal
    values = cv2.remap(
        lab,
        where[:, :, 0].astype(np.float32),
        where[:, :, 1].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    smooth = cv2.GaussianBlur(values, (1, 3), 0.8)
    change = np.zeros_like(smooth)
    change[:, 1:-1] = (smooth[:, 2:] - smooth[:, :-2]) / 2
    return np.asarray(np.sqrt((change**2).sum(axis=2)))


def _find_peaks(steepness: np.ndarray, offsets: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the steepest places of each profile to parts of a pixel, (profiles, PEAKS), infinite where there is none.

    With them their strengths, levels per pixel.
    """
    middle, before, after = steepness[:, 1:-1], steepness[:, :-2], steepness[:, 2:]
    is_peak = (middle >= before) & (middle > after) & (middle > least)
    strengths = np.where(is_peak, middle, 0)
    order = np.argsort(-strengths, axis=1)[:, :PEAKS]
    rows = np.arange(len(steepness))[:, None]
    bend = before - 2 * middle + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.minimum(bend, -1e-6), 0)
    places = offsets[1:-1][order] + np.clip(shift[rows, order], -0.5, 0.5)
    chosen = strengths[rows, order]
    return np.where(chosen > 0, places, np.inf), chosen


def _find_line(parts: np.ndarray, places: np.ndarray, strengths: np.ndarray) -> tuple[float, float] | None:
    """Return offset and slope of the outermost line through the peaks of many profiles; None where there is none."""
    random = np.random.default_rng(0)
    has_peak = np.flatnonzero(np.isfinite(places[:, 0]))
    if len(has_peak) < PROFILES // 4:
        return None
    one, two = random.choice(has_peak, (2, TRIES))
    counts = np.isfinite(places).sum(axis=1)
    first = places[one, random.integers(0, counts[one])]
    second = places[two, random.integers(0, counts[two])]
    apart = parts[two] - parts[one]
    usable = np.abs(apart) > 0.15
    if not usable.any():
        return None
    slopes = (second - first)[usable] / apart[usable]
    middles = first[usable] + slopes * (0.5 - parts[one][usable])
    tried = (middles[:, None] + slopes[:, None] * (parts - 0.5)).astype(np.float32)
    distance = np.abs(places.astype(np.float32)[None] - tried[:, :, None])
    hits = distance.min(axis=2) <= TOLERANCE
    support = hits.sum(axis=1)
    well = np.flatnonzero(support >= OUTER_SUPPORT * support.max())  # only these are compared further
    middles, slopes, support, hits, distance = (each[well] for each in (middles, slopes, support, hits, distance))
    power = strengths[np.arange(len(parts)), distance.argmin(axis=2)]
    power = (power * hits).sum(axis=1) / np.maximum(support, 1)
    best = int(np.argmax(support + 1e-3 * np.minimum(power, 100)))
    good = power >= OUTER_STRENGTH * power[best]
    farthest = int(np.argmax(np.where(good, middles, -np.inf)))
    chosen = farthest if middles[farthest] > middles[best] + 2 * TOLERANCE else best
    return float(middles[chosen]), float(slopes[chosen])


def _follow(
    parts: np.ndarray,
    places: np.ndarray,
    strengths: np.ndarray,
    line: tuple[float, float],
    rows: np.ndarray,
    best: np.ndarray,
) -> np.ndarray:
    """Return the offsets of a side's ends, (2,), by least squares."""
    t, offset = parts[rows], places[rows, best[rows]]
    if len(rows) < 8:
        return np.array([line[0] - line[1] / 2, line[0] + line[1] / 2])
    factors = np.polyfit(t - 0.5, offset, 1, w=np.sqrt(np.minimum(strengths[rows, best[rows]], 30)))
    return np.array([np.polyval(factors, -0.5), np.polyval(factors, 0.5)])
