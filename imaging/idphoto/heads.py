"""Where the head is: chin and centre line from a face's points and the crown from the person's outline, or all of it
from the outline alone. No torch."""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.idphoto.points import average_points, find_eyes

_WORKING_SIDE = 512
# Proportions of people seen from the front, hair included. The dome of the head is measured where it is as wide as
# _DOME says it is deep: long hair falls wider below. Chin to crown against the dome's width, as bounds and as the guess
# where the outline shows no chin; and how far the chin lies above the narrowest place of the neck and above the
# line of the shoulders, in parts of the way from the crown.
_DOME = 0.45
_MIN_TALL, _USUALLY_TALL, _MAX_TALL = 1.15, 1.35, 1.55
_CHIN_TO_NECK, _CHIN_TO_SHOULDERS = 0.9, 0.8
_FLAT = 0.8  # of the dome's width: an outline that begins so wide shows no head
_MIN_CROWN = 0.02  # of the person's width
# With a face, in parts of the way from the eyes to the chin: how far the chin's edge lies below the point called chin,
# and how high above the eyes the crown may be, hair included, and is where the outline does not tell.
_CHIN_BELOW = 0.025
_CROWN_ABOVE_EYES = 0.75, 1.5
_USUAL_CROWN = 1.08
_MAX_ABOVE_EYES = 2.6  # the highest hats and hair
_FOREHEAD = 0.35  # of that way above the eyes: from there the outline is followed up to the crown
_CROWN_WIDTH = 0.25  # of that way: what is narrower is a lock of hair
# A dome as wide as the first ends so far above that place. What goes on for longer than the last is a topknot on it.
_DOME_WIDTH, _DOME_ABOVE, _MAX_DOME_ABOVE = 0.6, 0.07, 0.2
# A second head beside the first: in parts of that way, where beside the eyes the outline is followed from and how far
# below them to, and how far it rises again over how many columns. Shoulders and hair do not rise.
_BESIDE, _BESIDE_DOWN, _RISE, _RISE_WIDTH = 0.1, 0.6, 0.2, 0.15
_MIN_HEAD = 0.04  # of the picture's height: anything smaller is not the subject of an ID photo


@dataclass(frozen=True)
class Head:
    """In pixels of the picture: the rows of crown and chin, the column of the centre line, the row of the eyes.

    Without a face nobody knows where the eyes are.
    """

    crown: float
    chin: float
    centre: float
    eyes: float | None = None

    @property
    def height(self) -> float:
        return self.chin - self.crown


def estimate_head(alpha: np.ndarray | None, points: np.ndarray) -> tuple[Head, bool]:
    """Return the head around an upright face, points (P, 2), and whether its crown is sure.

    The chin is the face's. The crown is where the outline of `alpha`, uint8 (H, W), ends above the forehead; where it
    lies higher or lower than heads reach (a hat, an arm, no outline), the crown is placed where it usually is.
    """
    middle, eyes_to_chin, centre = _find_eyes_and_chin(points)
    above = measure_crown(alpha, points)
    if above is None or not _CROWN_ABOVE_EYES[0] <= above <= _CROWN_ABOVE_EYES[1]:
        return Head(middle - _USUAL_CROWN * eyes_to_chin, middle + eyes_to_chin, centre, middle), False
    return Head(middle - above * eyes_to_chin, middle + eyes_to_chin, centre, middle), True


def measure_crown(alpha: np.ndarray | None, points: np.ndarray) -> float | None:
    """Return how far the outline of `alpha`, uint8 (H, W), reaches above a face's eyes, in parts of eyes to chin.

    None where the forehead lies outside of the outline, or there is none.
    """
    middle, eyes_to_chin, centre = _find_eyes_and_chin(points)
    top = None if alpha is None else _find_top_above(alpha, middle - _FOREHEAD * eyes_to_chin, centre, eyes_to_chin)
    return None if top is None else (middle - top) / eyes_to_chin


def is_head_like(above: float | None) -> bool:
    """Whether a face from which the outline reaches so far up can be one; a pattern on clothes has a body above it."""
    return above is not None and above <= _MAX_ABOVE_EYES


