"""At which scale is a blur within a network's reach? And how what was done there is brought back to full size.

A path of 40 pixels is one of 10 in a copy of a quarter of the size. What the network changes in that copy is enlarged
and added to the picture, so that whatever detail the picture has beyond the copy's stays in it.
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.deblurring import edges, shake

FACTORS = (2, 4, 8)  # by which a picture is made smaller to look for a longer blur
MIN_SIDE = 96  # of such a copy, pixels: a smaller one shows too few edges
# The longest blur that is left to a copy's larger neighbour, as `shake.measure_deviation` counts it: about that of a
# straight path of 17 pixels. What is longer looks too short in it.
REACH = 5.0


def choose_factor(
    pixels: np.ndarray,
    kernels: Callable[[Tensor], Tensor],
    multiple_of: int,
    minimum_side: int,
    device: str | torch.device = "cpu",
) -> int:
    """Return by how much a shaken picture, uint8 (H, W, 3), is to be made smaller: 1, or one of `FACTORS`.

    The other arguments are those of `shake.estimate_blur`. A smaller copy is asked each time how long the blur is, and
    taken if it is too long for the larger one. A copy with sharp edges is too small.
    """
    factor = 1
    for smaller in FACTORS:
        copy = shrink(pixels, smaller)
        if min(copy.shape[:2]) < MIN_SIDE or edges.is_sharp_somewhere(copy, shake.pick_windows(copy)):
            break
        found = smaller / factor * shake.estimate_blur(copy, kernels, multiple_of, minimum_side, device)
        if found <= REACH:
            break
        factor = smaller
    return factor


def shrink(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Return a copy of uint8 (H, W, 3) of which each pixel is the mean of about `factor` squared."""
    if factor == 1:
        return pixels
    height, width = (max(1, round(side / factor)) for side in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def add_change(pixels: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W, 3) `pixels` with the change from `before` to `after`, uint8 (h, w, 3), enlarged, in it."""
    if before.shape == pixels.shape:
        return after
    result = np.empty_like(pixels)
    for channel in range(3):  # one at a time, for a large photo's floats take much memory
        change = after[:, :, channel].astype(np.float32) - before[:, :, channel]
        enlarged = cv2.resize(change, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        enlarged += pixels[:, :, channel]
        result[:, :, channel] = np.clip(np.rint(enlarged, out=enlarged), 0, 255)
    return result
