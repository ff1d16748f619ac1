"""What a content network says of a hole, at its one small size, brought to the size of the picture."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.tensors import to_pixels

Complete = Callable[[Tensor], Tensor]  # (1, 4, s, s), RGB with the hole 0 and known = 1, in [0, 1] -> (1, 3, s, s)


def fill_with_context(rgb: np.ndarray, hole: np.ndarray, complete: Complete, side: int) -> np.ndarray:
    """Return uint8 (H, W, 3) `rgb` with the `hole`, bool (H, W), filled by a network of `side` pixels, enlarged.

    The picture is stretched to a square for it; what of the small one touches the hole belongs to the hole.
    """
    known = cv2.resize(hole.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) < 1e-6
    small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    planes = np.dstack([small * known[:, :, None], known.astype(np.float32)])
    filled = to_pixels(complete(torch.from_numpy(planes).permute(2, 0, 1)[None]))
    enlarged = cv2.resize(filled, hole.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(hole[:, :, None], enlarged, rgb)
