"""What noise a photo has, by measurement alone: no network is asked.

Three kinds are looked for, each in windows with the most to tell, so that the time does not grow with the photo:

- the deviation of grain and of a sensor's noise, in the flattest blocks (the filter: Immerkaer, "Fast Noise Variance
  Estimation", CVIU 64(2), 1996). Grass and gravel leave no block flat, but nearly all of their detail is grey and
  reaches over several pixels; a sensor's noise is coloured, and fine noise fades when the picture is reduced;
- the edges of JPEG's blocks (`imaging/denoising/blocks.py`);
- the screen of a printed picture: peaks in its spectrum that a photo does not have.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from imaging.colorizing import monochrome
from imaging.denoising.blocks import measure_blocks

WINDOW = 512  # pixels a side
WINDOWS = 9
BLOCK = 16
FLATTEST = 0.05  # share of the blocks that are thought to show nothing but noise
# From which value on there is something to take out; weights/denoise.md says what they find and what they miss.
MIN_FINE, MAX_KEPT = 2.5, 0.62  # levels of 255, of which no more than this part may be left at half the size
MIN_COARSE = 6.0  # levels of 255 at half the size
MIN_COARSE_GREY = 4.0  # the same in a picture of one tone: a print or a film, so rather grain than gravel
MIN_COLOURED, MIN_COLOURED_COARSE = 1.2, 0.9  # levels of 255: differences of the colours, at both sizes
MIN_BLOCKINESS, SURE_BLOCKINESS = 0.9, 1.2  # in levels of 255
# Levels of 255 that compressed photos do not reach but in one of twenty, chosen on 70 that the recipe holds back.
MAX_FINE_IN_BLOCKS, MAX_COARSE_IN_BLOCKS = 2.5, 4.0
MIN_SCREEN = 12.0  # height of a peak above its surroundings
_LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
_DARKEST, _LIGHTEST = 10, 245  # blocks beyond have their noise cut off
_PERIODS = 2.2, 9.0  # pixels between the dots of a screen
_SPECTRUM = 256


@dataclass(frozen=True)
class Noise:
    """What was measured, in levels of 255 but for `screen`, a ratio, and `is_grey`, whether the picture has one tone.

    `grid`: the first row and column at which a block of JPEG begins, 0 to 7, if there are such blocks.
    `fine` and `coarse` are deviations at the full and at half the size, `coloured` both of differences of the colours.
    """

    fine: float
    coarse: float
    coloured: tuple[float, float]
    blockiness: float
    grid: tuple[int, int]
    screen: float
    is_grey: bool

    @property
    def is_found(self) -> bool:
        """Whether there is enough of any kind that it is worth taking out."""
        return (
            (self.fine >= MIN_FINE and self.coarse <= MAX_KEPT * self.fine)
            or self.coarse >= (MIN_COARSE_GREY if self.is_grey else MIN_COARSE)
            or self.coloured[0] >= MIN_COLOURED
            or self.coloured[1] >= MIN_COLOURED_COARSE
            or self.blockiness >= MIN_BLOCKINESS
            or self.screen >= MIN_SCREEN
        )

    @property
    def is_only_blocks(self) -> bool:
        """Whether blocks of JPEG show, and neither grain nor the screen of a print, which has a grid of its own."""
        return (
            self.blockiness >= MIN_BLOCKINESS
            and self.screen < MIN_SCREEN
            and self.fine < MAX_FINE_IN_BLOCKS
            and self.coarse < MAX_COARSE_IN_BLOCKS
        )

    @property
    def is_sure(self) -> bool:
        """Whether it is of a kind that no photo of grass or gravel is taken for: blocks of JPEG, or a screen."""
        return self.blockiness >= SURE_BLOCKINESS or self.screen >= MIN_SCREEN


def estimate_noise(rgb: np.ndarray) -> Noise:
    """Return what noise there is in uint8 (H, W, 3)."""
    placed = list(cut_windows(rgb))
    windows = [window for *_, window in placed]
    differences = [subtract_colours(window) for window in windows]
    luminances = [cv2.cvtColor(window, cv2.COLOR_RGB2GRAY).astype(np.float32) for window in windows]
    pairs = zip(placed, luminances, strict=True)
    blockiness, grid = measure_blocks((top, left, luminance) for (top, left, _), luminance in pairs)
    return Noise(
        fine=measure_deviation(windows, 1),
        coarse=measure_deviation(windows, 2),
        coloured=(measure_deviation(differences, 1), measure_deviation(differences, 2)),
        blockiness=blockiness,
        grid=grid,
        screen=float(np.median([measure_screen(each) for each in luminances])),
        is_grey=has_one_tone(rgb),
    )


def has_one_tone(rgb: np.ndarray) -> bool:
    """Whether the picture is grey, sepia or the like."""
    height, width = rgb.shape[:2]
    scale = monochrome.SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return monochrome.find_tone(cv2.cvtColor(small, cv2.COLOR_RGB2LAB)) is not None


def subtract_colours(window: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W, 3) as float32 (H, W, 2): red and blue without green, around the middle of the range."""
    pixels = window.astype(np.float32)
    return (pixels[:, :, ::2] - pixels[:, :, 1:2]) / 2**0.5 + 127.5


