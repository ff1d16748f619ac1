"""Makes clean crops noisy the ways photos are: on the sensor, in the film, by JPEG, in print.

All functions take and return float32 (H, W, 3) in [0, 1], sRGB-encoded, unless they say otherwise.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

GRID = 8  # of JPEG: a crop that is this much larger can be cut at any place of it
# How often each kind is drawn, and how often what it made is saved as JPEG afterwards.
KINDS = {
    "gauss": (0.28, 0.08),
    "sensor": (0.20, 0.5),
    "grain": (0.13, 0.4),
    "halftone": (0.10, 0.4),
    "jpeg": (0.25, 1.0),
    "none": (0.04, 0.0),
}
GREY_SHARE, SEPIA_SHARE = 0.15, 0.08
# The same for weights that take out what JPEG leaves.
JPEG_KINDS = {"sensor": (0.08, 1.0), "grain": (0.05, 1.0), "jpeg": (0.85, 1.0), "none": (0.02, 0.0)}
DEVIATIONS = 0.0, 50.0  # of white noise, in levels of 255
QUALITIES = 8, 96
LATER_QUALITIES = 50, 96  # of a file that holds another noise
CHROMA_SHARE = 0.3  # of sensors whose colours also have coarse blotches

Tone = Callable[[np.ndarray], np.ndarray]


def make_pair(
    crop: np.ndarray,
    random: np.random.Generator,
    kind: str = "",
    kinds: Mapping[str, tuple[float, float]] = KINDS,
    on_grid: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a noisy and a clean crop, uint8 (S - 8, S - 8, 3), of a clean one, uint8 (S, S, 3).

    kind: one of `kinds`, "" for one drawn at random. A share of the pictures are made grey, some of these sepia.
    on_grid: the crop begins where a block of JPEG begins, instead of anywhere.
    """
    kind = kind or str(random.choice(list(kinds), p=[share for share, _ in kinds.values()]))
    clean, tone = draw_tone(crop.astype(np.float32) / 255, random)
    noisy = add_noise(clean, kind, random, is_grey=tone is not None)
    if tone:
        clean, noisy = tone(clean), tone(noisy)
    worn = to_bytes(noisy)
    if random.random() < kinds[kind][1]:
        lowest, highest = QUALITIES if kind == "jpeg" else LATER_QUALITIES
        worn = compress(worn, int(lowest + (highest - lowest) * random.random() ** 1.5), random)
    top, left = (0, 0) if on_grid else random.integers(GRID + 1, size=2)
    rows, columns = (slice(start, start + side - GRID) for start, side in zip((top, left), crop.shape[:2], strict=True))
    return worn[rows, columns], to_bytes(clean)[rows, columns]


def draw_tone(crop: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, Tone | None]:
    """Return the crop and None, or a share of them in grey and what tones it after the noise."""
    drawn = random.random()
    if drawn > GREY_SHARE + SEPIA_SHARE:
        return crop, None
    grey = np.repeat((crop @ np.array([0.299, 0.587, 0.114], np.float32))[:, :, None], 3, 2)
    if drawn < GREY_SHARE:
        return grey, lambda picture: picture
    paper = np.array([random.uniform(0.88, 1), random.uniform(0.78, 0.93), random.uniform(0.55, 0.82)], np.float32)
    ink = np.array([random.uniform(0.05, 0.25), random.uniform(0.02, 0.15), random.uniform(0, 0.1)], np.float32)
    return grey, lambda picture: ink + (paper - ink) * picture


def add_noise(clean: np.ndarray, kind: str, random: np.random.Generator, is_grey: bool = False) -> np.ndarray:
    match kind:
        case "gauss":
            deviation = random.uniform(*DEVIATIONS) / 255
            return clean + deviation * draw_noise(clean.shape, random, is_grey)
        case "sensor":
            return expose(clean, random, is_grey)
        case "grain":
            return add_grain(clean, random)
        case "halftone":
            return print_halftone(clean, random, is_grey)
    return clean


def draw_noise(shape: tuple[int, ...], random: np.random.Generator, is_grey: bool, blur: float = 0.0) -> np.ndarray:
    """Return Gaussian noise of deviation 1, float32 (H, W, 3): the same in all channels where grey.

    blur: pixels by which neighbours are alike.
    """
    noise = random.standard_normal((*shape[:2], 1 if is_grey else 3), dtype=np.float32)
    if blur > 0.2:
        blurred = np.asarray(cv2.GaussianBlur(noise, (0, 0), blur), np.float32).reshape(noise.shape)
        noise = blurred / max(float(blurred.std()), 1e-3)
    return np.repeat(noise, 3, 2) if is_grey else noise


