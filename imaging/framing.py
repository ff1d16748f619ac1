"""Which part of a photo an ID photo shows, and the part itself at an exact size. No torch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from imaging import matte
from imaging.heads import Head

_TOUCHES = 0.02  # of an edge's length: a person on so much of it is cut off there
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
    """What a document asks for, in millimetres: the photo, the least and greatest head, the space above it."""

    width: float
    height: float
    head: tuple[float, float]
    top: float


def around(head: Head, wanted: Wanted, alpha: np.ndarray, may_reach_out: bool) -> Box | None:
    """Return the box that places the head as wanted, the head's size as near to the middle of its range as fits.

    alpha: uint8 (H, W). With `may_reach_out` the box may leave the photo on sides that the person does not touch.
    None where the person is cut off too close to the head.
    """
    usual = head.height / (sum(wanted.head) / 2)  # pixels per millimetre
    smallest = head.height / wanted.head[1]
    height, width = alpha.shape
    rooms = {  # pixels from the head to each edge, and the millimetres that are wanted there
        "top": (head.crown, wanted.top),
        "bottom": (height - head.crown, wanted.height - wanted.top),
        "left": (head.centre, wanted.width / 2),
        "right": (width - head.centre, wanted.width / 2),
    }
    touched = _touched_edges(alpha, rows=slice(None, round(head.crown + usual * (wanted.height - wanted.top))))
    bounds = [room / length for edge, (room, length) in rooms.items() if not may_reach_out or edge in touched]
    scale = min([usual, *bounds])
    if scale < smallest * (1 - 1e-6):
        return None
    left, top = head.centre - scale * wanted.width / 2, head.crown - scale * wanted.top
    return Box(left, top, scale * wanted.width, scale * wanted.height)


def inside(frame: tuple[float, float, float, float], aspect: float, height: int, width: int) -> Box:
    """Return the largest box of width:height = `aspect` within a drawn frame (left, top, width, height in parts)."""
    left, top = frame[0] * width, frame[1] * height
    across, down = frame[2] * width, frame[3] * height
    box_width = min(across, down * aspect)
    box_height = box_width / aspect
    return Box(left + (across - box_width) / 2, top + (down - box_height) / 2, box_width, box_height)


def cut(rgb: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Return the part of uint8 (H, W, 3) pixels in a box within them, at size (height, width)."""
    height, width = rgb.shape[:2]
    corners = (box.left, box.top, min(box.left + box.width, width), min(box.top + box.height, height))
    image = Image.fromarray(np.ascontiguousarray(rgb))
    return np.asarray(image.resize(size[::-1], Image.Resampling.LANCZOS, box=tuple(max(0.0, c) for c in corners)))


def cut_out(
    rgb: np.ndarray, alpha: np.ndarray, box: Box, size: tuple[int, int], backdrop: Callable[[slice], np.ndarray]
) -> np.ndarray:
    """Return the person in a box, before one colour (`backdrop` as in `matte.composed`), at size (height, width)."""
    top, left = int(np.floor(box.top)) - _MARGIN, int(np.floor(box.left)) - _MARGIN
    bottom, right = int(np.ceil(box.top + box.height)) + _MARGIN, int(np.ceil(box.left + box.width)) + _MARGIN
    window = (top, bottom, left, right)
    part, share = _padded(rgb, window), _padded(alpha, window)
    laid = matte.composed(matte.foreground(part, share), share, backdrop)
    return cut(laid, Box(box.left - left, box.top - top, box.width, box.height), size)


def _padded(pixels: np.ndarray, window: tuple[int, int, int, int]) -> np.ndarray:
    """Return the window (top, bottom, left, right) of uint8 pixels, zeros where it reaches beyond them."""
    top, bottom, left, right = window
    height, width = pixels.shape[:2]
    part = pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    around = ((max(-top, 0), max(bottom - height, 0)), (max(-left, 0), max(right - width, 0)))
    return np.pad(part, (*around, *[(0, 0)] * (pixels.ndim - 2)))


def _touched_edges(alpha: np.ndarray, rows: slice) -> set[str]:
    """Return the edges at which the person is cut off: the sides only in the rows that the box can show."""
    strips = {"top": alpha[0], "bottom": alpha[-1], "left": alpha[rows, 0], "right": alpha[rows, -1]}
    return {edge for edge, strip in strips.items() if (strip > 127).mean() > _TOUCHES}
