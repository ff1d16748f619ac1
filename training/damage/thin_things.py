"""Thin things that belong to a scene and are no damage: wires, masts, rods, spokes, railings, branches, hair and more.

They are drawn into a photo before it is made small, aged and scanned, so that they are as soft and as grainy as what is
around them; damage lies on the print, and is not. Their colours are those of the photo, with light along them.
Held-back things are drawn by `training/damage/second_things.py`, which shares none of this.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from training.damage.shapes import Random, draw_point, fill, wander

Shape = tuple[int, int]
Path = tuple[np.ndarray, float, float]  # float (N, 2) of x and y, and its thickness at both ends, in pixels
FONTS = range(8)
MAX_TWIGS = 60


def draw_wires(shape: Shape, random: Random) -> Iterator[Path]:
    """Wires that sag between the picture's sides or from a pole, side by side or towards one point."""
    height, width = shape
    left, right = random.uniform(0, 0.8, 2) * height
    ends = (0.0 if random.random() < 0.6 else random.uniform(0.05, 0.5) * width), float(width)
    sag, thickness = random.uniform(0, 0.12) * height, random.uniform(0.5, 1.8)
    spread = random.uniform(3, 30, 2)
    for number in range(random.integers(1, 7)):
        across = np.linspace(0, 1, 24)
        heights = left + number * spread[0] + (right + number * spread[1] - left - number * spread[0]) * across
        heights = heights + sag * random.uniform(0.9, 1.1) * 4 * across * (1 - across)
        path = np.stack((ends[0] + (ends[1] - ends[0]) * across, heights), 1)
        yield path, thickness, thickness * random.uniform(0.6, 1.2)
    if ends[0]:
        x = ends[0]
        yield np.array(((x, left - 12), (x + random.normal(0, 3), height))), random.uniform(2, 4), random.uniform(3, 8)


def draw_mast(shape: Shape, random: Random) -> Iterator[Path]:
    """An aerial or a mast that stands on something, with yards and stays."""
    height, width = shape
    foot, tall = random.uniform((0, 0.4), (1, 1)) * (width, height), random.uniform(0.2, 0.8) * height
    top = foot + (random.normal(0, 0.03) * tall, -tall)
    thickness = random.uniform(1, 5)
    yield np.stack((foot, top)), thickness, max(0.6, thickness * random.uniform(0.2, 0.7))
    for _ in range(random.integers(0, 7)):
        at = foot + random.uniform(0.4, 1) * (top - foot)
        reach, lean = random.uniform(0.03, 0.25) * tall, random.normal(0, 0.1)
        yield np.array((at - (reach, reach * lean), at + (reach, reach * lean))), random.uniform(0.6, 2), 1.0
    for _ in range(random.integers(0, 9)):
        side = random.choice((-1, 1)) * random.uniform(0.1, 0.7) * tall
        at = foot + random.uniform(0.5, 1) * (top - foot)
        yield np.stack((at, foot + (side, random.normal(0, 5)))), random.uniform(0.5, 1.3), random.uniform(0.5, 1.3)


def draw_rod(shape: Shape, random: Random) -> Iterator[Path]:
    """A fishing rod, a stick, a leash or a lance: straight or bent, thinner to one end, at times with a line on it."""
    angle, length = random.uniform(-np.pi, 0), random.uniform(0.25, 0.9) * max(shape)
    bend = random.normal(0, 0.006)
    path = wander(draw_point(shape, random, -0.1), angle, length, random, 0.001, bend)
    thickness = random.uniform(1.2, 4)
    yield path, thickness, random.uniform(0.5, 1)
    if random.random() < 0.5:
        drop = path[-1] + random.uniform(0.1, 0.6) * shape[0] * np.array((random.normal(0, 0.3), 1))
        yield np.stack((path[-1], drop)), 0.6, 0.5


def draw_wheel(shape: Shape, random: Random) -> Iterator[Path]:
    """A wheel with a rim and spokes, seen from some side, or a part of it."""
    middle, radius = draw_point(shape, random), random.uniform(0.06, 0.4) * max(shape)
    turn, squeeze = random.uniform(0, np.pi), random.uniform(0.3, 1)
    axes = np.array(((np.cos(turn), np.sin(turn)), (-np.sin(turn) * squeeze, np.cos(turn) * squeeze)))
    round_path = np.linspace(0, 2 * np.pi, 60)
    circle = np.stack((np.cos(round_path), np.sin(round_path)), 1)
    thickness = random.uniform(1, 4)
    for part in ((1.0,), (1.0, random.uniform(0.85, 0.95)))[int(random.integers(2))]:
        yield middle + radius * part * circle @ axes, thickness, thickness
    count, start, thin = int(random.integers(6, 37)), random.uniform(0, 7), random.uniform(0.5, 2)
    offset = random.choice((0.0, random.uniform(0, 0.15)))  # spokes that cross
    for number in range(count):
        angle = start + 2 * np.pi * number / count
        inner = angle + offset * (-1) ** number * 6
        ends = np.array(((0.06 * np.cos(inner), 0.06 * np.sin(inner)), (0.97 * np.cos(angle), 0.97 * np.sin(angle))))
        yield middle + radius * ends @ axes, thin, thin


