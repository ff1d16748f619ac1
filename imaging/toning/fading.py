"""What time did to a print, measured by robust statistics, and what puts it right. No network.

A faded print has no black any more, its white is yellow, and each of its dyes lost another share of its density. Black
and white points of each channel are measured at quantiles, so that neither dust nor glare decides them. A scene that is
truly coloured still has a deep black in it, and is left alone by that. A black-and-white print, of whatever tone, gets
one table for all channels: its tone is no cast, and stays.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from imaging.colorizing.monochrome import find_tone
from imaging.guided_filter import cut_strips, fit_size, resize_area

SIDE = 320  # pixels of the longer side at which a picture is looked at
BORDER = 0.03  # of each side, not looked at: the edge of a print or of its mount
BLACK_QUANTILE, WHITE_QUANTILE = 0.005, 0.995
# Black of the darkest channel, of 255: from where on it counts as lifted, and surely is (`benchmarks/tone.py`).
LIFTED, SURELY_LIFTED = 34.0, 52.0
NARROW, SURELY_NARROW = 205.0, 188.0  # the same of the range of the channel that has the widest
BLACK, WHITE = 16.0, 240.0  # where black and white points go: most good photos have them there, not at the ends
TRUE_BLACK = 0.1  # of white: what the darkest places of a print were, from which the loss of density is told
DENSITY_SHARE = 0.4  # of the table that gives density back; the rest stretches the range
MAX_DENSITY_GAIN = 3.0
OWN_SHARE = 0.4  # of the difference of the channels' whites that is taken for the scene's own
MIN_RANGE = 12.0  # of 255: what has less is a plain surface, or a single pixel
MAX_GAIN = 2.6  # of a channel: what is weaker holds little but noise
YELLOW = 7.0  # CIE b* of the brightest places, from which paper is yellow
FULL_CHROMA = 24.0  # CIE units that the liveliest twentieth of a colour photo has
MAX_SATURATION = 1.35
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Correction:
    """How a picture is put right: new values of each channel, then colours that many times as far from grey.

    tables: float32 (3, 256), the new value in 0..255 of each old one. is_monochrome: the picture has one tone.
    is_yellowed: its paper was yellow.
    """

    tables: np.ndarray
    saturation: float = 1.0
    is_monochrome: bool = False
    is_yellowed: bool = False


def find_correction(rgb: np.ndarray, anyway: bool = False, neutral: bool = False) -> Correction | None:
    """Return what puts uint8 (H, W, 3) right; None where nothing of its tone is amiss.

    anyway: stretch it even if it looks as it should. neutral: take the tone of a black-and-white print out.
    """
    small = _look(rgb)
    points = np.quantile(small.reshape(-1, 3), (BLACK_QUANTILE, WHITE_QUANTILE), axis=0)
    if (points[1] - points[0]).max() < MIN_RANGE:
        return None
    share = 1.0 if anyway else _measure_fading(points)
    if not share and not neutral:
        return None
    full = _make_tables(points)
    # Looked at with its colours brought back: faded ones must not be taken for the tone of a grey print.
    tone = find_tone(_to_lab(_apply_tables(small, full)))
    if tone is not None and not tone.things.any():
        return _correct_monochrome(small, share, neutral)
    if not share:
        return None
    tables = _mix(full, share)
    after = _to_lab(_apply_tables(small, tables))
    liveliest = float(np.quantile(np.hypot(after[:, :, 1], after[:, :, 2]), 0.95))
    saturation = 1 + share * (float(np.clip(FULL_CHROMA / max(liveliest, 1), 1, MAX_SATURATION)) - 1)
    return Correction(tables, saturation, is_yellowed=_is_yellow(small))


def apply_correction(rgb: np.ndarray, correction: Correction, strength: float = 1.0) -> np.ndarray:
    """Return uint8 (H, W, 3) put right; strength in 0..1 goes from the picture as it is to all of the correction."""
    tables = _mix(correction.tables, strength)
    saturation = 1 + strength * (correction.saturation - 1)
    result = np.empty(rgb.shape, np.uint8)
    for rows in cut_strips(len(rgb)):
        strip = _apply_tables(rgb[rows], tables)
        result[rows] = strip if saturation == 1 else _saturate(strip, saturation)
    return result


def _look(rgb: np.ndarray) -> np.ndarray:
    """Return the picture small and without its border: averaging takes grain and dust out of the statistics."""
    small = resize_area(rgb, fit_size(rgb.shape[0], rgb.shape[1], SIDE))
    down, across = (int(BORDER * side) for side in small.shape[:2])
    return np.ascontiguousarray(small[down : len(small) - down, across : small.shape[1] - across])


def _measure_fading(points: np.ndarray) -> float:
    """Return how sure it is that a picture has faded, 0..1, by the black and white points of its channels, (2, 3)."""
    lifted = (points[0].min() - LIFTED) / (SURELY_LIFTED - LIFTED)
    narrow = ((points[1] - points[0]).max() - NARROW) / (SURELY_NARROW - NARROW)
    return float(np.clip(lifted, 0, 1) * np.clip(narrow, 0, 1))


def _make_tables(points: np.ndarray) -> np.ndarray:
    """Return the tables, float32 (3, 256), that put the black and white points, (2, 3), of the channels right.

    One part stretches the range, as haze over a print asks for; the other is a power of the value, which is a factor of
    density, as dyes lose it.
    """
    black, white = points
    goal = WHITE * (1 - OWN_SHARE + OWN_SHARE * white / max(float(white.max()), 1))[:, None]
    span = np.maximum(white - black, (WHITE - BLACK) / MAX_GAIN)[:, None]
    values = np.arange(256, dtype=np.float32)[None]
    stretched = BLACK + (values - black[:, None]) / span * (goal - BLACK)
    bottom, top = np.maximum(black, 4), np.maximum(white, 8)
    gain = np.clip(np.log(TRUE_BLACK) / np.minimum(np.log(bottom / top), -0.1), 1, MAX_DENSITY_GAIN)
    dense = goal * (values / top[:, None]) ** gain[:, None]
    return np.asarray(np.clip(stretched + DENSITY_SHARE * (dense - stretched), 0, 255), np.float32)


def _correct_monochrome(small: np.ndarray, share: float, neutral: bool) -> Correction | None:
    """Return what stretches a print of one tone: all channels alike, so that the tone stays unless `neutral`."""
    quantiles = np.quantile(small @ _LUMA, (BLACK_QUANTILE, WHITE_QUANTILE))
    points = np.repeat(quantiles[:, None], 3, axis=1)
    tables = _mix(_make_tables(points), share)
    has_tone = bool(np.abs(_to_lab(small)[:, :, 1:]).mean() > 1)
    if not share and not (neutral and has_tone):
        return None
    return Correction(tables, 0.0 if neutral else 1.0, is_monochrome=True, is_yellowed=_is_yellow(small))


def _mix(tables: np.ndarray, share: float) -> np.ndarray:
    values = np.arange(256, dtype=np.float32)
    mixed: np.ndarray = values + share * (tables - values)
    return mixed


def _apply_tables(rgb: np.ndarray, tables: np.ndarray) -> np.ndarray:
    table = np.rint(tables).astype(np.uint8).T[None]
    return cv2.LUT(np.ascontiguousarray(rgb), np.ascontiguousarray(table))


def _saturate(rgb: np.ndarray, saturation: float) -> np.ndarray:
    matrix = saturation * np.eye(3, dtype=np.float32) + (1 - saturation) * _LUMA
    return cv2.transform(rgb, matrix)


def _to_lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _is_yellow(small: np.ndarray) -> bool:
    lab = _to_lab(small)
    bright = lab[:, :, 0] >= np.quantile(lab[:, :, 0], 0.97)
    return bool(lab[bright][:, 2].mean() > YELLOW)
