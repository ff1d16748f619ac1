"""Which part of a photo an ID photo shows, and the part itself at an exact size. No torch."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, inf

import cv2
import numpy as np
from PIL import Image

from imaging.idphoto.heads import Head
from imaging.matting import matte

_TOUCHES = 0.02  # of an edge's length: a person on so much of it is cut off there
_SOMEBODY = 0.02  # of a box: less is nobody
_TOP_RANGE = 0.5, 1.5  # of the space above the head that is wanted: how far it may change for the eyes
_EYES_MARGIN = 0.1  # mm, within the bounds of the eyes
_MARGIN = 8  # pixels around a part, for the filters at its border


@dataclass(frozen=True)
class Box:
    """A part of a photo in pixels; it may reach beyond the photo where there is a backdrop to fill it."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Wanted:
    """What a document asks for, in millimetres: the photo, the least and greatest head, the space above it.

    eyes: the least and greatest height of the eyes above the lower edge.
    """

    width: float
    height: float
    head: tuple[float, float]
    top: float
    eyes: tuple[float, float] = (0.0, inf)


@dataclass(frozen=True)
class _Placing:
    """How high the head is and how much space is above it, in millimetres."""

    head: float
    top: float


def place_around(head: Head, wanted: Wanted, alpha: np.ndarray, may_reach_out: bool) -> Box | None:
    """Return the box that places the head as wanted, the head's size as near to the middle of its range as fits.

    Where the eyes would be too low or too high, size and space above are changed as little as sets them right.

    alpha: uint8 (H, W). With `may_reach_out` the box may leave the photo on sides that the person does not touch.
    None where the person is cut off too close to the head.
    """
    limit = _measure_room(head, wanted, alpha, may_reach_out)
    usual = sum(wanted.head) / 2
    placing = _Placing(max(usual, head.height / limit(wanted.top)), wanted.top)
    if placing.head > wanted.head[1] * (1 + 1e-6):
        return None
    if not _has_eyes_right(placing, head, wanted):
        placing = _set_eyes_right(placing, head, wanted, limit) or placing
    scale = head.height / placing.head
    left, top = head.centre - scale * wanted.width / 2, head.crown - scale * placing.top
    return Box(left, top, scale * wanted.width, scale * wanted.height)


def _measure_room(head: Head, wanted: Wanted, alpha: np.ndarray, may_reach_out: bool) -> Callable[[float], float]:
    """Return what tells the most pixels per millimetre for which the photo has room, from the space above the head."""
    height, width = alpha.shape
    lowest = head.crown + head.height / (sum(wanted.head) / 2) * (wanted.height - wanted.top)
    touched = _find_touched_edges(alpha, rows=slice(None, round(lowest)))

    def limit(top: float) -> float:
        rooms = {  # pixels from the head to each edge, and the millimetres that are wanted there
            "top": (head.crown, top),
            "bottom": (height - head.crown, wanted.height - top),
            "left": (head.centre, wanted.width / 2),
            "right": (width - head.centre, wanted.width / 2),
        }
        bounds = [room / length for edge, (room, length) in rooms.items() if not may_reach_out or edge in touched]
        return max(min(bounds, default=inf), 1e-9)

    return limit


def _has_eyes_right(placing: _Placing, head: Head, wanted: Wanted) -> bool:
    if head.eyes is None:
        return True
    low, high = wanted.eyes
    eyes = wanted.height - placing.top - (head.eyes - head.crown) * placing.head / head.height
    return low + _EYES_MARGIN <= eyes <= high - _EYES_MARGIN


def _set_eyes_right(usual: _Placing, head: Head, wanted: Wanted, limit: Callable[[float], float]) -> _Placing | None:
    """Return the placing nearest to the usual one that has the eyes where they belong; None where none has room."""
    possible = [
        _Placing(size, top)
        for top in np.linspace(*_TOP_RANGE, 31) * wanted.top
        for size in np.linspace(*wanted.head, 21)
        if head.height <= size * limit(top) * (1 + 1e-6)
    ]
    span = max(wanted.head[1] - wanted.head[0], 1e-9)
    return min(
        (placing for placing in possible if _has_eyes_right(placing, head, wanted)),
        key=lambda placing: abs(placing.head - usual.head) / span + abs(placing.top - usual.top) / wanted.top,
        default=None,
    )


def compute_rotation(centre: np.ndarray, tilt: float) -> np.ndarray:
    """Return the 2 x 3 move that turns a picture around a place, (2,), until what is tilted by degrees is upright."""
    angle = np.deg2rad(tilt)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.column_stack((turn, np.asarray(centre, float) - turn @ centre))


def undo_rotation(move: np.ndarray, place: tuple[float, float]) -> tuple[float, float]:
    """Return where a place, (x, y), of a picture that was moved lay before."""
    x, y = np.linalg.solve(move[:, :2], np.asarray(place) - move[:, 2])
    return float(x), float(y)


