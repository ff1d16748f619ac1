"""The thin things that the finder is checked on: formulas of curves, drawn into photos that nothing was learnt from.

Nothing of `training/damage/thin_things.py` is used. Kinds return how much they cover, float32 (H, W) in [0, 1].
"""

from collections.abc import Callable

import cv2
import numpy as np

Random = np.random.Generator
VISIBLE = 0.08  # of 1: from there on a thing counts, where it changes the photo by so much


def add_things(rgb: np.ndarray, random: Random) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo, uint8 (H, W, 3), with one kind of thin things in it, and where they can be seen, bool (H, W)."""
    kind = KINDS[int(random.integers(len(KINDS)))]
    cover = np.clip(kind(rgb.shape[:2], random), 0, 1).astype(np.float32)
    cover = cv2.GaussianBlur(cover, (0, 0), random.uniform(0.4, 1.2))[:, :, None]
    pixels = rgb.astype(np.float32)
    grey = np.quantile(pixels, random.choice((0.03, 0.06, 0.95)), axis=(0, 1))
    thing = grey * (0.85 + 0.3 * np.linspace(0, 1, rgb.shape[1])[None, :, None] ** random.uniform(0.5, 2))
    drawn = np.clip(pixels + cover * random.uniform(0.75, 1) * (thing - pixels), 0, 255)
    seen = np.abs(drawn - pixels).max(2) > 255 * VISIBLE
    return drawn.astype(np.uint8), seen


def cover_cables(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Cables as chains hang, by the hyperbolic cosine."""
    rows, columns = _get_places(shape)
    stretch, low = random.uniform(1.5, 8) * shape[1], random.uniform(-0.3, 1.3) * shape[1]
    covered, top = np.zeros(shape, np.float32), random.uniform(0.05, 0.6) * shape[0]
    for number in range(random.integers(1, 5)):
        slope = random.normal(0, 0.02) + number * random.normal(0, 0.03)
        chain = top - stretch * (np.cosh((columns - low) / stretch) - 1) + slope * columns
        covered = np.maximum(covered, _draw_line(rows - chain, random.uniform(0.6, 1.3)))
        top += random.uniform(5, 40)
    return covered


def cover_spokes(shape: tuple[int, int], random: Random) -> np.ndarray:
    """A wheel: its spokes where the angle is a multiple of one, its rim where the distance is the radius."""
    rows, columns = _get_places(shape)
    down, across = rows - random.uniform(0.2, 0.8) * shape[0], columns - random.uniform(0.2, 0.8) * shape[1]
    radius, narrow = random.uniform(0.12, 0.35) * min(shape), random.uniform(1, 2.2)
    distance, angle = np.hypot(down, across * narrow), np.arctan2(down, across * narrow)
    count = int(random.integers(8, 29))
    beside = np.abs(np.sin(angle * count / 2)) * distance * 2 / count
    spokes = _draw_line(beside, random.uniform(0.5, 1.2)) * (distance < radius) * (distance > 0.1 * radius)
    return np.maximum(spokes, _draw_line(distance - radius, random.uniform(1.2, 3)))


def cover_bars(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Bars at equal distances in a plane that is seen from aside."""
    rows, columns = _get_places(shape)
    depth = 1 + random.uniform(-0.5, 1.5) * columns / shape[1]
    distance = random.uniform(9, 30)
    phase = np.mod(columns / depth, distance) - distance / 2
    top, tall = random.uniform(0, 0.6) * shape[0], random.uniform(0.2, 0.6) * shape[0]
    part = (rows > top) & (rows < top + tall / depth)
    bars = _draw_line(phase * depth, random.uniform(0.6, 1.6)) * part
    return np.maximum(bars, _draw_line(np.minimum(abs(rows - top), abs(rows - top - tall / depth)), 1.5))


def cover_twigs(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Twigs by rules of growth: F becomes F[+F]F[-F]."""
    rule, covered = "F", np.zeros(shape, np.uint8)
    for _ in range(3):
        rule = rule.replace("F", "F[+F]F[-F]")
    place, angle = random.uniform(0.1, 0.9, 2) * shape[::-1], random.uniform(0, 2 * np.pi)
    length, turn = random.uniform(0.03, 0.06) * min(shape), random.uniform(0.3, 0.7)
    saved: list[tuple[np.ndarray, float]] = []
    for letter in rule:
        if letter == "F":
            end = place + length * np.array((np.cos(angle), np.sin(angle)))
            first, last = (np.rint(point * 8).astype(int).tolist() for point in (place, end))
            cv2.line(covered, first, last, 255.0, 1 + (len(saved) == 0), cv2.LINE_AA, 3)
            place, angle = end, angle + random.normal(0, 0.08)
        elif letter == "[":
            saved.append((place, angle))
        elif letter == "]":
            place, angle = saved.pop()
        else:
            angle += turn if letter == "+" else -turn
    return covered.astype(np.float32) / 255


def cover_pole(shape: tuple[int, int], random: Random) -> np.ndarray:
    """A pole or a rod whose thickness falls to its end."""
    rows, columns = _get_places(shape)
    angle, at = random.uniform(0, np.pi), random.uniform(0.2, 0.8, 2) * shape
    along = (rows - at[0]) * np.sin(angle) + (columns - at[1]) * np.cos(angle)
    beside = (rows - at[0]) * np.cos(angle) - (columns - at[1]) * np.sin(angle)
    length = random.uniform(0.3, 0.8) * max(shape)
    beside = beside - random.normal(0, 0.1) / length * along**2
    share = along / length
    cover = np.clip(random.uniform(1, 2.5) * (1.2 - share) + 0.4 - np.abs(beside), 0, 1)
    return np.asarray(cover * (share > 0) * (share < 1), np.float32)


KINDS: tuple[Callable[[tuple[int, int], Random], np.ndarray], ...] = (
    cover_cables,
    cover_spokes,
    cover_bars,
    cover_twigs,
    cover_pole,
)


def _get_places(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return rows, columns


def _draw_line(distance: np.ndarray, half: float) -> np.ndarray:
    """Return the cover of a line of half the thickness `half`, from the distance to its middle, in pixels."""
    return np.asarray(np.clip(half + 0.3 - np.abs(distance), 0, 1), np.float32)