def has_another_beside(alpha: np.ndarray, points: np.ndarray, left: float, right: float) -> bool:
    """Whether the outline beside an upright face's head rises again, as over a second head, which may be cut off.

    alpha: uint8 (H, W). points: (P, 2), those of the face. left, right: the columns between which is looked, in pixels.
    """
    middle, eyes_to_chin, centre = _find_eyes_and_chin(points)
    bottom = int(np.clip(middle + _BESIDE_DOWN * eyes_to_chin, 0, alpha.shape[0]))
    first, last = max(0, round(left)), min(alpha.shape[1], round(right))
    if not bottom or first >= last:
        return False
    there = alpha[:bottom, first:last] > 127
    top = np.where(there.any(axis=0), there.argmax(axis=0), bottom)
    reach, column = round(_BESIDE * eyes_to_chin), round(centre) - first
    for side in (top[max(0, column + reach) :], top[: max(0, column - reach)][::-1]):
        rise = np.maximum.accumulate(side) - side
        if np.count_nonzero(rise > _RISE * eyes_to_chin) > _RISE_WIDTH * eyes_to_chin:
            return True
    return False


def _find_eyes_and_chin(points: np.ndarray) -> tuple[float, float, float]:
    """Return the row of the eyes, the way from there down to the chin's edge, and the column of the face's middle."""
    middle = np.mean(find_eyes(points), axis=0)
    low = average_points(points, "chin", "chin_right", "chin_left")
    centre = float((middle[0] + average_points(points, "side_right", "side_left")[0]) / 2)
    return float(middle[1]), float(max(low[1] - middle[1], 1.0)) * (1 + _CHIN_BELOW), centre


def _find_top_above(alpha: np.ndarray, forehead: float, centre: float, eyes_to_chin: float) -> float | None:
    """Return the row where the person ends above a place on the forehead; None where nobody is there.

    Going up, the stretch of each row counts that touches the one below it: an arm beside the head is none of it.
    """
    height, width = alpha.shape
    row = round(forehead)
    reach = round(2.5 * eyes_to_chin)
    first, last = max(0, round(centre) - reach), min(width, round(centre) + reach)
    if not (0 <= row < height and first < last):
        return None
    start, end = round(centre - 0.4 * eyes_to_chin) - first, round(centre + 0.4 * eyes_to_chin) - first
    top: int | None = None
    dome: int | None = None
    while row >= 0:
        there = alpha[row, first:last] > 127
        edges = np.flatnonzero(np.diff(np.concatenate(([False], there, [False])).astype(np.int8))).reshape(-1, 2)
        shared = np.minimum(edges[:, 1], end) - np.maximum(edges[:, 0], start)
        if not len(edges) or shared.max() <= 0:
            break
        start, end = edges[int(np.argmax(shared))]
        if end - start < _CROWN_WIDTH * eyes_to_chin:
            break
        if end - start >= _DOME_WIDTH * eyes_to_chin:
            dome = row
        top, row = row, row - 1
    if top is None or dome is None or dome - top <= _MAX_DOME_ABOVE * eyes_to_chin:
        return top
    return dome - _DOME_ABOVE * eyes_to_chin  # above it is a topknot


def find_head(alpha: np.ndarray) -> Head | None:
    """Return the head of the largest person in an alpha, uint8 (H, W); None where its outline shows none.

    Going down from the crown, the outline widens to the head, narrows to the neck and widens to the shoulders. The
    narrowest place, or with long hair the shoulders, tells where the chin is, within what heads look like.
    """
    person = _keep_largest(_shrink(alpha))
    if person is None:
        return None
    upper, lower = _find_extent(np.asarray(person.any(axis=1)), alpha.shape[0])
    left, right = _find_extent(np.asarray(person.any(axis=0)), alpha.shape[1])
    part = alpha[upper:lower, left:right]  # what is wide and low around a person must not make the person small
    person = _keep_largest(_shrink(part))
    if person is None:
        return None
    top, widths, middles = _trace_outline(person)
    if len(widths) < 8:
        return None
    chin = _find_chin(_smooth(widths))
    down, across = part.shape[0] / person.shape[0], part.shape[1] / person.shape[1]
    if chin is None or chin * down < _MIN_HEAD * alpha.shape[0]:
        return None
    rows = slice(round(0.15 * chin), max(round(0.15 * chin) + 1, round(0.85 * chin)))
    centre = float(np.median(middles[rows]))
    return Head(upper + top * down, upper + (top + chin) * down, left + (centre + 0.5) * across)


