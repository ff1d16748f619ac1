"""Makes photos look like old prints that nothing has happened to yet, and like scans of them."""

import cv2
import numpy as np

Random = np.random.Generator
SEPIA = np.array((1.0, 0.86, 0.66), np.float32)
LETTERS = "ABCDEFGHIKLMNOPRSTUVWZ 0123456789"


def age(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a picture, float32 (H, W, 3) in [0, 1], as a print of long ago: grey, toned or faded, soft, grainy."""
    if random.random() < 0.7:
        rgb = _drop_colours(rgb, random)
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
    height, width = rgb.shape[:2]
    if random.random() < 0.12:
        _draw_letters(rgb, random)
    if random.random() < 0.06:
        _draw_stripes(rgb, random)
    if random.random() < 0.12:
        frame = int(random.integers(3, 24))
        colour = random.uniform(190, 255, 3) if random.random() < 0.8 else random.uniform(0, 50, 3)
        cv2.rectangle(rgb, (0, 0), (width - 1, height - 1), colour.tolist(), 2 * frame)
    return rgb


def scan(rgb: np.ndarray, random: Random) -> np.ndarray:
    """Return a picture, float32 (H, W, 3) in [0, 1], as uint8: with grain, softness and JPEG's blocks, at times."""
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
