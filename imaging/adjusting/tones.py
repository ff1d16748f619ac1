"""Brightness, white balance and contrast: each new value of a colour depends on its old one alone.

static/js/adjust-tones.js computes the same tables for the preview in the browser; a test compares them.
"""

import numpy as np

WHITE_BALANCE_STOPS = 0.5  # by which red rises and blue falls at a temperature of 100, and green falls at a tint of 100
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB


def compute_gains(temperature: float, tint: float) -> np.ndarray:
    """Return by what linear red, green and blue are multiplied, float64 (3,).

    Both are -100 to 100: a warmer picture has more red and less blue, a positive tint less green. The luminance of a
    grey stays as it is.
    """
    stops = WHITE_BALANCE_STOPS / 100 * np.array([temperature, -tint, -temperature])
    gains: np.ndarray = np.exp2(stops) / (_LUMINANCE @ np.exp2(stops))
    return gains


def make_tables(
    brightness: float = 1.0, contrast: float = 1.0, temperature: float = 0.0, tint: float = 0.0
) -> np.ndarray:
    """Return the new value of each old one of red, green and blue, uint8 (3, 256).

    Brightness multiplies the values as they are stored, white balance the linear light, and contrast the distance to
    the middle of the range. What is left neutral is not computed, so that all-neutral tables change nothing.
    """
    values = np.tile(np.arange(256) / 255, (3, 1))
    if brightness != 1.0:
        values = np.minimum(values * brightness, 1)
    if temperature or tint:
        values = _encode(np.minimum(_linear(values) * compute_gains(temperature, tint)[:, None], 1))
    if contrast != 1.0:
        values = 0.5 + contrast * (values - 0.5)
    return np.floor(np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)  # halves go up, as in the browser


def apply_tables(rgb: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Return the colours, uint8 (H, W, 3), with each value replaced by that of its table."""
    return np.stack([table[rgb[:, :, channel]] for channel, table in enumerate(tables)], axis=2)


def _linear(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _encode(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)
