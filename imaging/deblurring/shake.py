"""Is this picture blurred by motion? Read off its sharpest edges and off kernels that a network estimated."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.deblurring import edges, interpolation
from imaging.tensors import pad_to_multiple, to_tensor

SIDE, MAX_WINDOWS = 256, 5  # of the windows that are looked at: pixels, and how many
# The spread, in pixels, from which a picture counts as blurred. Chosen by `training.deblurring.measure_shake` on
# held-back photos of the training sets, where it separates sharp ones from the lightest blur that recipes make.
THRESHOLD = 0.8
MOST_FOR_EDGES = 16  # windows that are looked at for sharp edges
MIN_SIDE = 16  # pixels: on shorter ones no smear can be told from what is shown


def is_shaken(
    pixels: np.ndarray,
    kernels: Callable[[Tensor], Tensor],
    multiple_of: int,
    minimum_side: int,
    device: str | torch.device = "cpu",
) -> bool:
    """Say whether motion blur shows in the whole picture; the arguments are those of `estimate_blur`.

    A place with sharp edges decides that there is none, whatever the rest looks like. What was enlarged is judged at
    two thirds of the resolution that it had before, and not at all where that leaves less than `minimum_side`.
    """
    if min(pixels.shape[:2]) < MIN_SIDE:
        return False
    factor: float = edges.measure_enlargement(pixels, pick_windows(pixels))
    if factor == 1:
        factor = interpolation.measure_enlargement(pixels)
    while factor > 1:
        height, width = (int(2 * side / (3 * factor)) for side in pixels.shape[:2])
        if min(height, width) < minimum_side:
            return False
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        factor = edges.measure_enlargement(pixels, pick_windows(pixels))
    if edges.is_sharp_somewhere(pixels, pick_windows(pixels, MOST_FOR_EDGES)):
        return False
    return estimate_blur(pixels, kernels, multiple_of, minimum_side, device) >= THRESHOLD


def estimate_blur(
    pixels: np.ndarray,
    kernels: Callable[[Tensor], Tensor],
    multiple_of: int,
    minimum_side: int,
    device: str | torch.device = "cpu",
) -> float:
    """Return how far the light of a point was smeared, in pixels: the median over the windows.

    `pixels`: uint8 (H, W, 3). `kernels`: (1, 3, h, w) in [0, 1], h and w obeying the size rule, -> (1, K, K) that
    sums to one. 0 is no blur at all; a straight motion of n pixels has about 0.29 n.
    """
    found = []
    for rows, columns in pick_windows(pixels):
        source = pad_to_multiple(to_tensor(pixels[rows, columns], device), multiple_of, minimum_side)
        found.append(measure_deviation(kernels(source)[0].float().cpu()))
    return float(np.median(found))


def measure_deviation(kernel: Tensor) -> float:
    """Return the standard deviation of a (K, K) kernel's light about its centre of gravity along the direction
    in which it is smeared most, in pixels."""
    return measure_deviations(kernel)[1]


def measure_deviations(kernel: Tensor) -> tuple[float, float]:
    """Return the least and the greatest of these deviations among all directions. Faint values far out, which are
    estimated badly, are left out."""
    kernel = torch.where(kernel < 0.05 * kernel.max(), 0, kernel)
    kernel = kernel / kernel.sum()
    places = torch.arange(kernel.shape[-1], dtype=kernel.dtype)
    rows, columns = kernel.sum(1), kernel.sum(0)
    down, along = places - (rows * places).sum(), places - (columns * places).sum()
    high, wide = (rows * down * down).sum(), (columns * along * along).sum()
    tilted = (kernel * down[:, None] * along).sum()
    middle, away = (high + wide) / 2, torch.sqrt(((high - wide) / 2) ** 2 + tilted**2)
    return math.sqrt(max(0.0, (middle - away).item())), math.sqrt(max(0.0, (middle + away).item()))


def pick_windows(pixels: np.ndarray, most: int = MAX_WINDOWS) -> list[tuple[slice, slice]]:
    """Return up to `most` windows with the most detail, apart from each other: where blur shows."""
    down, along = (cut_spans(length) for length in pixels.shape[:2])
    grey = pixels[::2, ::2].mean(axis=2, dtype=np.float32)
    detail = np.zeros_like(grey)
    detail[:, 1:] += np.abs(np.diff(grey, axis=1))
    detail[1:] += np.abs(np.diff(grey, axis=0))

    def amount(window: tuple[slice, slice]) -> float:
        rows, columns = (slice(side.start // 2, -(-side.stop // 2)) for side in window)
        return float(detail[rows, columns].mean())

    return sorted([(rows, columns) for rows in down for columns in along], key=amount, reverse=True)[:most]


def cut_spans(length: int) -> list[slice]:
    """Cut a side into neighbouring windows of `SIDE`, all inside; one of the whole side when it is shorter."""
    count = max(1, length // SIDE)
    size = min(length, SIDE)
    starts = [0] if count == 1 else [round(place * (length - size) / (count - 1)) for place in range(count)]
    if count == 1:
        starts = [(length - size) // 2]
    return [slice(start, start + size) for start in starts]