def draw_railing(shape: Shape, random: Random) -> Iterator[Path]:
    """Uprights at distances that shrink with the perspective, between rails; or a lattice, or the bars of a window."""
    corner = draw_point(shape, random, -0.05)
    length, tall = random.uniform(0.3, 1) * shape[1], random.uniform(0.1, 0.5) * shape[0]
    slopes = random.normal(0, 0.12, 2)
    count, thin = int(random.integers(4, 28)), random.uniform(0.6, 3)
    places = np.linspace(0, 1, count) ** random.uniform(0.8, 1.7)
    lattice = count // 4 if random.random() < 0.3 else 0
    rail = [corner + (places * length)[:, None] * np.array((1, slope)) for slope in slopes]
    below = rail[1] + (0, tall)
    for number in range(count):
        other = min(count - 1, number + lattice)
        yield np.stack((rail[0][number], below[other])), thin, thin
        if lattice:
            yield np.stack((rail[0][other], below[number])), thin, thin
    for share in np.linspace(0, 1, int(random.integers(2, 6))):
        yield rail[0] + share * (below - rail[0]), thin * random.uniform(1, 2), thin


def draw_branches(shape: Shape, random: Random) -> Iterator[Path]:
    """A bare tree or a twig: each part thinner than the one that it grows on."""
    start, angle = draw_point(shape, random), random.normal(-np.pi / 2, 0.9)
    growing = [(start, angle, random.uniform(0.1, 0.35) * max(shape), random.uniform(1.5, 7))]
    for _ in range(MAX_TWIGS):
        if not growing:
            return
        start, angle, length, thickness = growing.pop(0)
        path = wander(start, angle, length, random, 0.08)
        yield path, thickness, max(0.5, 0.6 * thickness)
        if thickness > 0.7 and length > 8:
            for _ in range(random.integers(1, 4)):
                at = path[int(random.integers(len(path) // 2, len(path)))]
                growing.append((at, angle + random.normal(0, 0.6), length * random.uniform(0.4, 0.9), 0.6 * thickness))


def draw_strands(shape: Shape, random: Random) -> Iterator[Path]:
    """Hair, grass, reeds or a fringe: many, nearly side by side."""
    start, angle = draw_point(shape, random, -0.05), random.uniform(0, 7)
    bend, length, spread = random.normal(0, 0.03), random.uniform(0.06, 0.4) * max(shape), random.uniform(4, 60)
    across = np.array((-np.sin(angle), np.cos(angle)))
    for _ in range(random.integers(4, 40)):
        root = start + random.normal(0, spread) * across
        turn, own = angle + random.normal(0, 0.12), bend + random.normal(0, 0.01)
        yield wander(root, turn, length * random.uniform(0.5, 1.2), random, 0.02, own), random.uniform(0.6, 2), 0.5


def draw_rigging(shape: Shape, random: Random) -> Iterator[Path]:
    """Lines from one point to many, with steps between them: a ship's ropes, an umbrella, a tent, a harp."""
    top, foot = draw_point(shape, random), draw_point(shape, random)
    along = random.normal(0, 0.3, 2) * shape[::-1]
    count, thin = int(random.integers(3, 14)), random.uniform(0.5, 1.6)
    feet = foot + np.linspace(-0.5, 0.5, count)[:, None] * along
    tops = top + np.linspace(-0.5, 0.5, count)[:, None] * along * random.choice((0, 0, 1))
    for one, other in zip(tops, feet, strict=True):
        yield np.stack((one, other)), thin, thin
    for share in np.linspace(0.1, 0.95, int(random.integers(2, 20))) if random.random() < 0.5 else ():
        yield tops + share * (feet - tops), 0.7 * thin, 0.7 * thin


def draw_markings(shape: Shape, random: Random) -> Iterator[Path]:
    """Lines on the ground that run together far off: a track, a court, rails, a kerb."""
    height, width = shape
    far = np.array((random.uniform(-0.5, 1.5) * width, random.uniform(0, 0.5) * height))
    thickness = random.uniform(1, 7)
    for foot in np.sort(random.uniform(-0.6, 1.6, int(random.integers(2, 9)))) * width:
        near = np.array((foot, height + 5.0))
        yield np.stack((near, far + random.uniform(0, 0.25) * (near - far))), thickness, random.uniform(0.5, 1.2)


def draw_net(shape: Shape, random: Random) -> Iterator[Path]:
    """Lace, a net or a fence of wire: small meshes over a part of the picture."""
    corner, mesh = draw_point(shape, random, -0.1), random.uniform(4, 16)
    rows, columns = random.integers(4, 16, 2)
    turn, thin = random.uniform(0, np.pi), random.uniform(0.5, 1.5)
    axes = mesh * np.array(((np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))))
    down, across = np.mgrid[:rows, :columns].astype(float)
    wave = random.uniform(0, 0.5) * np.stack((np.sin(down * 0.9), np.sin(across * 0.7)), 2)
    knots = corner + (np.stack((across, down), 2) + wave) @ axes
    for line in (*knots, *knots.transpose(1, 0, 2)):
        yield line, thin, thin


def draw_rain(shape: Shape, random: Random) -> Iterator[Path]:
    """Short strokes that all fall one way."""
    angle, length = random.normal(np.pi / 2, 0.25), random.uniform(6, 30)
    for _ in range(random.integers(30, 150)):
        start = draw_point(shape, random, 0.0)
        way = length * random.uniform(0.6, 1.2) * np.array((np.cos(angle), np.sin(angle)))
        yield np.stack((start, start + way)), 0.6, 0.5


# Each kind, and how often it is drawn beside the others.
KINDS: dict[Callable[[Shape, Random], Iterator[Path]], int] = {
    draw_wires: 18,
    draw_mast: 12,
    draw_rod: 12,
    draw_wheel: 12,
    draw_railing: 10,
    draw_branches: 10,
    draw_strands: 9,
    draw_rigging: 7,
    draw_markings: 7,
    draw_net: 4,
    draw_rain: 2,
}
_DRAWN, _SHARES = list(KINDS), np.array(list(KINDS.values())) / sum(KINDS.values())


def add_things(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a photo, uint8 (H, W, 3), with one or two kinds of thin things in it, and at times something written."""
    shape = rgb.shape[:2]
    for number in random.choice(len(_DRAWN), int(random.integers(1, 3)), p=_SHARES):
        dark = random.random() < 0.7
        soft = random.uniform(0.3, 0.7) if random.random() < 0.75 else random.uniform(0.7, 2.5)  # out of focus
        cover = draw_cover(shape, list(_DRAWN[number](shape, random)), soft)
        rgb = lay_over(rgb, cover, dark, random)
        if random.random() < 0.3:  # the side that the light falls on, or the shadow on the other side
            rgb = lay_over(rgb, np.roll(cover, (1, 1), (0, 1)) * (1 - cover) * 0.5, not dark, random)
    return write(rgb, random) if random.random() < 0.12 else rgb


def draw_cover(shape: Shape, paths: list[Path], soft: float) -> np.ndarray:
    """Return how much paths cover, float32 (H, W) in [0, 1]; one thinner than a pixel covers a part of it."""
    plane, height = np.zeros((2 * shape[0], 2 * shape[1]), np.uint8), 2
    for path, first, last in paths:
        steps = np.gradient(path, axis=0)
        normals = np.stack((-steps[:, 1], steps[:, 0]), 1) / (np.linalg.norm(steps, axis=1, keepdims=True) + 1e-6)
        halves = height * np.linspace(first, last, len(path))[:, None] / 2
        outline = np.concatenate((height * path + normals * halves, (height * path - normals * halves)[::-1]))
        fill(plane, outline)
    covered = cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(np.clip(1.15 * cv2.GaussianBlur(covered, (0, 0), soft), 0, 1))


def lay_over(rgb: np.ndarray, cover: np.ndarray, dark: bool, random: Random) -> np.ndarray:
    """Return the photo with a colour of its own over it, lit unevenly."""
    bright = rgb.mean(2)
    limit = np.quantile(bright, random.uniform(0, 0.12) if dark else random.uniform(0.9, 1))
    rows, columns = np.nonzero(bright <= limit if dark else bright >= limit)
    at = int(random.integers(len(rows)))
    light = cv2.resize(random.uniform(0.75, 1.3, (3, 3)).astype(np.float32), rgb.shape[1::-1])[:, :, None]
    thing = rgb[rows[at], columns[at]] * light + random.uniform(0, 12)
    strength = cover[:, :, None] * random.uniform(0.6, 1)
    return np.clip(rgb * (1 - strength) + thing * strength, 0, 255).astype(np.uint8)


def write(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return the photo with a line of writing near its lower edge or on a sign: a caption, a name, a number."""
    rgb, (height, width) = rgb.copy(), rgb.shape[:2]
    text = "".join(random.choice(list("abcdefghiklmnoprstuvwz AEHMNRST.1890"), int(random.integers(4, 22))))
    place = int(random.uniform(0, 0.5) * width), int(height * random.choice((0.95, random.uniform(0.1, 1))))
    light, size = random.random() < 0.6, random.uniform(0.3, 1.1)
    colour = [float(random.uniform(200, 255) if light else random.uniform(0, 60))] * 3
    cv2.putText(rgb, text, place, int(random.choice(FONTS)), size, colour, int(random.integers(1, 3)), cv2.LINE_AA)
    return rgb
