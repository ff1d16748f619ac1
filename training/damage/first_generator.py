"""The damage that the finder learns from: kinds drawn as strokes, specks and polygons, laid over a photo.

A kind returns layers: how much of a colour lies where. `draw_damage` lays some kinds over a picture and says what can
be seen of them. The held-back damage is drawn by `training/damage/second_generator.py`, which shares none of this.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from training.damage.shapes import Random, draw_colour, draw_point, fill, make_clouds, stroke, wander

Shape = tuple[int, int]


class Layer(NamedTuple):
    """`alpha`: float32 (H, W) in [0, 1], how much of `colour`, float32 (3,), lies there; with `stains` it darkens."""

    alpha: np.ndarray
    colour: np.ndarray
    stains: bool = False


def draw_scratches(shape: Shape, random: Random) -> Iterator[Layer]:
    """Long thin lines, straight or slightly bent, often side by side, with gaps."""
    plane, angle = np.zeros(shape, np.uint8), random.uniform(0, np.pi)
    together = random.random() < 0.4
    for _ in range(random.integers(1, 7)):
        turn = random.normal(0, 0.1) if together else random.uniform(0, np.pi)
        length = random.uniform(0.1, 1.5) * max(shape)
        path = wander(draw_point(shape, random), angle + turn, length, random, 0.015, random.normal(0, 0.012))
        stroke(plane, path, _draw_thickness(random), random.uniform(120, 255))
    yield Layer(_wear(plane, random), draw_colour(random))


def draw_film_lines(shape: Shape, random: Random) -> Iterator[Layer]:
    """Lines along the whole picture, as a roller or a projector leaves them."""
    plane, upright = np.zeros(shape, np.uint8), random.random() < 0.7
    angle = (np.pi / 2 if upright else 0.0) + random.normal(0, 0.01)
    for _ in range(random.integers(1, 4)):
        across = random.uniform(0, shape[1] if upright else shape[0])
        start = np.array((across, -5.0) if upright else (-5.0, across))
        stroke(plane, wander(start, angle, max(shape) + 20, random, 0.002), _draw_thickness(random), 200)
    yield Layer(_wear(plane, random, 0.3), draw_colour(random))


def draw_cracks(shape: Shape, random: Random) -> Iterator[Layer]:
    """Jagged lines that branch."""
    plane = np.zeros(shape, np.uint8)
    for _ in range(random.integers(1, 4)):
        path = wander(draw_point(shape, random), random.uniform(0, 7), random.uniform(40, 350), random, 0.35)
        thickness = _draw_thickness(random)
        stroke(plane, path, thickness, 255)
        for _ in range(random.integers(0, 6)):
            branch = wander(random.choice(path), random.uniform(0, 7), random.uniform(15, 120), random, 0.4)
            stroke(plane, branch, max(1, thickness - 1), random.uniform(140, 255))
    yield Layer(_wear(plane, random, 0.4), draw_colour(random))


def draw_fibres(shape: Shape, random: Random) -> Iterator[Layer]:
    """Short curled hairs and threads that lay on the glass."""
    plane = np.zeros(shape, np.uint8)
    for _ in range(random.integers(1, 9)):
        bend = random.normal(0, 0.2)
        path = wander(draw_point(shape, random), random.uniform(0, 7), random.uniform(12, 110), random, 0.12, bend)
        stroke(plane, path, 1 if random.random() < 0.75 else 2, random.uniform(130, 255))
    yield Layer(_soften(plane, random, 0.8), draw_colour(random))


def draw_dust(shape: Shape, random: Random) -> Iterator[Layer]:
    """Specks, most of a pixel or two, spread out or in a cloud."""
    plane = np.zeros(shape, np.uint8)
    count = int(np.exp(random.uniform(1.5, 5.2)))
    middle, spread = draw_point(shape, random, 0.0), random.uniform(0.1, 0.6) * max(shape)
    cloud = random.random() < 0.4
    for _ in range(count):
        place = random.normal(middle, spread) if cloud else draw_point(shape, random, 0.0)
        radius = min(7.0, 0.4 + random.exponential(random.choice((0.4, 0.9))))
        axes = radius * random.uniform(0.7, 1.4, 2)
        at, size = np.rint(place * 16).astype(int).tolist(), np.rint(axes * 16).astype(int).tolist()
        value = float(random.uniform(140, 255))
        cv2.ellipse(plane, at, size, random.uniform(0, 180), 0, 360, value, -1, cv2.LINE_AA, 4)
    yield Layer(_soften(plane, random, 0.8), draw_colour(random))


def draw_blotches(shape: Shape, random: Random) -> Iterator[Layer]:
    """Patches with a hard or a soft edge: flaked emulsion, mould, drops; at times a rim that is darker."""
    side = max(shape)
    for _ in range(random.integers(1, 4)):
        radius = random.uniform(0.02, 0.22) * side
        inside = _make_lump(shape, radius, random)
        softness = random.choice((0.03, 0.1, 0.3))
        alpha = np.clip(inside / softness + 0.5, 0, 1) * random.uniform(0.15, 1)
        if random.random() < 0.3:  # a dried drop
            rim = np.exp(-((inside / 0.06) ** 2)) * random.uniform(0.4, 0.9)
            alpha = np.maximum(alpha * random.uniform(0, 0.6), rim)
        yield Layer(alpha.astype(np.float32), draw_colour(random), bool(random.random() < 0.35))


def draw_peeling(shape: Shape, random: Random) -> Iterator[Layer]:
    """Many small hard-edged places where the emulsion is gone."""
    clouds = make_clouds(shape, random.uniform(3, 14), random) + 1.2 * make_clouds(
        shape, random.uniform(40, 120), random
    )
    alpha = np.clip((clouds - random.uniform(2.2, 3.2)) * random.uniform(2, 8), 0, 1)
    yield Layer(alpha, draw_colour(random, random.random() < 0.8))


def draw_fold(shape: Shape, random: Random) -> Iterator[Layer]:
    """A crease from side to side: a broken light line, cracks along it, and a shade on one side."""
    angle = random.choice((0.0, np.pi / 2)) + random.normal(0, 0.12) if random.random() < 0.7 else random.uniform(0, 3)
    middle = draw_point(shape, random, -0.1)
    reach = 0.8 * max(shape) * random.choice((1.0, 1.0, 0.4))
    start = middle - reach * np.array((np.cos(angle), np.sin(angle)))
    path = wander(start, angle, 2 * reach, random, 0.012)
    core, shade = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    stroke(shade, path + random.normal(0, 3, 2), int(random.integers(4, 14)), random.uniform(30, 110))
    stroke(core, path, int(random.integers(1, 6)), random.uniform(150, 255))
    for _ in range(random.integers(0, 12)):
        crack = wander(random.choice(path), angle + random.normal(1.5, 0.6), random.uniform(4, 25), random, 0.3)
        stroke(core, crack, 1, random.uniform(120, 255))
    light = random.random() < 0.8
    soft = cv2.GaussianBlur(shade, (0, 0), random.uniform(2, 5)).astype(np.float32) / 255
    yield Layer(soft, draw_colour(random, not light), True)
    yield Layer(_wear(core, random, 0.6), draw_colour(random, light))


def draw_tear(shape: Shape, random: Random) -> Iterator[Layer]:
    """A wedge from the picture's edge inwards, with torn white paper."""
    height, width = shape
    place, inward = random.uniform(0, 1), random.normal(0, 0.5)
    side = int(random.integers(4))
    start = np.array(((place * width, 0), (width, place * height), (place * width, height), (0, place * height))[side])
    path = wander(
        start, (np.pi / 2, np.pi, -np.pi / 2, 0)[side] + inward, random.uniform(0.1, 0.9) * height, random, 0.2
    )
    opening = random.uniform(1, 12) * np.linspace(1, 0.1, len(path))
    normal = np.array((-np.sin(inward + side * np.pi / 2 + np.pi / 2), np.cos(inward + side * np.pi / 2 + np.pi / 2)))
    jag = random.normal(0, 1, (len(path), 2))
    outline = np.concatenate((path, (path + opening[:, None] * normal + jag)[::-1]))
    plane = np.zeros(shape, np.uint8)
    fill(plane, outline)
    stroke(plane, path, int(random.integers(1, 4)), 255)
    yield Layer(_soften(plane, random, 0.5), draw_colour(random, random.random() < 0.75))


