"""Samples of more than 8 bits, with a sign or in floating point, as 8 bits.

Only rare files need it, and it needs numpy: the process that checks uploads starts faster without.
"""

import numpy as np

_BAND_ROWS = 256  # brought to 8 bits at a time


def to_eight_bits(values: np.ndarray, bits: int = 16, is_signed: bool = False) -> np.ndarray:
    """Return an array of integers or floating point numbers of any shape as uint8.

    Integers deeper than 8 bits fill the `bits` that their file says, unless none is over 255: then a program wrote 8
    bits, or a mask, into more; or 16 bits into 32. Floating point numbers say nothing of their white, so the first of
    1, 255, 65535 that holds every value is taken for it. The largest value is white where nothing else holds it.

    `is_signed`: the integers, given without a sign in as many bits or more, have one. Then the least number that fits
    is black where there are negative ones, else zero is.
    """
    if is_signed and values.dtype.kind != "f":
        values, bits = _shift_to_unsigned(values, bits)
    elif values.dtype == np.uint8:
        return values
    full = 2.0**bits - 1
    whites = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (min(255.0, full), min(65535.0, full), full)
    bands = range(0, len(values), _BAND_ROWS)  # a copy of all of it as floating point numbers could be very large
    peak = max(
        (float(_replace_non_finite(values[top : top + _BAND_ROWS]).max(initial=0.0)) for top in bands), default=0.0
    )
    white = next((white for white in whites if peak <= white), peak)
    eight_bits = np.empty(values.shape, np.uint8)
    for top in bands:
        scaled = _replace_non_finite(values[top : top + _BAND_ROWS]) * (255.0 / white)
        eight_bits[top : top + _BAND_ROWS] = np.clip(np.rint(scaled), 0, 255)
    return eight_bits


def _shift_to_unsigned(values: np.ndarray, bits: int) -> tuple[np.ndarray, int]:
    """Return signed integers that unsigned ones hold, from zero up, and how many bits they then fill."""
    signed = values.view(f"i{values.dtype.itemsize}")
    if not signed.size or signed.min() >= 0:
        return values.astype(np.uint32, copy=False), bits - 1
    raised = signed.astype(np.uint32)  # below zero they wrap, and wrap back
    raised += np.uint32(2 ** (bits - 1))
    return raised, bits


def _replace_non_finite(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values.astype(np.float32), posinf=0.0)
