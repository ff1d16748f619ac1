"""Rims of prints that hardly differ from what lies behind, such as a white one on a white lid.

One pixel of such an edge drowns in noise. Along a whole side its mean does not.
"""

import cv2
import numpy as np

from imaging.scanning.sides import ENDS, PROFILES, fit_sides, intersect_sides

MIN_GAP, MAX_GAP = 0.02, 0.3  # of the shorter side: how wide a rim is
MIN_PIXELS, MIN_LIKE_PIXELS = 6.0, 3.0  # the latter where other sides show a rim
TILTS = (-0.012, -0.006, 0.0, 0.006, 0.012)  # of a side: how much less at one end
PARTS = 4  # of a side, each of which must show the edge
AGREEMENT = 0.35  # of the mean's strength: of each part
TIMES_NOISE, MIN_STEEPNESS = 6.0, 0.8  # of an edge: times the flat places' own, and levels per pixel
FAINTER = 0.3  # of that is enough where other sides show a rim
LIKE, LIKE_PIXELS = (0.5, 1.6), 3.0  # times as wide as on other sides, and pixels more: such is the rim there
MAX_LEVELS = 20.0  # between the rim and what lies behind: more would have been seen before
BEHIND_LEVELS = 4.0  # of what lies behind, at most, beyond the edge
FAINT_STEEPNESS = 0.25  # levels per pixel, of the last look


def find_rim(lab: np.ndarray, levels: np.ndarray, corners: np.ndarray) -> np.ndarray | None:
    """Return the corners (4, 2) of a rim around a print's corners, in pixels; None where no side has one.

    lab: float32 (H, W, 3). levels: float32 (H, W), how much each place differs from what lies behind.
    """
    along = np.roll(corners, -1, axis=0) - corners
    shortest = float(np.linalg.norm(along, axis=1).min())
    gaps = max(MIN_PIXELS, MIN_GAP * shortest), MAX_GAP * shortest
    found = [_find_edge(lab, levels, corners[index], along[index], gaps) for index in range(4)]
    widths = [
        np.linalg.norm(each.mean(0) - corners[i] - along[i] / 2) for i, each in enumerate(found) if each is not None
    ]
    if not widths:
        return None
    usual = float(np.median(widths))
    like = max(MIN_LIKE_PIXELS, LIKE[0] * usual), min(gaps[1], LIKE[1] * usual + LIKE_PIXELS)
    for index, each in enumerate(found):
        if each is None:
            found[index] = _find_edge(lab, levels, corners[index], along[index], like, FAINTER)
    lines = [
        np.array([corners[index], corners[index] + along[index]]) if each is None else each
        for index, each in enumerate(found)
    ]
    widened = intersect_sides(lines)
    if widened is None or widened.min() < -1 or (widened > np.array(lab.shape[1::-1])).any():
        return None
    closer = intersect_sides([side.ends for side in fit_sides(lab, widened, 3.0, FAINT_STEEPNESS)])
    return widened if closer is None or np.abs(closer - widened).max() > 6 else closer


def _find_edge(
    lab: np.ndarray,
    levels: np.ndarray,
    start: np.ndarray,
    along: np.ndarray,
    gaps: tuple[float, float],
    times: float = 1.0,
) -> np.ndarray | None:
    """Return the ends (2, 2) of the clearest edge beside a side, outside of it; None where there is none.

    times: of the usual steepness, which is enough for an edge.
    """
    length = float(np.linalg.norm(along))
    normal = np.array([along[1], -along[0]]) / length
    offsets = np.arange(np.ceil(gaps[0]), np.ceil(gaps[1]) + 1)
    if len(offsets) < 6:
        return None
    parts = np.linspace(ENDS, 1 - ENDS, PROFILES)
    best: tuple[float, np.ndarray] | None = None
    for tilt in TILTS:
        reach = offsets[None, :, None] + (tilt * length * (parts - 0.5))[:, None, None]
        where = (start + parts[:, None] * along)[:, None] + reach * normal
        place, strength = _find_clearest(_sample(lab, where), _sample(levels, where), times)
        if place is not None and (best is None or strength > best[0]):
            shift = offsets[place] + tilt * length * np.array([-0.5, 0.5])
            best = strength, np.array([start, start + along]) + shift[:, None] * normal
    return best[1] if best else None


def _sample(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    columns, rows = (where[:, :, axis].astype(np.float32) for axis in (0, 1))
    return cv2.remap(values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _find_clearest(values: np.ndarray, levels: np.ndarray, times: float) -> tuple[int | None, float]:
    """Return at which of the offsets the edge is, and its strength; None where none is clear.

    values: float32 (profiles, offsets, 3). levels: float32 (profiles, offsets).
    """
    change = np.zeros_like(values)
    change[:, 1:-1] = (values[:, 2:] - values[:, :-2]) / 2
    pieces = np.stack([np.median(part, axis=0) for part in np.array_split(change, PARTS)])
    mean = pieces.mean(axis=0)
    strength = np.linalg.norm(mean, axis=1)
    agree = (pieces * mean).sum(axis=2) > AGREEMENT * strength**2
    is_peak = np.r_[False, (strength[1:-1] >= strength[:-2]) & (strength[1:-1] >= strength[2:]), False]
    strength = np.where(agree.all(axis=0) & is_peak, strength, 0)
    strength[-3:] = 0
    place = int(np.argmax(strength))
    noise = float(np.median(np.linalg.norm(mean, axis=1)))
    if strength[place] < times * max(TIMES_NOISE * noise, MIN_STEEPNESS):
        return None, 0.0
    middle = np.median(values, axis=0)
    step = np.linalg.norm(middle[max(0, place - 3)] - middle[min(place + 4, len(middle) - 1)])
    behind = float(np.median(levels[:, place + 3 : place + 8]))
    if step > MAX_LEVELS or behind > BEHIND_LEVELS:
        return None, 0.0
    return place, float(strength[place])
