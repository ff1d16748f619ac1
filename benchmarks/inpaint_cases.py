"""Twelve pictures with holes, the same for every way of filling: crops of the demo pictures, never seen in training.

Scratches, strokes of a brush, things to be taken out, one at the border, and four holes in faces.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from imaging.io.files import decode

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "demo" / "pictures"
WIDTH, HEIGHT = 320, 240
SCRATCHES = 6


class Case(NamedTuple):
    """A crop of WIDTH by HEIGHT pixels whose upper left corner is given; `draw` paints the hole, uint8 (H, W), as 1."""

    picture: str
    left: int
    top: int
    draw: Callable[[np.ndarray], None]


def cases() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pictures, uint8 (H, W, 3), and their holes, bool (H, W)."""
    for case in CASES:
        rgb = decode(PICTURES / case.picture).rgb[case.top : case.top + HEIGHT, case.left : case.left + WIDTH]
        hole = np.zeros((HEIGHT, WIDTH), np.uint8)
        case.draw(hole)
        yield np.ascontiguousarray(rgb), hole > 0


def scratches(seed: int) -> Callable[[np.ndarray], None]:
    """Thin lines across the picture, a little unsteady."""

    def draw(hole: np.ndarray) -> None:
        random = np.random.default_rng(seed)
        for _ in range(SCRATCHES):
            begin, end = random.uniform(0, 1, (2, 2)) * (WIDTH, HEIGHT)
            line = begin + (end - begin) * np.linspace(0, 1, 30)[:, None] + np.cumsum(random.normal(0, 0.8, (30, 2)), 0)
            cv2.polylines(hole, [np.rint(line).astype(np.int32)], False, 1, int(random.integers(2, 5)))

    return draw


def brush(thick: int, *points: tuple[int, int]) -> Callable[[np.ndarray], None]:
    """One stroke of a round brush; a single point is a dab."""

    def draw(hole: np.ndarray) -> None:
        for begin, end in zip(points, points[1:] or points, strict=False):
            cv2.line(hole, begin, end, 1, thick)

    return draw


def box(left: int, top: int, right: int, bottom: int) -> Callable[[np.ndarray], None]:
    """A box with round corners."""

    def draw(hole: np.ndarray) -> None:
        cv2.rectangle(hole, (left + 8, top + 8), (right - 8, bottom - 8), 1, -1)
        hole[:] = cv2.dilate(hole, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17)))

    return draw


CASES = (
    Case("hopper.jpg", 110, 110, scratches(1)),
    Case("hopper.jpg", 110, 110, box(118, 145, 192, 185)),  # her mouth
    Case("hopper.jpg", 110, 110, box(60, 55, 145, 118)),  # an eye
    Case("astronaut.jpg", 66, 0, brush(12, (118, 70), (185, 95), (130, 125), (190, 150))),  # over the face
    Case("hopper.jpg", 40, 360, box(32, 118, 136, 164)),  # the name
    Case("astronaut.jpg", 150, 230, box(120, 98, 186, 154)),  # the badge
    Case("astronaut.jpg", 192, 20, box(156, -20, 276, 258)),  # the shuttle, up to both borders
    Case("chelsea.jpg", 60, 30, scratches(2)),
    Case("chelsea.jpg", 60, 30, brush(18, (20, 60), (110, 40), (230, 110), (150, 200), (40, 170))),
    Case("coffee.jpg", 240, 130, brush(86, (124, 152), (142, 118))),  # the spoon
    Case("rocket.jpg", 40, 180, brush(40, (149, -10), (149, 250))),  # a tower
    Case("rocket.jpg", 200, 60, scratches(3)),
)
