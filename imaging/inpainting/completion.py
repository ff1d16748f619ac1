"""A completion network over a hole of any size: the whole at a size the network knows, the rim again at finer ones.

A network sees squares of WINDOW pixels. Where the crop is larger, it is completed reduced; at each finer scale the
pixels near the rim, which the network can know most about, are completed anew in windows and pass softly into what the
coarser scale says about the inside.
"""

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.tensors import pad_to_multiple, to_pixels

WINDOW = 512
OVERLAP = 128
RIM_PIXELS = 64  # at each scale: so deep the windows count, ever less

Report = Callable[[float], None]  # gets the share done, in (0, 1]
Complete = Callable[[Tensor], Tensor]  # (1, 4, h, w), RGB with the hole 0 and known = 1, in [0, 1] -> (1, 3, h, w)


def complete_photo(
    rgb: np.ndarray,
    hole: np.ndarray,
    complete: Complete,
    size_rule: tuple[int, int],
    report: Report = lambda share: None,
) -> np.ndarray:
    """Return uint8 (H, W, 3) `rgb` with the `hole`, bool (H, W), completed; all other pixels are the same.

    size_rule: (multiple of, minimum side) of the network. report: gets the share done, in (0, 1].
    """
    factor = 1
    while max(hole.shape) > WINDOW * factor:
        factor *= 2
    count = int(np.log2(factor)) + 1
    for number in range(count):
        small, missing = _reduce(rgb, hole, factor)
        if number == 0:
            guess = _complete_window(small, missing, complete, size_rule)
        else:
            guess = cv2.resize(guess, missing.shape[::-1], interpolation=cv2.INTER_CUBIC)
            tell = partial(_tell, report, number, count)
            _refine(guess, small, missing, complete, size_rule, tell)
        guess[~missing] = small[~missing]
        factor //= 2
        _tell(report, number, count, 1.0)
    result = rgb.copy()
    result[hole] = guess[hole]
    return result


def _tell(report: Report, number: int, count: int, share: float) -> None:
    """Report the overall progress: this scale is done to `share`, those before it wholly."""
    report((number + share) / count)


def _refine(
    guess: np.ndarray, rgb: np.ndarray, hole: np.ndarray, complete: Complete, size_rule: tuple[int, int], report: Report
) -> None:
    """Complete `guess` anew near the rim of the hole, window by window, in place."""
    depth = cv2.distanceTransform(np.pad(hole, 1, "edge").astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]
    trust = np.where(hole, np.clip(1 - depth / RIM_PIXELS, 0, 1), 0).astype(np.float32)
    sums = np.zeros((*hole.shape, 3), np.float32)
    total = np.zeros(hole.shape, np.float32)
    places = list(_cut_windows(*hole.shape))
    for done, (rows, columns) in enumerate(places):
        report(done / len(places))  # a large hole has very many windows, and may be given up at any
        if not trust[rows, columns].any() or hole[rows, columns].all():
            continue
        part = _complete_window(rgb[rows, columns], hole[rows, columns], complete, size_rule)
        weight = _make_window_weights(part.shape[0])[:, None] * _make_window_weights(part.shape[1])
        sums[rows, columns] += part * weight[:, :, None]
        total[rows, columns] += weight
    seen = total > 0
    share = trust[seen][:, None]
    guess[seen] = np.rint(guess[seen] * (1 - share) + sums[seen] / total[seen][:, None] * share)


def _complete_window(rgb: np.ndarray, hole: np.ndarray, complete: Complete, size_rule: tuple[int, int]) -> np.ndarray:
    """Return what the network makes of a window, uint8 (h, w, 3)."""
    known = (~hole).astype(np.float32)
    planes = np.dstack([rgb.astype(np.float32) / 255 * known[:, :, None], known])
    tensor = pad_to_multiple(torch.from_numpy(planes).permute(2, 0, 1)[None], *size_rule)
    return to_pixels(complete(tensor)[:, :, : hole.shape[0], : hole.shape[1]])


def _reduce(rgb: np.ndarray, hole: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Return colours and hole so many times smaller; what touches the hole belongs to it."""
    if factor == 1:
        return rgb, hole
    size = tuple(max(1, -(-side // factor)) for side in hole.shape[::-1])
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return small, cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 1e-6


def _cut_windows(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    for top in _list_starts(height):
        for left in _list_starts(width):
            yield slice(top, min(top + WINDOW, height)), slice(left, min(left + WINDOW, width))


def _list_starts(side: int) -> list[int]:
    count = max(1, -(-(side - OVERLAP) // (WINDOW - OVERLAP)))
    return [round(i * (side - WINDOW) / (count - 1)) for i in range(count)] if count > 1 else [0]


def _make_window_weights(side: int) -> np.ndarray:
    """A weight that rises over OVERLAP pixels from either end, never quite zero, float32 (side,)."""
    places = np.arange(side) + 0.5
    weights: np.ndarray = np.minimum(1, np.minimum(places, side - places) / OVERLAP).astype(np.float32)
    return weights
