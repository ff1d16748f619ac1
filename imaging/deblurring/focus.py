"""Is a blur the lens's rather than the hand's? Read off kernels that a network estimated.

A lens out of focus smears a point to a disc, a hand along a path, which is hardly ever as wide as it is long.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from imaging.deblurring.shake import measure_deviations, pick_windows
from imaging.tensors import pad_to_multiple, to_tensor

MAX_WINDOWS = 3  # that are looked at
# Of a kernel, its least width over its greatest, from which the blur counts as a lens's; and the deviation in pixels
# below which a kernel is too small for its form to be known. Chosen on photos out of focus and shaken, see
# `training/LOG.md`.
ROUND, MIN_DEVIATION = 0.75, 1.4


def is_out_of_focus(
    pixels: np.ndarray,
    kernels: Callable[[Tensor], Tensor],
    multiple_of: int,
    minimum_side: int,
    device: str | torch.device = "cpu",
) -> bool:
    """Say whether the blur of a picture is that of a lens; the arguments are those of `shake.estimate_blur`."""
    found = []
    for rows, columns in pick_windows(pixels, MAX_WINDOWS):
        source = pad_to_multiple(to_tensor(pixels[rows, columns], device), multiple_of, minimum_side)
        found.append(measure_deviations(kernels(source)[0].float().cpu()))
    least, greatest = np.array(found).T
    return bool(np.median(greatest) >= MIN_DEVIATION and np.median(least / greatest.clip(1e-6)) >= ROUND)
