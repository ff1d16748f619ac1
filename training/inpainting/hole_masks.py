"""Holes to be filled, drawn at random: strokes of a brush, boxes, and the irregular masks of a set.

A hole is bool (height, width), True where the picture is missing.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np

KINDS = ("strokes", "boxes", "blob")
MAX_TRIES = 200


def draw_hole(height: int, width: int, random: np.random.Generator, masks: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return a hole of a random kind that covers 5 to 50 % of the picture; `masks` are further holes, of any size."""
    kinds = [*KINDS, *(["given"] * bool(len(masks)))]
    kind = kinds[random.integers(len(kinds))]
    if kind == "given":
        return transform_mask(masks[int(random.integers(len(masks)))], height, width, random)
    share = random.uniform(0.05, 0.5) if kind == "strokes" else random.uniform(0.05, 0.35)
    if kind == "blob":
        return draw_blob(height, width, share, random)
    draw = draw_stroke if kind == "strokes" else draw_box
    hole = np.zeros((height, width), np.uint8)
    for _ in range(MAX_TRIES):
        draw(hole, random)
        if hole.mean() >= share:
            break
    return hole.astype(bool)


def draw_irregular(height: int, width: int, low: float, high: float, random: np.random.Generator) -> np.ndarray:
    """Return strokes that cover between `low` and `high` of the picture: the holes that methods are measured on.

    Where the picture is too small for such strokes, one of which may cover more, it is a blob that comes as near to it
    as whole pixels can. Raises ValueError for a single pixel, which cannot have a hole and something around it.
    """
    if height * width < 2:
        raise ValueError("a picture of one pixel has no room for a hole")
    wanted = random.uniform(low, high)
    for _ in range(MAX_TRIES):
        hole = np.zeros((height, width), np.uint8)
        for _ in range(MAX_TRIES):
            draw_stroke(hole, random)
            if hole.mean() >= wanted:
                break
        if low <= hole.mean() <= high:
            return hole.astype(bool)
    return draw_blob(height, width, wanted, random)


def draw_stroke(hole: np.ndarray, random: np.random.Generator) -> None:
    """Draw one bent stroke with round ends into uint8 `hole`; its lengths follow the shorter side."""
    height, width = hole.shape
    side = min(height, width)
    thick = max(2, round(side * random.uniform(0.02, 0.09)))
    point = np.array([random.uniform(0, width), random.uniform(0, height)])
    angle = random.uniform(0, 2 * math.pi)
    for _ in range(int(random.integers(3, 10))):
        angle += random.normal(0, 0.7)
        step = side * random.uniform(0.05, 0.2)
        following = point + step * np.array([math.cos(angle), math.sin(angle)])
        following = np.clip(following, 0, [width - 1, height - 1])
        start, end = (tuple(int(round(value)) for value in place) for place in (point, following))
        cv2.line(hole, start, end, 1, thick)
        cv2.circle(hole, end, thick // 2, 1, -1)
        point = following


def draw_box(hole: np.ndarray, random: np.random.Generator) -> None:
    """Draw one box into uint8 `hole`, a tenth to a half of each side."""
    height, width = hole.shape
    tall, wide = (max(1, round(side * random.uniform(0.1, 0.5))) for side in (height, width))
    top, left = int(random.integers(0, height - tall + 1)), int(random.integers(0, width - wide + 1))
    hole[top : top + tall, left : left + wide] = 1


def draw_blob(height: int, width: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Return rounded shapes that cover `share` of the picture: smooth noise above a threshold."""
    noise = random.normal(size=(height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), max(1.0, min(height, width) / 12), borderType=cv2.BORDER_REFLECT)
    return smooth > np.quantile(smooth, 1 - share)


def transform_mask(mask: np.ndarray, height: int, width: int, random: np.random.Generator) -> np.ndarray:
    """Return a hole of another size, mirrored and turned at random, stretched over the picture."""
    mask = np.rot90(mask, int(random.integers(4)))
    mask = mask[:, ::-1] if random.random() < 0.5 else mask
    return cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