def draw_missing(shape: Shape, random: Random) -> Iterator[Layer]:
    """A corner or a strip along an edge that is gone, with a white fringe where the paper tore."""
    corner = random.random() < 0.65
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    down, across = (axis[::-1, ::-1] if random.random() < 0.5 else axis for axis in (down, across))
    if corner:
        across = across if random.random() < 0.5 else across[:, ::-1]
        reach = random.uniform(0.06, 0.45, 2) * shape
        inside = 1 - down / reach[0] - across / reach[1]
        inside = inside * reach.min()
    else:
        inside = random.uniform(0.01, 0.12) * shape[0] - (down if random.random() < 0.5 else across)
    inside = inside + random.uniform(0.5, 5) * make_clouds(shape, random.uniform(5, 40), random)
    inside = inside + random.uniform(0, 1) * make_clouds(shape, 3, random)
    if random.random() < 0.6:
        yield Layer(np.clip(inside + random.uniform(1, 6), 0, 1).astype(np.float32), draw_colour(random, True))
    yield Layer(np.clip(inside, 0, 1).astype(np.float32), draw_colour(random))


# Each kind, and how often it is drawn beside the others.
KINDS: dict[Callable[[Shape, Random], Iterator[Layer]], int] = {
    draw_scratches: 18,
    draw_cracks: 14,
    draw_fibres: 10,
    draw_dust: 22,
    draw_blotches: 18,
    draw_fold: 10,
    draw_film_lines: 3,
    draw_peeling: 5,
    draw_tear: 5,
    draw_missing: 9,
}
_DRAWN, _SHARES = list(KINDS), np.array(list(KINDS.values())) / sum(KINDS.values())


