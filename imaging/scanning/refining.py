"""The corners of a print to parts of a pixel: its edge is followed along each side, not the edge of its shadow.

Many profiles across a side are joined to the median of each of a few stretches, so that noise, dust and what the
picture shows near its edge hardly count. Through the edges of the stretches goes a line, or a parabola where the print
is bent. Corners are float (4, 2), pixels (x, y) of the middles of pixels, clockwise as they are seen.
"""

from dataclasses import dataclass

import cv2
import numpy as np

STRETCHES, PER_STRETCH = 12, 10  # of a side; profiles in each
ENDS = 0.03  # of a side, left out at both ends
STEP = 0.5  # pixels between the samples of a profile
REACH, REACH_SHARE = 6.0, 0.006  # pixels on either side of the line, or so much of the picture's longer side
BEND = 0.015  # of a side: how far a bent one may be from the line
NEAR = 2.0  # pixels around the line that was found before, within which the edge is
OUTWARDS = 0.66  # of the reach: so far outside of that line it is looked for
MIN_APART = 0.8  # pixels between the edge of a print and that of its shadow
SHADOW = 0.55  # of the backdrop's lightness: a shadow is no darker
SHADOW_CHROMA = 8.0  # levels by which the colour of a shadow may differ from the backdrop's
MIN_STRENGTH = 0.3  # of the shadow's edge: as strong is that of the print
MAX_LINE = 3.0  # pixels from the edge to the middle of the dark line that a shadow draws
BLURRED = 0.4  # of that: so far the blur of the scan moves the edge inwards
MIN_PEAK = 0.3  # of the strongest edge of a stretch
TRIES = 150  # lines or parabolas
PEAKS = 3  # of each stretch that are looked at
TOLERANCE = 0.6  # pixels around a line or parabola within which it is supported
MIN_SUPPORT = 5  # stretches
MORE_SUPPORT = 2  # stretches that a parabola must explain beyond a line
MAX_MOVE = 3.0  # times the reach, of a corner


@dataclass(frozen=True)
class Course:
    """How far outside of the line between two corners a side runs: factors of 1, t and t^2, t from -0.5 to 0.5."""

    factors: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def find_tangent(self, t: float) -> np.ndarray:
        """Return two points, (2, 2), of the tangent at one of the ends."""
        along = self.end - self.start
        normal = np.array([along[1], -along[0]]) / np.linalg.norm(along)
        offset, slope = self.factors @ (1, t, t * t), self.factors @ (0, 1, 2 * t)
        point = self.start + (t + 0.5) * along + offset * normal
        return np.array([point, point + along + slope * normal])


def refine_corners(lab: np.ndarray, corners: np.ndarray, fixed: list[bool]) -> np.ndarray:
    """Return corners (4, 2) on the edges of a print, on float32 (H, W, 3) Lab; sides that are `fixed` stay."""
    reach = max(REACH, REACH_SHARE * max(lab.shape[:2]))
    found = corners
    for _ in range(2):
        courses = []
        for index in range(4):
            start, end = found[index], found[(index + 1) % 4]
            straight = Course(np.zeros(3), start, end)
            courses.append(straight if fixed[index] else _follow(lab, straight, reach))
        met = [_meet(courses[index - 1].find_tangent(0.5), courses[index].find_tangent(-0.5)) for index in range(4)]
        moved = np.array([one if two is None else two for one, two in zip(found, met, strict=True)])
        if np.abs(moved - corners).max() > MAX_MOVE * reach:
            break
        found = moved
    return found


def _meet(one: np.ndarray, two: np.ndarray) -> np.ndarray | None:
    """Return where two lines, (2, 2) each, meet; None where they hardly do."""
    along, other = one[1] - one[0], two[1] - two[0]
    area = along[0] * other[1] - along[1] * other[0]
    if abs(area) < 0.2 * np.linalg.norm(along) * np.linalg.norm(other):
        return None
    between = two[0] - one[0]
    point: np.ndarray = one[0] + along * (between[0] * other[1] - between[1] * other[0]) / area
    return point


def _follow(lab: np.ndarray, line: Course, reach: float) -> Course:
    """Return the course of the edge along a side; `line` itself where no edge is clear."""
    length = float(np.linalg.norm(line.end - line.start))
    bend = BEND * length
    offsets = np.arange(-(reach + bend), reach + bend + STEP / 2, STEP)
    values = _sample_stretches(lab, line, offsets)
    change = np.gradient(values, STEP, axis=1)
    place = _find_edge(np.median(values, axis=0), np.median(change, axis=0), offsets, reach)
    if place is None:
        return line
    direction = np.median(change, axis=0)[place]
    signal = change @ (direction / np.linalg.norm(direction))
    middles = np.linspace(ENDS, 1 - ENDS, STRETCHES * PER_STRETCH).reshape(STRETCHES, -1).mean(axis=1) - 0.5
    factors = _fit(middles, *_find_peaks(signal, offsets, float(offsets[place]), max(NEAR, bend)))
    if factors is None:
        return line
    factors[0] += _measure_blur(np.median(values, axis=0)[place:])
    return Course(factors, line.start, line.end)