def _shrink(alpha: np.ndarray) -> np.ndarray:
    scale = max(1.0, max(alpha.shape) / _WORKING_SIDE)
    size = max(1, round(alpha.shape[1] / scale)), max(1, round(alpha.shape[0] / scale))
    return cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) > 127


def _find_extent(there: np.ndarray, length: int) -> tuple[int, int]:
    """From where to where, in `length` pixels, the true ones of the much fewer places `there` reach."""
    first, last = np.flatnonzero(there)[[0, -1]]
    return round(first * length / len(there)), round((last + 1) * length / len(there))


def _keep_largest(person: np.ndarray) -> np.ndarray | None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(person.astype(np.uint8))
    if count < 2:
        return None
    largest: np.ndarray = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return largest


def _trace_outline(person: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Follow the outline down from its crown: the crown's row, and the width and the middle of each row below.

    In each row the stretch is taken that the one above leans on most, so that a raised hand does not count.
    """
    top = int(np.argmax(person.sum(axis=1) >= max(1, _MIN_CROWN * person.shape[1])))  # not at a lock that stands up
    before, widths, middles = None, [], []
    for row in person[top:]:
        edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
        stretches = edges.reshape(-1, 2)
        if not len(stretches):
            break
        if before is None:
            shared = stretches[:, 1] - stretches[:, 0]
        else:
            shared = np.minimum(stretches[:, 1], before[1] + 1) - np.maximum(stretches[:, 0], before[0] - 1)
        if shared.max() <= 0:
            break
        before = stretches[int(np.argmax(shared))]
        widths.append(before[1] - before[0])
        middles.append((before[0] + before[1] - 1) / 2)
    return top, np.array(widths, np.float32), np.array(middles, np.float32)


def _smooth(widths: np.ndarray) -> np.ndarray:
    reach = max(1, len(widths) // 80)
    padded = np.pad(widths, reach, mode="edge")
    return np.convolve(padded, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")


def _find_chin(widths: np.ndarray) -> float | None:
    """Return how far below the crown the chin is, in rows; None where nothing looks like a head."""
    dome = _measure_dome(widths)
    if dome is None or widths[0] > _FLAT * dome:
        return None
    neck, shoulders = _find_neck(widths), _find_shoulders(widths)
    if neck is not None:
        guess = _CHIN_TO_NECK * neck
    elif shoulders is not None:
        guess = _CHIN_TO_SHOULDERS * shoulders
    else:  # the head fills the frame, or the picture ends below the face
        guess = min(_USUALLY_TALL * dome, float(len(widths)))
    chin = float(np.clip(guess, _MIN_TALL * dome, _MAX_TALL * dome))
    return chin if chin <= len(widths) + 1 else None


def _measure_dome(widths: np.ndarray) -> float | None:
    """Return the width of the head's dome; None where it is wider than any head, down to the last row.

    It is looked for a little ahead, because hair may stand up to a point that is a small dome of its own.
    """
    widest = np.maximum.accumulate(widths)
    rows = np.arange(len(widths))
    deep = rows >= _DOME * widest[np.minimum(np.rint(1.6 * rows).astype(int), len(rows) - 1)]
    deep[0] = False
    return float(widest[int(np.argmax(deep))]) if deep.any() else None


def _find_neck(widths: np.ndarray) -> int | None:
    """Return the row of the narrowest place between head and shoulders; None without one."""
    widest = 0.0
    for row, width in enumerate(widths):
        widest = max(widest, width)
        if width < 0.88 * widest and row > 0.5 * widest:
            below = widths[row:]
            rise = np.flatnonzero(below > 1.1 * np.minimum.accumulate(below))
            until = int(rise[0]) if len(rise) else len(below)
            if not len(rise):  # it narrows to the end: no shoulders, so nothing that proves a neck
                return None
            narrow = np.flatnonzero(below[:until] <= 1.03 * below[:until].min())  # a neck may be straight for a while
            return row + int(narrow[0] + narrow[-1]) // 2
    return None


def _find_shoulders(widths: np.ndarray) -> int | None:
    """Return the row where the outline has become far wider than a head; None where it never does."""
    widest = float(widths.max())
    start = widths[: max(1, len(widths) // 6)].max()
    if widest < 1.45 * start:
        return None
    return int(np.argmax(widths > start + 0.6 * (widest - start)))
