"""How sharp are the sharpest edges of a picture, and was it enlarged? Both without a network.

Camera shake smears every edge across its direction, so there is a direction in which no edge is sharp. A picture in
which edges are sharp in all directions, if only in one place, was not shaken: what is soft elsewhere is out of focus.
"""

import cv2
import numpy as np

Part = tuple[slice, slice]  # rows and columns
REACH = 5  # pixels on either side of a step within which its whole rise is looked for
MIN_RISE = 0.15  # of an edge, of the whole range of brightness
MIN_EDGES = 30  # in each direction, for a judgement
PERCENTILE = 95  # of the edges of one direction: its sharpest ones
# Shake leaves no edges as sharp as this: in 256 pixels, and in `SIDE`, where fewer edges say less. `training/LOG.md`
# tells how they were chosen.
SHARP, SHARP_IN_SMALL_PART = 0.65, 0.8
SIDE = 96  # of a small part, pixels
DIRECTIONS = ((1, 0), (1, 1), (0, 1), (-1, 1))
ENLARGED = 0.14  # an octave with less energy than this part of the next coarser one holds nothing that was seen
MIN_SIDE = 64  # of a picture before it was enlarged, pixels


def is_sharp_somewhere(pixels: np.ndarray, windows: list[Part]) -> bool:
    """Say whether one of the windows of uint8 (H, W, 3), or a small part of one, is too sharp for a shaken picture."""
    for window in windows:
        seen = pixels[window]
        whole, *small = measure_sharpness(seen, [(slice(None), slice(None)), *find_small_parts(*seen.shape[:2])])
        if whole >= SHARP or max(small) >= SHARP_IN_SMALL_PART:
            return True
    return False


def find_small_parts(height: int, width: int) -> list[Part]:
    """Return parts of `SIDE` pixels that cover a picture of this size; neighbours overlap by half at least."""
    return [(rows, columns) for rows in _cut_spans(height) for columns in _cut_spans(width)]


def _cut_spans(length: int) -> list[slice]:
    count = 1 + max(0, -(-(length - SIDE) // (SIDE // 2)))
    starts = [round(place * (length - SIDE) / (count - 1)) for place in range(count)] if count > 1 else [0]
    return [slice(start, min(length, start + SIDE)) for start in starts]


def measure_sharpness(pixels: np.ndarray, parts: list[Part]) -> list[float]:
    """Return, of each part, the share of an edge's rise that its largest step between two pixels takes, in [0, 1].

    `pixels`: uint8 (H, W, 3). The share is that of the sharpest edges, in the direction in which these are softest; 0
    where there are too few edges to tell. About 0.6 to 0.9 in sharp pictures, 0.3 to 0.5 where 4 pixels are smeared.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    softest: list[float] = np.min([_measure_sharpness_along(grey, parts, *way) for way in DIRECTIONS], axis=0).tolist()
    return softest


def _measure_sharpness_along(grey: np.ndarray, parts: list[Part], right: int, down: int) -> list[float]:
    """Return the same of float32 (H, W) in [0, 1] in one direction: `right` and `down` lead to the next pixel."""
    reach = REACH if not right * down else round(REACH / 2**0.5)
    line = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    for place in range(-reach, reach + 1):
        line[reach + place * down, reach + place * right] = 1
    rise = cv2.dilate(grey, line) - cv2.erode(grey, line)
    step = np.zeros_like(grey)
    inside = (slice(1, -1), slice(1, -1))
    step[inside] = np.abs(np.roll(grey, (-down, -right), (0, 1)) - grey)[inside]
    steepest = (step == cv2.dilate(step, line)) & (rise > MIN_RISE)
    found = [step[part][steepest[part]] / rise[part][steepest[part]] for part in parts]
    return [float(np.percentile(shares, PERCENTILE)) if shares.size >= MIN_EDGES else 0.0 for shares in found]


def measure_enlargement(pixels: np.ndarray, parts: list[Part]) -> int:
    """Return by how much the picture, uint8 (H, W, 3), seems to have been enlarged: 1, 2 or 4.

    Read off `parts` of it: an enlarged one has hardly any energy in the finest octaves, while shake leaves some across
    its direction, and the noise of the sensor.
    """
    greys = [cv2.cvtColor(pixels[part], cv2.COLOR_RGB2GRAY).astype(np.float32) for part in parts]
    for factor in (4, 2):
        if min(pixels.shape[:2]) < factor * MIN_SIDE:
            continue
        fine, coarse = (sum(_measure_energy(grey, factor * times) for grey in greys) for times in (1, 2))
        if fine < ENLARGED * coarse:
            return factor
    return 1


def _measure_energy(grey: np.ndarray, factor: int) -> float:
    """Return the energy of what is lost when float32 (H, W) is shrunk by `factor`, less what half of it loses."""
    return float(((_smooth(grey, factor) - _smooth(grey, factor // 2)) ** 2).sum())


def _smooth(grey: np.ndarray, factor: int) -> np.ndarray:
    if factor == 1:
        return grey
    height, width = grey.shape
    size = max(1, width // factor), max(1, height // factor)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
