"""The damage that the finder is checked on: distance fields, thresholds of noise and densities, over own ageing.

Nothing of `training/damage/first_generator.py`, of its shapes or of its ageing is used, so that what is measured is
not how well the finder knows one way of drawing. Kinds return how much they cover, float32 (H, W) in [0, 1].
"""

from collections.abc import Callable

import cv2
import numpy as np

Random = np.random.Generator
COVERED, VISIBLE = 0.3, 0.06  # from there on, of 1, damage counts: what it covers, and how much it changes
MAX_DENSITY = 1.4  # of a stain, in powers of e


def damage_photo(rgb: np.ndarray, random: Random) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return a photo, uint8 (H, W, 3), aged and damaged as uint8, the mask of the damage, uint8 (H, W) of 0 and 255,
    and the names of the kinds."""
    aged = age_otherwise(rgb.astype(np.float32) / 255, random)
    spoilt, covered, names = aged, np.zeros(rgb.shape[:2], np.float32), []
    for number in random.choice(len(KINDS), int(random.integers(1, 4)), replace=False):
        cover = np.clip(KINDS[number](rgb.shape[:2], random), 0, 1).astype(np.float32)
        names.append(KINDS[number].__name__.removeprefix("cover_"))
        spoilt = _apply(spoilt, cover, names[-1], random)
        covered = np.maximum(covered, cover)
    change = cv2.dilate(np.abs(spoilt - aged).max(2), np.ones((3, 3), np.uint8))
    mask = np.where((covered >= COVERED) & (change > VISIBLE), np.uint8(255), np.uint8(0))
    noisy = spoilt + random.normal(0, random.uniform(0, 0.02), spoilt.shape[:2])[:, :, None]
    pixels = np.clip(noisy * 255, 0, 255).astype(np.uint8)
    quality = int(random.integers(60, 100))
    file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR)), mask, names


def age_otherwise(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a photo, float32 (H, W, 3) in [0, 1], mixed towards its grey and a tone, with another curve."""
    grey = rgb.mean(2, keepdims=True)
    rgb = grey + random.choice((0.0, 0.0, 0.3, 0.8)) * (rgb - grey)
    tone = 1 - random.uniform(0, 0.4) * np.array((0.0, 0.4, 1.0), np.float32)
    curve = 0.5 + (rgb - 0.5) * random.uniform(0.6, 1.0) + random.uniform(-0.08, 0.12)
    return np.asarray(np.clip(cv2.GaussianBlur(curve * tone, (0, 0), random.uniform(0.2, 1.0)), 0, 1), np.float32)


