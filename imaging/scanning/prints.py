"""Which prints lie on a scanned page, or on a table that was photographed."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from imaging.scanning.backdrop import Backdrop, find_backdrop, find_ring
from imaging.scanning.refining import refine_corners
from imaging.scanning.rims import find_rim
from imaging.scanning.sides import Side, fit_sides, intersect_sides, order_corners

SIDE = 900  # pixels of the longer side at which prints are looked for
FINE_SIDE = 2400  # at most, at which their corners are measured
MIN_AREA = 0.008  # of the page
MIN_FILL = 0.86  # of a quadrilateral: how much of it differs from what lies behind
MIN_SUPPORT = 0.5  # of each side: how much of it an edge is seen on
MEAN_SUPPORT = 0.75
SAME = 2.0  # pixels: corners that are so near are not looked at twice
EDGE = 2.0  # times as steep as the backdrop: an edge
CALM = 1.2  # levels per pixel: a backdrop on which faint edges are looked for
NEAR, NEAR_LEVELS = 6.0, 10.0  # deviations or levels within which a place around the prints is the backdrop
IN_SHADOW = 0.9  # support of every print, where a part of the backdrop is in shadow
MIN_BEHIND = 0.8  # of what is seen around the prints
BUSY, BUSY_STEEPNESS = 4.0, 3.0  # times as steep as the backdrop, and levels per pixel: something lies there
MAX_BUSY = 0.035  # of what is seen around the prints
FILLED = 0.85  # of the picture: one that prints fill so far is a photo with a border
BORDERED, STRAIGHT, LIKE_MARGINS = 0.55, 0.02, 0.35  # of the picture; slope of sides; unlikeness of opposite margins
FLAT, MIN_EDGE_AREA = 0.03, 0.03  # of a print at the picture's edge: its sides' unlikeness, its part of the picture
UNSURE_SHARE = 0.3  # how sure a quadrilateral is that something else speaks against
MAX_ASPECT = 4.0
ANGLES = 55.0, 125.0  # degrees, of the corners of a print that was photographed from the side
SURE = 0.5  # confidence from which on a print is one
MAX_PRINTS = 24


@dataclass(frozen=True)
class Print:
    """`corners`: float (4, 2), x and y in parts of the picture's width and height, clockwise from the upper left.

    `confidence`: 0..1; from SURE on it is a print on a backdrop, below it may be one.
    """

    corners: np.ndarray
    confidence: float


@dataclass(frozen=True)
class Candidate:
    corners: np.ndarray  # (4, 2), pixels of the small picture
    sides: list[Side]
    fill: float

    @property
    def area(self) -> float:
        return float(cv2.contourArea(self.corners.astype(np.float32)))

    @property
    def support(self) -> float:
        return float(np.mean([side.support for side in self.sides]))


def find_prints(rgb: np.ndarray) -> list[Print]:
    """Return the prints on uint8 (H, W, 3), the largest first; none where the picture is a photo that fills its frame.

    A print is what has four straight sides and lies on one backdrop, which must be what is seen at the picture's
    edges. Those that may be one, or may be a thing in a photo, come with little confidence.
    """
    small = _to_lab(rgb, SIDE)
    backdrop = find_backdrop(small)
    if backdrop is None:
        return []
    chosen = _choose(list(_list_candidates(small, backdrop)))
    if not chosen:
        return []
    if backdrop.usual < CALM:
        chosen = [_add_rim(small, backdrop, each, chosen) for each in chosen]
    is_alone = _is_alone(backdrop, chosen) and not _is_bordered(small, chosen)
    fine = _to_lab(rgb, FINE_SIDE)
    prints = [
        Print(
            _measure(fine, small, each),
            each.support * (1.0 if is_alone and _may_touch_edge(each, backdrop) else UNSURE_SHARE),
        )
        for each in chosen
    ]
    return sorted(prints, key=lambda each: -_measure_area(each.corners))


def _to_lab(rgb: np.ndarray, side: int) -> np.ndarray:
    """Return Lab in levels of 255, float32 (h, w, 3), no side longer than `side`."""
    scale = min(1.0, side / max(rgb.shape[:2]))
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    lab: np.ndarray = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = lab * np.array([2.55, 1, 1], np.float32)
    return cv2.GaussianBlur(lab, (0, 0), 0.7)


def _list_candidates(lab: np.ndarray, backdrop: Backdrop) -> Iterator[Candidate]:
    """Yield what may be a print: regions that differ from the backdrop and nearly fill a quadrilateral."""
    height, width = lab.shape[:2]
    thin = max(3, round(0.006 * max(height, width)))
    seen: list[np.ndarray] = []
    for mask in backdrop.list_masks():
        for closing in (1, thin):
            solid = _make_solid(mask, closing, thin)
            for corners in _list_quadrilaterals(solid):
                if all(np.abs(corners - other).max() > SAME for other in seen):
                    seen.append(corners)
                    candidate = _lay_on_edges(lab, corners, solid, max(0.5, EDGE * backdrop.usual))
                    if candidate is not None:
                        yield candidate


def _list_quadrilaterals(solid: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the corners, (4, 2), of quadrilaterals that the regions of a mask nearly fill."""
    for contour in cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        area = cv2.contourArea(contour)
        if area < MIN_AREA * solid.size:
            continue
        corners = _enclose(cv2.convexHull(contour))
        if corners is not None and area > MIN_FILL * cv2.contourArea(corners.astype(np.float32)):
            yield corners


