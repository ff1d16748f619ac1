"""Makes photos look like old prints that nothing has happened to yet, and like scans of them."""

import cv2
import numpy as np

from training.damage.shapes import make_clouds
from training.denoising.noise import print_halftone

Random = np.random.Generator
SEPIA = np.array((1.0, 0.86, 0.66), np.float32)
LETTERS = "ABCDEFGHIKLMNOPRSTUVWZ 0123456789"


def age(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a picture, float32 (H, W, 3) in [0, 1], as a print of long ago: grey, toned or faded, soft, grainy."""
    if random.random() < 0.15:
        rgb = np.minimum(rgb * np.float32(random.uniform(1.1, 1.9)), 1)  # burnt skies
    if random.random() < 0.7:
        rgb = _drop_colours(rgb, random)
    if random.random() < 0.15:  # developed unevenly
        cell = random.uniform(40, 160)
        rgb = rgb * (1 + random.uniform(0.01, 0.06) * make_clouds(rgb.shape[:2], cell, random)[:, :, None])
    if random.random() < 0.6:
        black, white = random.uniform(0, 0.25), random.uniform(0.7, 1)
        rgb = black + (white - black) * rgb ** np.float32(random.uniform(0.7, 1.4))
    if random.random() < 0.3:
        rgb = rgb * random.uniform(0.75, 1.0, 3).astype(np.float32)
    if random.random() < 0.2:
        rgb = rgb * (1 - random.uniform(0.1, 0.5) * _measure_distance(rgb.shape[:2])[:, :, None] ** 2)
    if random.random() < 0.35:
        rgb = cv2.GaussianBlur(rgb, (0, 0), random.uniform(0.4, 1.6))
    return np.clip(rgb, 0, 1).astype(np.float32)


def decorate(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a picture, uint8 (H, W, 3), with what may be in a print and is no damage: a border, letters, a railing."""
    rgb = rgb.copy()
    if random.random() < 0.12:
        _draw_letters(rgb, random)
    if random.random() < 0.06:
        _draw_stripes(rgb, random)
    return _add_border(rgb, random) if random.random() < 0.15 else rgb


def scan(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a picture, float32 (H, W, 3) in [0, 1], as uint8: with grain, softness and JPEG's blocks, at times."""
    if random.random() < 0.05:
        rgb = print_halftone(rgb, random, is_grey=False)
    if random.random() < 0.5:
        rgb = rgb + _make_grain(rgb.shape, random)
    if random.random() < 0.3:
        rgb = cv2.GaussianBlur(rgb, (0, 0), random.uniform(0.3, 1.0))
    pixels = np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8)
    if random.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 96))]
        pixels = np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, quality)[1], cv2.IMREAD_COLOR), np.uint8)
    return pixels


def _drop_colours(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return the picture in grey or toned; the emulsion saw the colours by random weights."""
    weights = random.dirichlet((3, 6, 2)).astype(np.float32)
    grey = (rgb @ weights)[:, :, None]
    tone = SEPIA ** np.float32(random.choice((0, 0, random.uniform(0.2, 1.2))))
    return np.asarray(grey * tone)


def _make_grain(shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Return noise, fine or clumped, the same in all channels or, seldom, different."""
    height, width = shape[:2]
    clump, channels = random.choice((1, 1, 2, 3)), 3 if random.random() < 0.25 else 1
    noise: np.ndarray = random.standard_normal((height // clump + 1, width // clump + 1, channels), dtype=np.float32)
    if clump > 1:
        noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, channels)
    return np.asarray(random.uniform(0.005, 0.05) * noise[:height, :width])


def _measure_distance(shape: tuple[int, int]) -> np.ndarray:
    """Return how far pixels are from the middle, float32 (H, W): 1 in the corners."""
    down, across = (np.linspace(-1, 1, length, dtype=np.float32) for length in shape)
    return np.asarray(np.sqrt((down[:, None] ** 2 + across**2) / 2))


def _add_border(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return the picture with paper along one to four of its sides, straight or frayed, at times with a line in it."""
    down, across = (np.arange(length, dtype=np.float32) for length in rgb.shape[:2])
    rows, columns = np.meshgrid(down, across, indexing="ij")
    lean = np.float32(random.normal(0, 0.006))
    from_sides = (rows, down[-1] - rows, columns, across[-1] - columns)
    chosen = random.permutation(4)[: random.integers(1, 5)]
    distance = np.min([from_sides[side] + lean * from_sides[side - 2] for side in chosen], 0)
    fray = random.uniform(0, 1.5) * make_clouds(rgb.shape[:2], random.uniform(3, 10), random)
    wide = random.uniform(3, 40)
    paper = np.clip(wide - distance + (fray if random.random() < 0.3 else 0), 0, 1)[:, :, None]
    value = random.uniform(180, 255) if random.random() < 0.8 else random.uniform(0, 50)
    colour = value * np.array((1, random.uniform(0.93, 1), random.uniform(0.8, 1)), np.float32)
    bordered = rgb * (1 - paper) + colour * paper
    if random.random() < 0.3:
        line = np.clip(1.5 - np.abs(distance - wide * random.uniform(0.3, 1.2)), 0, 1)[:, :, None]
        bordered = bordered * (1 - line) + random.uniform(0, 90) * line
    return np.clip(bordered, 0, 255).astype(np.uint8)


def _draw_letters(rgb: np.ndarray, random: Random) -> None:
    height, width = rgb.shape[:2]
    text = "".join(random.choice(list(LETTERS), int(random.integers(3, 12))))
    place = int(random.integers(0, width // 2)), int(random.integers(12, height))
    size, thickness = random.uniform(0.35, 1.3), int(random.integers(1, 3))
    colour = random.choice((random.uniform(0, 50), random.uniform(205, 255)))
    cv2.putText(rgb, text, place, int(random.integers(0, 8)), size, [float(colour)] * 3, thickness, cv2.LINE_AA)


def _draw_stripes(rgb: np.ndarray, random: Random) -> None:
    """Draw a railing: many lines at one distance, of one colour, over a part of the picture."""
    height, width = rgb.shape[:2]
    left, top = random.integers(0, (width // 2, height // 2))
    distance, count = int(random.integers(5, 16)), int(random.integers(5, 12))
    length, lean = int(random.integers(30, height)), float(random.normal(0, 0.05))
    colour = [float(random.choice((25, 230)) + random.uniform(-25, 25))] * 3
    for number in range(count):
        start = left + number * distance
        cv2.line(rgb, (int(start), int(top)), (int(start + lean * length), int(top + length)), colour, 1, cv2.LINE_AA)
