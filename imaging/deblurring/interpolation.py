"""Was a picture enlarged? Pixels that were interpolated between others show it, without a network.

Those halfway between two old pixels are a mean of more of them, and so smoother, than those on top of one. How rough
rows are therefore goes up and down from column to column, with the period of the old pixels, and so it is from row to
row. After Gallagher, "Detection of linear and cubic interpolation in JPEG compressed images" (CRV 2005).
"""

import cv2
import numpy as np

MIN_SIDE = 128  # of a picture, pixels: a smaller one has too few periods
MAX_SIDE = 1024  # of the part in the middle that is looked at, pixels
MIN_PEAK = 3.0  # of the spectrum, where chance alone makes about one
MIN_FREQUENCY = 0.13  # per pixel: lower ones are the picture's own
_FREQUENCIES = np.fft.rfftfreq(MAX_SIDE)
_NEAR = 0.006
_TREND = 15  # pixels


def measure_enlargement(pixels: np.ndarray) -> float:
    """Return by how much uint8 (H, W, 3) was enlarged, between 1.15 and 2; 1 where that does not show.

    A frequency f is that of old pixels, one in each 1 / (1 - f) of the new ones. It has to be that of rows and columns.
    """
    if min(pixels.shape[:2]) < MIN_SIDE:
        return 1.0
    middle = tuple(slice(max(0, (side - MAX_SIDE) // 2), (side + MAX_SIDE) // 2) for side in pixels.shape[:2])
    grey = cv2.cvtColor(pixels[middle], cv2.COLOR_RGB2GRAY).astype(np.float32)
    peaks = _leave_out_blocks(np.minimum(_compute_roughness_spectrum(grey), _compute_roughness_spectrum(grey.T)))
    peaks[_FREQUENCIES < MIN_FREQUENCY] = 0
    highest = int(np.argmax(peaks))
    return 1 / (1 - float(_FREQUENCIES[highest])) if peaks[highest] >= MIN_PEAK else 1.0


def _compute_roughness_spectrum(grey: np.ndarray) -> np.ndarray:
    """Return how strongly the roughness of the columns of float32 (H, W) goes up and down with each frequency."""
    rough = np.log(np.abs(2 * grey[:, 1:-1] - grey[:, :-2] - grey[:, 2:]).mean(axis=0) + 0.01)
    trend = np.convolve(np.pad(rough, _TREND // 2, mode="edge"), np.full(_TREND, 1 / _TREND), "valid")
    waves = (rough - trend) * np.hanning(rough.size)
    spectrum: np.ndarray = np.abs(np.fft.rfft(waves, MAX_SIDE)) / np.sqrt((waves**2).sum() + 1e-9)
    return spectrum


def _leave_out_blocks(spectrum: np.ndarray) -> np.ndarray:
    """Return the spectrum without what the blocks of JPEG add to it: as much at each multiple of an eighth."""
    eighths = [np.abs(_FREQUENCIES - number / 8) < _NEAR for number in range(5)]
    of_blocks = max(spectrum[eighths[1]].max(), spectrum[eighths[3]].max())
    left = spectrum.copy()
    for number, places in enumerate(eighths):
        left[places] -= of_blocks if number in (2, 4) else left[places]
    return left