def _make_solid(mask: np.ndarray, closing: int, thin: int) -> np.ndarray:
    """Return a mask, bool (H, W), as uint8 without holes and without what is thinner than `thin` pixels."""
    closed: np.ndarray = mask.astype(np.uint8)
    if closing > 1:
        closed = cv2.morphologyEx(closed, cv2.MORPH_CLOSE, np.ones((closing, closing), np.uint8))
    contours = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    solid = np.zeros_like(closed)
    cv2.drawContours(solid, contours, -1, 1, cv2.FILLED)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thin, thin))
    padded = cv2.copyMakeBorder(solid, thin, thin, thin, thin, cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[thin:-thin, thin:-thin]


def _enclose(hull: np.ndarray) -> np.ndarray | None:
    """Return the corners of the quadrilateral around a convex outline, (4, 2); None where it has fewer."""
    if len(hull) < 4:
        return None
    around = cv2.approxPolyN(hull, 4, None, -1, True)
    corners = order_corners(np.asarray(around, np.float64).reshape(-1, 2))
    return corners if len(corners) == 4 else None


def _lay_on_edges(lab: np.ndarray, corners: np.ndarray, solid: np.ndarray, least: float) -> Candidate | None:
    length = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).min()
    sides: list[Side] = []
    for reach in (max(4.0, 0.04 * length), 4.0):
        sides = fit_sides(lab, corners, reach, least)
        moved = intersect_sides([side.ends for side in sides])
        if moved is None or np.abs(moved - corners).max() > 0.15 * length:
            return None
        corners = moved
    if not is_plausible(corners) or _measure_fill(solid, corners) < MIN_FILL:
        return None
    found = Candidate(corners, sides, _measure_fill(solid, corners))
    weak = min(side.support for side in sides) < MIN_SUPPORT or found.support < MEAN_SUPPORT
    return None if weak else found


def is_plausible(corners: np.ndarray) -> bool:
    """Say whether a print may have these corners, (4, 2) in pixels: convex, not slender, no sharp corner."""
    along = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(along, axis=1)
    if lengths.min() < 8 or lengths.max() > MAX_ASPECT * lengths.min():
        return False
    back = -np.roll(along, 1, axis=0)
    crossed = along[:, 0] * back[:, 1] - along[:, 1] * back[:, 0]
    angles = np.degrees(np.arctan2(crossed, (along * back).sum(axis=1)))
    return bool((angles > ANGLES[0]).all() and (angles < ANGLES[1]).all())


def _measure_fill(solid: np.ndarray, corners: np.ndarray) -> float:
    inside = _draw(solid.shape, corners)
    return float(solid[inside].mean()) if inside.any() else 0.0


def _draw(shape: tuple[int, ...], corners: np.ndarray, grow: float = 1.0) -> np.ndarray:
    middle = corners.mean(axis=0)
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(canvas, np.rint(middle + grow * (corners - middle)).astype(np.int32), 1)
    return canvas.astype(bool)


def _choose(candidates: list[Candidate]) -> list[Candidate]:
    """Return candidates of which no two overlap: of those that do the best supported, and of like ones the outer.

    What holds several others, which fill most of it, is no print.
    """
    chosen: list[Candidate] = []
    for each in sorted(candidates, key=lambda one: -_rate(one)):
        if _holds_several(each, candidates):
            continue
        if len(chosen) < MAX_PRINTS and not any(_overlap(each, other) for other in chosen):
            chosen.append(each)
    return chosen


def _rate(candidate: Candidate) -> float:
    return candidate.support + 0.5 * candidate.fill + 0.02 * float(np.log(candidate.area))


