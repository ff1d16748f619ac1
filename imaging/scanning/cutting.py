"""A print cut out of its page and straightened, and its rim cut off."""

import cv2
import numpy as np

WHOLE = 0.02  # pixels: corners so near to whole pixels are those
MAX_STRETCH = 1.35  # how far the proportions may be from those of the sides, where a camera saw them from the side
PARALLEL = 0.015  # how much opposite sides must differ in length, in parts, before a camera's place is computed
RIM_STEP = 9.0  # levels: a rim is as even as that
MAX_RIM, MIN_RIM = 0.16, 0.008  # of the shorter side: how wide a rim is
EVEN_SHARE = 0.93  # of a row of the rim
MIN_LIGHTNESS = 150  # of 255: rims are light
EDGE = 1.0  # pixels of the page along each side: there print and backdrop are mixed
EXTRA = 0.004  # of the shorter side, cut off with a rim: its edge is soft


def cut_out_print(rgb: np.ndarray, corners: np.ndarray, interpolation: int = cv2.INTER_CUBIC) -> np.ndarray:
    """Return the print with these corners, uint8 (h, w, c), straightened, of a picture, uint8 (H, W, 3|4).

    corners: (4, 2), x and y in parts of the picture's width and height, clockwise from the upper left of the upright
    print. Where they are those of whole pixels the pixels are taken as they are.
    """
    places = np.asarray(corners, np.float64) * rgb.shape[1::-1]
    width, height = measure_print(places, rgb.shape[1::-1])
    if (box := _find_whole_box(places)) is not None:
        left, top, right, bottom = box
        return np.ascontiguousarray(rgb[top:bottom, left:right])
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    inside = places + EDGE * _point_inwards(places)
    move = cv2.getPerspectiveTransform((target - 0.5).astype(np.float32), (inside - 0.5).astype(np.float32))
    flags = interpolation | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(rgb, move, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _point_inwards(places: np.ndarray) -> np.ndarray:
    """Return the steps (4, 2) from corners that lead about a pixel away from both sides at each."""
    onwards = np.roll(places, -1, axis=0) - places
    onwards /= np.maximum(np.linalg.norm(onwards, axis=1, keepdims=True), 1e-6)
    steps: np.ndarray = onwards - np.roll(onwards, 1, axis=0)
    return steps


def measure_print(places: np.ndarray, size: tuple[int, ...]) -> tuple[int, int]:
    """Return width and height in pixels of a print whose corners, (4, 2) in pixels, lie in a picture of `size`.

    The proportions are those of the sides, or for one that was photographed from the side those that a camera with a
    square grid of pixels saw (Zhang and He, "Whiteboard scanning and image enhancement", 2007).
    """
    along = np.linalg.norm(np.roll(places, -1, axis=0) - places, axis=1)
    width, height = max(along[0], along[2]), max(along[1], along[3])
    proportion = _find_proportion(places - np.array(size) / 2)
    seen = width / max(height, 1e-6)
    if proportion and seen / MAX_STRETCH < proportion < seen * MAX_STRETCH:
        width, height = (width, width / proportion) if proportion < seen else (height * proportion, height)
    return max(1, round(width)), max(1, round(height))


def _find_proportion(places: np.ndarray) -> float | None:
    """Return width / height of a rectangle seen by a camera that looks at (0, 0); None where that cannot be told."""
    lengths = np.linalg.norm(np.roll(places, -1, axis=0) - places, axis=1)
    uneven = [abs(lengths[one] - lengths[one + 2]) / max(lengths[one], lengths[one + 2], 1e-6) for one in (0, 1)]
    if min(uneven) < PARALLEL:
        return None  # only one vanishing point: how far away the camera was cannot be told
    first, second, third, fourth = (np.array([*places[index], 1.0]) for index in (0, 1, 3, 2))
    down = np.dot(np.cross(first, fourth), third) / np.dot(np.cross(second, fourth), third)
    across = np.dot(np.cross(first, fourth), second) / np.dot(np.cross(third, fourth), second)
    one, two = down * second - first, across * third - first
    square = -(one[0] * two[0] + one[1] * two[1]) / (one[2] * two[2])
    if not np.isfinite(square) or square <= 0:
        return None
    scaled = np.array([1 / square, 1 / square, 1.0])
    proportion = float(np.sqrt((one**2 * scaled).sum() / (two**2 * scaled).sum()))
    return proportion if np.isfinite(proportion) else None


def _find_whole_box(places: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom where the corners are those of whole, upright pixels; else None."""
    whole = np.rint(places)
    (left, top), (right, bottom) = whole[0], whole[2]
    upright = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if np.abs(places - upright).max() > WHOLE or right <= left or bottom <= top:
        return None
    return int(left), int(top), int(right), int(bottom)


def find_rim_widths(rgb: np.ndarray) -> tuple[int, int, int, int]:
    """Return how many pixels of a print, uint8 (H, W, 3), are its light rim, on the left, top, right and bottom.

    All are 0 where not all four sides have one: a sky or a white wall is no rim.
    """
    height, width = rgb.shape[:2]
    grey = cv2.GaussianBlur(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), (0, 0), 0.8).astype(np.float32)
    shortest = min(height, width)
    turned = (grey.T, grey, grey.T[::-1], grey[::-1])  # of each, the first rows are at the side in question
    widths = [_count_rim_rows(each, shortest) for each in turned]
    if min(widths) < max(2, MIN_RIM * shortest):
        return 0, 0, 0, 0
    left, top, right, bottom = (each + max(1, round(EXTRA * shortest)) for each in widths)
    return (left, top, right, bottom) if left + right < width / 2 and top + bottom < height / 2 else (0, 0, 0, 0)


def _count_rim_rows(grey: np.ndarray, shortest: int) -> int:
    """Return how many rows of float32 (h, w) from the first on are a light, even rim."""
    most = max(3, round(MAX_RIM * shortest) * 2)
    skip = max(1, round(0.003 * shortest))  # the print's own edge
    margin = max(1, round(0.02 * grey.shape[1]))
    rows = grey[skip:most, margin:-margin]
    if rows.size == 0:
        return 0
    level = float(np.median(rows[: max(1, len(rows) // 20)]))
    if level < MIN_LIGHTNESS:
        return 0
    even = (np.abs(rows - level) < RIM_STEP * 2).mean(axis=1) >= EVEN_SHARE
    count = len(rows) if even.all() else int(np.argmin(even))
    return 0 if count == len(rows) or count == 0 else count + skip