def _sample_stretches(lab: np.ndarray, line: Course, offsets: np.ndarray) -> np.ndarray:
    """Return the median profile of each stretch, float32 (stretches, offsets, 3), from inside to outside."""
    along = line.end - line.start
    normal = np.array([along[1], -along[0]]) / np.linalg.norm(along)
    parts = np.linspace(ENDS, 1 - ENDS, STRETCHES * PER_STRETCH)
    where = (line.start + parts[:, None] * along)[:, None] + offsets[None, :, None] * normal
    columns, rows = (where[:, :, axis].astype(np.float32) for axis in (0, 1))
    values = cv2.remap(lab, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    values = cv2.GaussianBlur(values, (3, 1), 0.8)
    return np.asarray(np.median(values.reshape(STRETCHES, PER_STRETCH, len(offsets), 3), axis=1))


def _find_edge(values: np.ndarray, change: np.ndarray, offsets: np.ndarray, reach: float) -> int | None:
    """Return at which of the offsets the print ends; None where no edge is near 0.

    values, change: (offsets, 3), the side's own profile and its gradient.
    """
    strength = np.linalg.norm(change, axis=1)
    is_peak = np.r_[False, (strength[1:-1] >= strength[:-2]) & (strength[1:-1] > strength[2:]), False]
    near = np.flatnonzero(is_peak & (offsets >= -NEAR) & (offsets <= OUTWARDS * reach))
    if not near.size:
        return None
    outer = int(near[np.argmax(strength[near])])
    if change[outer, 0] <= 0:
        return outer
    behind = np.median(values[outer + round(2.5 / STEP) :], axis=0)
    for inner in np.flatnonzero(is_peak[:outer])[::-1]:
        if offsets[outer] - offsets[inner] > reach:
            break
        if offsets[outer] - offsets[inner] < MIN_APART or not _is_shadow(values[inner:outer], behind):
            continue
        if change[inner] @ change[outer] < 0 and strength[inner] > MIN_STRENGTH * strength[outer]:
            return int(inner)
    return outer


def _measure_blur(values: np.ndarray) -> float:
    """Return by how many pixels the edge lies farther out than it seems, since a dark line of shadow follows it.

    values: (offsets, 3), from the edge outwards.
    """
    lightness = values[: round(MAX_LINE / STEP) + 1, 0]
    darkest = int(np.argmin(lightness))
    behind = np.median(values[round(MAX_LINE / STEP) :], axis=0)
    is_line = 0 < darkest < len(lightness) - 1 and lightness[0] > lightness[darkest]
    if not is_line or not _is_shadow(values[darkest : darkest + 1], behind):
        return 0.0
    fall, rise = 2 * (lightness[0] - lightness[darkest]), behind[0] - lightness[darkest]
    return float(BLURRED * STEP * darkest * min(1.0, rise / fall))


def _is_shadow(between: np.ndarray, behind: np.ndarray) -> bool:
    """Say whether what lies between two edges, (n, 3) Lab, may be the backdrop, (3,), in shadow."""
    darkest = between[np.argmin(between[:, 0])]
    is_like = np.abs(darkest[1:] - behind[1:]).max() < SHADOW_CHROMA
    return bool(SHADOW * behind[0] < darkest[0] < behind[0] and is_like)


def _find_peaks(signal: np.ndarray, offsets: np.ndarray, place: float, room: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the edges of each stretch to parts of a pixel, (stretches, PEAKS), infinite where none is.

    With them their strengths. signal: (stretches, offsets).
    """
    middle, before, after = signal[:, 1:-1], signal[:, :-2], signal[:, 2:]
    is_near = np.abs(offsets[1:-1] - place) <= room
    is_peak = (middle >= before) & (middle > after) & (middle > 0) & is_near
    strengths = np.where(is_peak, middle, 0)
    strengths = np.where(strengths > MIN_PEAK * strengths.max(axis=1, keepdims=True), strengths, 0)
    order = np.argsort(-strengths, axis=1)[:, :PEAKS]
    rows = np.arange(len(signal))[:, None]
    shift = 0.5 * (before - after) / np.minimum(before - 2 * middle + after, -1e-6)
    places = offsets[1:-1][order] + STEP * np.clip(shift[rows, order], -0.5, 0.5)
    chosen = strengths[rows, order]
    return np.where(chosen > 0, places, np.inf), chosen


def _fit(middles: np.ndarray, places: np.ndarray, strengths: np.ndarray) -> np.ndarray | None:
    """Return the factors of the line, or where that explains more of the parabola, through most stretches' edges."""
    line, line_support = _find_curve(middles, places, 2)
    bent, bent_support = _find_curve(middles, places, 3)
    best, support = (bent, bent_support) if bent_support >= line_support + MORE_SUPPORT else (line, line_support)
    if best is None or support < MIN_SUPPORT:
        return None
    terms = np.vander(middles, len(best), increasing=True)
    distance = np.abs(places - (terms @ best)[:, None])
    rows, columns = np.arange(len(middles)), distance.argmin(axis=1)
    used = distance[rows, columns] <= TOLERANCE
    weights = np.sqrt(np.minimum(strengths[rows, columns], 30))[used]
    factors = np.linalg.lstsq(terms[used] * weights[:, None], places[rows, columns][used] * weights, rcond=None)[0]
    return np.asarray(np.r_[factors, np.zeros(3 - len(factors))])


def _find_curve(middles: np.ndarray, places: np.ndarray, count: int) -> tuple[np.ndarray | None, int]:
    """Return the factors of the polynomial of `count` factors that most stretches lie on, and how many those are."""
    random = np.random.default_rng(0)
    known = np.flatnonzero(np.isfinite(places[:, 0]))
    if len(known) < MIN_SUPPORT:
        return None, 0
    tries = known[random.random((TRIES, len(known))).argsort(axis=1)[:, :count]]
    peaks = random.integers(0, np.isfinite(places).sum(axis=1)[tries])
    terms = np.vander(middles, count, increasing=True)
    factors = np.linalg.solve(terms[tries], places[tries, peaks][:, :, None])[:, :, 0]
    distance = np.abs(places[None] - (factors @ terms.T)[:, :, None]).min(axis=2)
    support = (distance <= TOLERANCE).sum(axis=1)
    clipped = np.minimum(distance, TOLERANCE).sum(axis=1)
    best = int(np.lexsort((clipped, -support))[0])
    return factors[best], int(support[best])