def _holds_several(candidate: Candidate, others: list[Candidate]) -> bool:
    parts: list[Candidate] = []
    for each in sorted(others, key=lambda one: -one.area):
        share = each.area / candidate.area
        if 0.06 < share < 0.75 and _share(each, candidate) > 0.95 * each.area:
            if all(_share(each, part) < 0.04 * each.area for part in parts):
                parts.append(each)
    return len(parts) > 1 and sum(part.area for part in parts) > 0.5 * candidate.area


def _share(one: Candidate, other: Candidate) -> float:
    return float(cv2.intersectConvexConvex(one.corners.astype(np.float32), other.corners.astype(np.float32))[0])


def _overlap(one: Candidate, other: Candidate) -> bool:
    return _share(one, other) > 0.04 * min(one.area, other.area)


def _add_rim(lab: np.ndarray, backdrop: Backdrop, candidate: Candidate, others: list[Candidate]) -> Candidate:
    """Return a candidate with the rim around it that hardly differs from the backdrop, where there is one."""
    corners = find_rim(lab, backdrop.levels, candidate.corners)
    if corners is None or not is_plausible(corners):
        return candidate
    wider = Candidate(corners, candidate.sides, candidate.fill)
    return candidate if any(_overlap(wider, each) for each in others if each is not candidate) else wider


def _is_alone(backdrop: Backdrop, chosen: list[Candidate]) -> bool:
    """Say whether nothing but the backdrop is seen around the prints: else they are things in a photo."""
    outside: np.ndarray = np.ones(backdrop.distance.shape, bool)
    for each in chosen:
        outside &= ~_draw(outside.shape, each.corners, 1.03)
    if outside.mean() < 1 - FILLED:
        return False
    same = (backdrop.distance < NEAR) | (backdrop.levels < NEAR_LEVELS)
    if all(each.support > IN_SHADOW and not any(side.is_on_edge for side in each.sides) for each in chosen):
        same |= backdrop.lit
    busy = backdrop.steepness > np.maximum(BUSY * backdrop.usual, BUSY_STEEPNESS)
    ring = outside & find_ring(outside.shape[0], outside.shape[1])
    is_same = same[outside].mean() >= MIN_BEHIND and (not ring.any() or same[ring].mean() >= MIN_BEHIND)
    return bool(is_same and busy[outside].mean() <= MAX_BUSY)


def _is_bordered(lab: np.ndarray, chosen: list[Candidate]) -> bool:
    """Say whether this is one print with its rim and nothing around it, such as one that was cut out before."""
    if len(chosen) > 1 or chosen[0].area < BORDERED * lab.shape[0] * lab.shape[1]:
        return False
    corners = chosen[0].corners
    slopes = np.abs([np.diff(corners[[0, 1]], axis=0)[0, 1], np.diff(corners[[1, 2]], axis=0)[0, 0]])
    ends = np.array([corners.min(axis=0) + 0.5, np.array(lab.shape[1::-1]) - corners.max(axis=0) - 0.5])
    is_centred = np.abs(ends[0] - ends[1]) <= LIKE_MARGINS * ends.max(axis=0) + 1
    return bool((slopes <= STRAIGHT * max(lab.shape[:2])).all() and is_centred.any() and ends.min() > 0)


def _may_touch_edge(candidate: Candidate, backdrop: Backdrop) -> bool:
    """Say whether a print may lie against the picture's edge, as in the corner of a scanner: flat on a calm lid."""
    lengths = np.linalg.norm(np.roll(candidate.corners, -1, axis=0) - candidate.corners, axis=1)
    is_flat = max(abs(lengths[0] / lengths[2] - 1), abs(lengths[1] / lengths[3] - 1)) < FLAT
    edges = sum(side.is_on_edge for side in candidate.sides)
    is_large = candidate.area > MIN_EDGE_AREA * backdrop.distance.size
    return edges == 0 or (edges <= 2 and is_flat and is_large and backdrop.usual < CALM)


def _measure(fine: np.ndarray, small: np.ndarray, candidate: Candidate) -> np.ndarray:
    """Return the corners of a print, (4, 2) in parts of the picture, measured on the larger one."""
    scale = np.array(fine.shape[1::-1]) / small.shape[1::-1]
    corners = (candidate.corners + 0.5) * scale - 0.5
    if scale.max() > 1.01:
        for reach in (3 * float(scale.max()), 3.0):
            moved = intersect_sides([side.ends for side in fit_sides(fine, corners, reach, 0.4)])
            if moved is None or np.abs(moved - corners).max() > 4 * scale.max():
                break
            corners = moved
    corners = refine_corners(fine, corners, [side.is_on_edge for side in candidate.sides])
    return np.clip((order_corners(corners) + 0.5) / fine.shape[1::-1], 0, 1)


def _measure_area(corners: np.ndarray) -> float:
    return float(cv2.contourArea(corners.astype(np.float32)))