def expose(clean: np.ndarray, random: np.random.Generator, is_grey: bool) -> np.ndarray:
    """Photograph it: shot noise (Poisson's) and read noise (Gauss's) in linear light.

    Half of the sensors' noise is spread by the interpolation of the colours, some has coarse blotches of colour.
    """
    shot = 10 ** random.uniform(-3.6, -1.5)
    read = np.sqrt(shot) * random.uniform(0.02, 0.25)
    gains = np.ones(3, np.float32) if is_grey else random.uniform((1, 1, 1), (2, 1.1, 2.2)).astype(np.float32)
    linear = clean**2.2
    deviation = np.sqrt(shot * gains * linear + read**2 * gains)
    blur = random.uniform(0.3, 0.9) if random.random() < 0.5 else 0.0
    noise = deviation * draw_noise(clean.shape, random, is_grey, blur)
    if not is_grey and random.random() < CHROMA_SHARE:
        noise = noise + random.uniform(0, 0.5) * deviation * draw_noise(
            clean.shape, random, False, random.uniform(1, 3)
        )
    return np.clip(linear + noise, 0, 1) ** np.float32(1 / 2.2)


def add_grain(clean: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Film grain: clumps, alike in all colours, strongest in the middle tones."""
    luminance = clean.mean(2, keepdims=True)
    strength = random.uniform(2, 32) / 255 * (0.35 + 0.65 * 4 * luminance * (1 - luminance))
    return clean + strength * draw_noise(clean.shape, random, True, random.uniform(0, 1.4))


def print_halftone(clean: np.ndarray, random: np.random.Generator, is_grey: bool) -> np.ndarray:
    """Print with dots that grow with the darkness of the place, in one ink or in three at three angles, and scan it."""
    period, angle = random.uniform(2.5, 6.5), random.uniform(0, np.pi / 2)
    turns = (0, 0, 0) if is_grey else (0.26, 1.31, 0)
    softness = random.uniform(0.05, 0.3)
    printed = np.empty_like(clean)
    for channel, turn in enumerate(turns):
        threshold = make_screen(clean.shape[:2], period, angle + turn, random)
        printed[:, :, channel] = np.clip(0.5 + (clean[:, :, channel] - threshold) / (2 * softness), 0, 1)
        if is_grey:
            printed[:] = printed[:, :, :1]
            break
    scanned = cv2.GaussianBlur(printed, (0, 0), random.uniform(0.4, 0.35 * period))
    return scanned + random.uniform(0, 6) / 255 * draw_noise(clean.shape, random, is_grey)


def make_screen(shape: tuple[int, int], period: float, angle: float, random: np.random.Generator) -> np.ndarray:
    """Return the thresholds of a screen of dots, float32 (H, W), whose values are spread evenly over [0, 1]."""
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    phases = random.uniform(0, 2 * np.pi, 2)
    scale = 2 * np.pi / period
    along = np.cos(scale * (across * np.cos(angle) + down * np.sin(angle)) + phases[0])
    over = np.cos(scale * (down * np.cos(angle) - across * np.sin(angle)) + phases[1])
    return np.interp((along + over) / 2, HEIGHTS, SHARES).astype(np.float32)


def compress(picture: np.ndarray, quality: int, random: np.random.Generator) -> np.ndarray:
    """Return uint8 (H, W, 3) saved as JPEG, its colours at half the resolution more often than not, and read again."""
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if random.random() < 0.75 else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, file = cv2.imencode(".jpg", picture[:, :, ::-1], settings)
    return np.ascontiguousarray(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))[:, :, ::-1])


def to_bytes(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


def tabulate_screen() -> tuple[np.ndarray, np.ndarray]:
    """Return heights of a sum of two cosines, halved, and which share of a screen lies below each."""
    wave = np.cos(np.linspace(0, np.pi, 256))
    sums = np.sort(((wave[:, None] + wave) / 2).ravel())[::256]
    return sums, np.linspace(0, 1, len(sums))


HEIGHTS, SHARES = tabulate_screen()