def rotate(pixels: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W) or (H, W, C) pixels moved; what comes from beyond the edge repeats the edge, alpha is 0."""
    size = pixels.shape[1::-1]
    border = cv2.BORDER_REPLICATE if pixels.ndim == 3 and pixels.shape[2] == 3 else cv2.BORDER_CONSTANT
    return cv2.warpAffine(pixels, move, size, flags=cv2.INTER_CUBIC, borderMode=border)


def is_filled(box: Box, move: np.ndarray, alpha: np.ndarray, may_reach_out: bool) -> bool:
    """Whether a box in a picture that was moved shows no place beyond the photo's edges.

    alpha: uint8 (H, W), of the photo before. With `may_reach_out` only the edges that cut the person off count.
    """
    height, width = alpha.shape
    corners = np.array([[x, y] for x in (box.left, box.left + box.width) for y in (box.top, box.top + box.height)])
    before = (corners - move[:, 2]) @ np.linalg.inv(move[:, :2]).T
    room = {"left": before[:, 0], "top": before[:, 1], "right": width - before[:, 0], "bottom": height - before[:, 1]}
    edges = _find_touched_edges(alpha, slice(None)) if may_reach_out else room
    return all(room[edge].min() >= -0.5 for edge in edges)


def fit_inside(frame: tuple[float, float, float, float], aspect: float, height: int, width: int) -> Box:
    """Return the largest box of width:height = `aspect` within a drawn frame (left, top, width, height in parts)."""
    left, top = frame[0] * width, frame[1] * height
    across, down = frame[2] * width, frame[3] * height
    box_width = min(across, down * aspect)
    box_height = box_width / aspect
    return Box(left + (across - box_width) / 2, top + (down - box_height) / 2, box_width, box_height)


def cut(rgb: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Return the part of uint8 (H, W, 3) pixels in a box within them, at size (height, width)."""
    height, width = rgb.shape[:2]
    left, top = max(0.0, box.left), max(0.0, box.top)
    right, bottom = max(0.0, min(box.left + box.width, width)), max(0.0, min(box.top + box.height, height))
    image = Image.fromarray(np.ascontiguousarray(rgb))
    return np.asarray(image.resize(size[::-1], Image.Resampling.LANCZOS, box=(left, top, right, bottom)))


def pick_nearest(
    pixels: np.ndarray, box: Box, size: tuple[int, int], move: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel, (h, w[, C]), that lies nearest to each place of a box at `size`, and which places lie outside.

    `move`: what `rotate` moved the pixels by before the box was placed. Outside, bool (h, w), the edge is repeated.
    """
    down = box.top + (np.arange(size[0]) + 0.5) * box.height / size[0] - 0.5
    across = box.left + (np.arange(size[1]) + 0.5) * box.width / size[1] - 0.5
    places = np.stack(np.broadcast_arrays(across[None, :], down[:, None]), axis=2)
    if move is not None:
        places = (places - move[:, 2]) @ np.linalg.inv(move[:, :2]).T
    limits = np.array(pixels.shape[1::-1])
    outside = np.asarray(((places < -0.5) | (places > limits - 0.5)).any(axis=2))
    nearest = np.clip(np.rint(places).astype(np.intp), 0, limits - 1)
    return pixels[nearest[:, :, 1], nearest[:, :, 0]], outside


def shows(alpha: np.ndarray, box: Box) -> bool:
    """Whether somebody, by the alpha uint8 (H, W), is to be seen in the box."""
    part = alpha[_clip_stretch(box.top, box.height, alpha.shape[0]), _clip_stretch(box.left, box.width, alpha.shape[1])]
    return bool(part.size) and (part > 127).mean() > _SOMEBODY


def cut_out(
    rgb: np.ndarray,
    alpha: np.ndarray,
    box: Box,
    size: tuple[int, int],
    backdrop: Callable[[slice], np.ndarray],
    pure: np.ndarray | None = None,
) -> np.ndarray:
    """Return the person in a box, before one colour (`backdrop` as in `matte.composite`), at size (height, width).

    `pure` as in `matte.estimate_foreground`. Around the box there is a margin for the filters, which ends where the
    photo ends.
    """
    rows, columns = (
        _clip_stretch(box.top - _MARGIN, box.height + 2 * _MARGIN, alpha.shape[0]),
        _clip_stretch(box.left - _MARGIN, box.width + 2 * _MARGIN, alpha.shape[1]),
    )
    share = alpha[rows, columns]
    colours = matte.estimate_foreground(rgb[rows, columns], share, None if pure is None else pure[rows, columns])
    beyond = tuple(
        (max(0, ceil(-start)), max(0, ceil(start + length - limit)))
        for start, length, limit in zip((box.top, box.left), (box.height, box.width), alpha.shape, strict=True)
    )
    laid = matte.composite(np.pad(colours, (*beyond, (0, 0))), np.pad(share, beyond), backdrop)
    left, top = box.left - columns.start + beyond[1][0], box.top - rows.start + beyond[0][0]
    return cut(laid, Box(left, top, box.width, box.height), size)


def _clip_stretch(start: float, length: float, limit: int) -> slice:
    """Return the whole pixels that hold a stretch, those of them that there are."""
    return slice(min(max(floor(start), 0), limit), min(max(ceil(start + length), 0), limit))


def _find_touched_edges(alpha: np.ndarray, rows: slice) -> set[str]:
    """Return the edges at which the person is cut off: the sides only in the rows that the box can show."""
    strips = {"top": alpha[0], "bottom": alpha[-1], "left": alpha[rows, 0], "right": alpha[rows, -1]}
    return {edge for edge, strip in strips.items() if (strip > 127).mean() > _TOUCHES}
