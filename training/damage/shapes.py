"""What the shapes of drawn damage are made of: wandering paths, strokes and clouds."""

import cv2
import numpy as np

Random = np.random.Generator
SHIFT = 4  # OpenCV's coordinates are in sixteenths of a pixel
PAPER_LIGHT = (0.78, 1.0)


def wander(
    start: np.ndarray, angle: float, length: float, random: Random, wobble: float = 0.02, bend: float = 0.0
) -> np.ndarray:
    """Return a path, float (N, 2) of x and y, of steps of 5 pixels: `wobble` turns it at random, `bend` steadily."""
    steps = max(2, round(length / 5))
    angles = angle + bend * np.arange(steps) + np.cumsum(random.normal(0, wobble, steps))
    moves = 5 * np.stack((np.cos(angles), np.sin(angles)), 1)
    return np.asarray(start + np.concatenate((np.zeros((1, 2)), np.cumsum(moves, 0))))


def stroke(plane: np.ndarray, path: np.ndarray, thickness: int, value: float) -> None:
    """Draw a path into a plane, uint8 (H, W), antialiased."""
    cv2.polylines(plane, [to_fixed(path)], False, float(value), thickness, cv2.LINE_AA, SHIFT)


def fill(plane: np.ndarray, outline: np.ndarray, value: float = 255) -> None:
    """Fill a polygon, float (N, 2), in a plane, uint8 (H, W)."""
    cv2.fillPoly(plane, [to_fixed(outline)], float(value), cv2.LINE_AA, SHIFT)


def to_fixed(path: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(path * 2**SHIFT).astype(np.int32))


def make_clouds(shape: tuple[int, int], cell: float, random: Random) -> np.ndarray:
    """Return smooth noise, float32 (H, W), of mean 0 and deviation of about 1, whose lumps have `cell` pixels."""
    size = max(2, round(shape[0] / cell)) + 1, max(2, round(shape[1] / cell)) + 1
    noise = random.standard_normal(size, dtype=np.float32)
    return np.asarray(cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))


def draw_colour(random: Random, light: bool | None = None) -> np.ndarray:
    """Return a colour of damage, float32 (3,): paper, or dirt; mostly grey, at times warm."""
    if light is None:
        light = bool(random.random() < 0.5)
    value = random.uniform(*PAPER_LIGHT) if light else random.uniform(0, 0.3)
    warmth = random.uniform(0, 0.2) if random.random() < 0.4 else 0.0
    return np.array((value, value * (1 - warmth / 2), value * (1 - warmth)), np.float32)


def draw_point(shape: tuple[int, int], random: Random, margin: float = 0.1) -> np.ndarray:
    """Return a place, float (2,) of x and y, in the picture or a little outside."""
    return np.asarray(random.uniform(-margin, 1 + margin, 2) * (shape[1], shape[0]))