def cut_windows(rgb: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield top, left and pixels of up to WINDOWS parts of WINDOW pixels, spread over the photo; or a small photo."""
    height, width = rgb.shape[:2]
    per_side = round(WINDOWS**0.5)
    tops, lefts = (
        sorted({round(place) for place in np.linspace(0, max(0, length - WINDOW), per_side)})
        for length in (height, width)
    )
    for top in tops:
        for left in lefts:
            yield top, left, np.ascontiguousarray(rgb[top : top + WINDOW, left : left + WINDOW])


def measure_deviation(windows: list[np.ndarray], scale: int) -> float:
    """Return the standard deviation of the noise at this scale, in levels of 255, the largest of the channels."""
    found = []
    for window in windows:
        height, width = (length // scale for length in window.shape[:2])
        if min(height, width) < 2 * BLOCK:
            continue
        reduced = window if scale == 1 else cv2.resize(window, (width, height), interpolation=cv2.INTER_AREA)
        pixels = reduced.astype(np.float32)
        residual = cv2.filter2D(pixels, cv2.CV_32F, _LAPLACIAN)
        power, level = average_blocks(residual**2), average_blocks(pixels)
        usable = ((level > _DARKEST) & (level < _LIGHTEST)).all(2)
        found.append(power[usable])
    powers = np.concatenate(found) if found else np.empty((0, 1))
    return float(np.quantile(powers, FLATTEST, axis=0).max() ** 0.5) if len(powers) else 0.0


def average_blocks(pixels: np.ndarray) -> np.ndarray:
    """Return the means of blocks of BLOCK pixels, float32 (rows, columns, C); a rest at the far borders is left out."""
    rows, columns = (length // BLOCK for length in pixels.shape[:2])
    blocks = pixels[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK, -1)
    means: np.ndarray = blocks.mean((1, 3))
    return means


def measure_screen(luminance: np.ndarray) -> float:
    """Return how far the highest peak of the spectrum stands above what lies around it at the same frequency."""
    side = min(_SPECTRUM, *luminance.shape)
    if side < 64:
        return 0.0
    top, left = ((length - side) // 2 for length in luminance.shape)
    part = luminance[top : top + side, left : left + side]
    shade = np.hanning(side).astype(np.float32)
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2((part - part.mean()) * shade * shade[:, None])))
    down, across = np.mgrid[-(side // 2) : side - side // 2, -(side // 2) : side - side // 2]
    radius = np.hypot(down, across)
    around = cv2.blur(spectrum.astype(np.float32), (15, 15))
    inside = (radius > side / _PERIODS[1]) & (radius < side / _PERIODS[0]) & (np.abs(down) > 2) & (np.abs(across) > 2)
    return float((spectrum[inside] / np.maximum(around[inside], 1e-3)).max())