def cover_lines(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Lines as the distance to a parabola with a wave."""
    covered = np.zeros(shape, np.float32)
    for _ in range(random.integers(1, 5)):
        along, off = _rotate(shape, random)
        side = max(shape)
        off = (
            off
            - random.uniform(-0.2, 0.2) / side * along**2
            - random.uniform(0, 4) * np.sin(along / random.uniform(20, 90))
        )
        width = random.uniform(0.5, 2.0) * (1 + 0.4 * _make_waves(along, random))
        ends = np.clip((random.uniform(0.1, 0.7) * side - np.abs(along)) / 6, 0, 1)
        covered = np.maximum(covered, np.clip(width + 0.5 - np.abs(off), 0, 1) * ends)
    return covered


def cover_cells(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Cracks between the cells of scattered points, in one part of the picture."""
    points = random.uniform(0, 1, (int(random.integers(12, 60)), 2)) * shape
    rows, columns = (axis.astype(np.float32) for axis in np.mgrid[: shape[0], : shape[1]])
    rows, columns = (axis + 5 * _make_noise(shape, 14, random) for axis in (rows, columns))
    distances = np.sqrt((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2)
    nearest, second = np.moveaxis(np.partition(distances, 1, axis=2)[..., :2], 2, 0)
    part = _make_noise(shape, max(shape) / 3, random) > random.uniform(-0.3, 0.8)
    return np.asarray(np.clip(random.uniform(0.8, 2.2) - (second - nearest) / 2 + 0.3, 0, 1) * part)


def cover_threads(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Curled threads: spirals of Euler, splatted point by point."""
    plane = np.zeros(shape, np.float32)
    for _ in range(random.integers(1, 6)):
        times = np.linspace(-1, 1, 600)
        turn = random.uniform(0, 7) + random.uniform(-4, 4) * times + random.uniform(-6, 6) * times**2
        moves = np.stack((np.sin(turn), np.cos(turn)), 1) * random.uniform(0.04, 0.2)
        places = (random.uniform(0, 1, 2) * shape + np.cumsum(moves, 0)).round().astype(int)
        inside = ((places >= 0) & (places < shape)).all(1)
        plane[tuple(places[inside].T)] = 1
    return np.asarray(np.clip(cv2.GaussianBlur(plane, (0, 0), random.uniform(0.5, 0.9)) * 2.2, 0, 1))


def cover_specks(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Specks: where blurred white noise is highest."""
    covered = np.zeros(shape, np.float32)
    for sigma in random.uniform(0.7, 2.6, int(random.integers(1, 3))):
        noise = cv2.GaussianBlur(random.standard_normal(shape, dtype=np.float32), (0, 0), sigma)
        limit = random.uniform(3.2, 4.2) * noise.std()
        covered = np.maximum(covered, np.clip((noise - limit) / noise.std() * 3, 0, 1))
    return covered


def cover_spills(shape: tuple[int, int], random: Random) -> np.ndarray:
    """Stains: the level set of a few warped bells."""
    rows, columns = (axis + 8 * _make_noise(shape, 30, random) for axis in np.mgrid[: shape[0], : shape[1]])
    middle, level = random.uniform(0.1, 0.9, 2) * shape, np.zeros(shape)
    for _ in range(random.integers(2, 6)):
        place, radius = random.normal(middle, 0.08 * max(shape)), random.uniform(0.02, 0.09) * max(shape)
        level += np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / (2 * radius**2))
    return np.asarray(np.clip((level - 0.5) * random.choice((3, 8, 20)) + 0.5, 0, 1))


def cover_crease(shape: tuple[int, int], random: Random) -> np.ndarray:
    """A crease: a core that breaks up along its way, between two random points."""
    along, off = _rotate(shape, random)
    off = off + 1.5 * _make_waves(along, random)
    width = random.uniform(0.6, 2.4) * (1 + 0.8 * _make_waves(along * 3, random))
    flakes = (np.abs(off) < random.uniform(3, 9)) & (_make_noise(shape, 4, random) > 1.7)
    return np.asarray(np.maximum(np.clip(width + 0.5 - np.abs(off), 0, 1), flakes))


def cover_rip(shape: tuple[int, int], random: Random) -> np.ndarray:
    """A rip from the edge: a zigzag halved again and again, its band wider at the edge."""
    zigzag = np.zeros(2)
    for depth in range(7):
        middles = (zigzag[1:] + zigzag[:-1]) / 2 + random.normal(0, 0.1 * 0.55**depth, len(zigzag) - 1)
        zigzag = np.insert(zigzag, np.arange(1, len(zigzag)), middles)
    turned = bool(random.random() < 0.5)
    height, width = shape[::-1] if turned else shape
    length = random.uniform(0.2, 0.8) * height
    rows, columns = (axis.astype(np.float32) for axis in np.mgrid[:height, :width])
    path = random.uniform(0.2, 0.8) * width + length * np.interp(rows / length, np.linspace(0, 1, len(zigzag)), zigzag)
    opening = random.uniform(1.5, 6) * (1 - rows / length)
    covered = np.clip(opening - np.abs(columns - path) + 0.5, 0, 1) * (rows < length)
    covered = covered[::-1] if random.random() < 0.5 else covered
    return np.ascontiguousarray(covered.T if turned else covered)


def cover_gap(shape: tuple[int, int], random: Random) -> np.ndarray:
    """A corner cut off by a line that noise of several sizes has frayed."""
    rows, columns = (axis.astype(np.float32) for axis in np.mgrid[: shape[0], : shape[1]])
    rows = rows if random.random() < 0.5 else rows[::-1]
    columns = columns if random.random() < 0.5 else columns[:, ::-1]
    angle, size = random.uniform(0.3, 1.27), random.uniform(0.06, 0.28) * min(shape)
    fray = sum(size_of * 0.12 * _make_noise(shape, size_of, random) for size_of in (4, 12, 36))
    return np.asarray(np.clip(size - rows * np.sin(angle) - columns * np.cos(angle) + fray, 0, 1))


KINDS: tuple[Callable[[tuple[int, int], Random], np.ndarray], ...] = (
    cover_lines,
    cover_cells,
    cover_threads,
    cover_specks,
    cover_spills,
    cover_crease,
    cover_rip,
    cover_gap,
)


def _apply(rgb: np.ndarray, cover: np.ndarray, name: str, random: Random) -> np.ndarray:
    """Return the picture with the colour taken off, or with dirt on it, where `cover` says."""
    cover = cover[:, :, None]
    if name == "spills" and random.random() < 0.5:  # a density, so what is below still shows
        density = random.uniform(0.4, MAX_DENSITY) * np.array((0.6, 0.8, 1.0), np.float32)
        return np.asarray(rgb * np.exp(-density * cover), np.float32)
    bare = name in ("rip", "gap", "crease") or random.random() < 0.55
    base = random.uniform(0.8, 0.98) if bare else random.uniform(0.02, 0.25)
    surface = base * np.array((1.0, 0.98, random.uniform(0.85, 1.0)), np.float32)
    surface = surface + 0.02 * _make_noise(rgb.shape[:2], 3, random)[:, :, None]
    return np.asarray(rgb * (1 - cover * random.uniform(0.7, 1)) + cover * surface * random.uniform(0.7, 1), np.float32)


def _rotate(shape: tuple[int, int], random: Random) -> tuple[np.ndarray, np.ndarray]:
    """Return how far pixels lie along and beside a random line, float32 (H, W), in pixels."""
    angle, place = random.uniform(0, np.pi), random.uniform(0.1, 0.9, 2) * shape
    rows, columns = (
        axis.astype(np.float32) - at for axis, at in zip(np.mgrid[: shape[0], : shape[1]], place, strict=True)
    )
    along = columns * np.cos(angle) + rows * np.sin(angle)
    return np.asarray(along, np.float32), np.asarray(rows * np.cos(angle) - columns * np.sin(angle), np.float32)


def _make_waves(along: np.ndarray, random: Random) -> np.ndarray:
    """Return a sum of three waves along a line, in [-1, 1]."""
    lengths, phases = random.uniform(6, 60, 3), random.uniform(0, 7, 3)
    return np.asarray(sum(np.sin(along / length + phase) for length, phase in zip(lengths, phases, strict=True)) / 3)


def _make_noise(shape: tuple[int, int], size: float, random: Random) -> np.ndarray:
    """Return white noise blurred to lumps of `size` pixels, float32 (H, W), of mean 0 and deviation 1."""
    step = max(1, int(size / 4))
    small = random.standard_normal((shape[0] // step + 2, shape[1] // step + 2), dtype=np.float32)
    smooth = cv2.GaussianBlur(small, (0, 0), max(0.5, size / step / 2.5))
    large = cv2.resize(smooth, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray((large - large.mean()) / (large.std() + 1e-6))