def draw_damage(rgb: np.ndarray, random: Random) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture, float32 (H, W, 3) in [0, 1], with one to four kinds of damage, and float32 (H, W): how much
    of the picture the damage covers."""
    covered = np.zeros(rgb.shape[:2], np.float32)
    for number in random.choice(len(_DRAWN), 1 + random.binomial(3, 0.35), p=_SHARES):
        for alpha, colour, stains in _DRAWN[number](rgb.shape[:2], random):
            target = rgb * colour if stains else _roughen(colour, rgb.shape[:2], random)
            rgb = rgb + alpha[:, :, None] * (target - rgb)
            covered = np.maximum(covered, alpha)
    return rgb, covered


def _roughen(colour: np.ndarray, shape: Shape, random: Random) -> np.ndarray:
    """Return a colour as a surface, float32 (H, W, 3) or (3,): at times uneven, as paper is."""
    if random.random() < 0.6:
        return colour
    return np.asarray(
        colour + random.uniform(0.01, 0.05) * make_clouds(shape, random.uniform(2, 30), random)[:, :, None]
    )


def _make_lump(shape: Shape, radius: float, random: Random) -> np.ndarray:
    """Return how deep pixels lie inside an irregular patch, in parts of its radius: 0 on its edge, below outside."""
    across, down = draw_point(shape, random, 0.0)
    rows, columns = np.arange(shape[0], dtype=np.float32), np.arange(shape[1], dtype=np.float32)
    stretch = random.uniform(0.6, 1.6)
    distance = np.sqrt((((rows - down) * stretch) ** 2)[:, None] + ((columns - across) / stretch) ** 2) / radius
    clouds = make_clouds(shape, radius * random.uniform(0.3, 1), random) * random.uniform(0.05, 0.3)
    return np.asarray(1 - distance + clouds)


def _draw_thickness(random: Random) -> int:
    return int(random.choice((1, 1, 1, 2, 2, 3, 4, 6)))


def _wear(plane: np.ndarray, random: Random, gaps: float = 0.5) -> np.ndarray:
    """Return a drawn plane as an alpha, softened and, in a part `gaps` of the cases, worn off in places."""
    alpha = _soften(plane, random, 0.5)
    if random.random() < gaps:
        alpha = alpha * np.clip(make_clouds(plane.shape, random.uniform(8, 60), random) + random.uniform(0, 1.5), 0, 1)
    return alpha


def _soften(plane: np.ndarray, random: Random, share: float) -> np.ndarray:
    if random.random() < share:
        plane = cv2.GaussianBlur(plane, (0, 0), random.uniform(0.4, 1.3))
    strength = 1.0 if random.random() < 0.5 else random.uniform(0.4, 1)
    return np.asarray(plane.astype(np.float32) * np.float32(strength / 255))
