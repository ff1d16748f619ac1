"""Between pixels and tensors: the one place that knows both layouts."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def to_tensor(pixels: np.ndarray, device: str | torch.device = "cpu") -> Tensor:
    """Return uint8 (H, W, C) pixels as a float32 tensor (1, C, H, W) in [0, 1], channels last in memory."""
    copied = torch.from_numpy(np.array(pixels, dtype=np.uint8, order="C"))
    return copied.to(device).permute(2, 0, 1)[None].float().div_(255)


def to_pixels(tensor: Tensor) -> np.ndarray:
    """Return a tensor (1, C, H, W) in [0, 1] as uint8 (H, W, C) pixels, rounded and clipped."""
    scaled = tensor[0].float().mul(255).round_().clamp_(0, 255)
    return scaled.permute(1, 2, 0).to(torch.uint8).contiguous().cpu().numpy()


def pad_to_multiple(tensor: Tensor, multiple_of: int, minimum_side: int) -> Tensor:
    """Extend (N, C, H, W) to the right and below until both sides obey a network's size rule.

    The picture is mirrored there as far as it reaches, and its last row or column repeated beyond that.
    The caller crops the output back to [:, :, :H, :W].
    """
    height, width = tensor.shape[-2:]
    bottom = round_up_side(height, multiple_of, minimum_side) - height
    right = round_up_side(width, multiple_of, minimum_side) - width
    mirrored = (0, min(right, width - 1), 0, min(bottom, height - 1))
    if any(mirrored):
        tensor = F.pad(tensor, mirrored, mode="reflect")
    repeated = (0, right - mirrored[1], 0, bottom - mirrored[3])
    return F.pad(tensor, repeated, mode="replicate") if any(repeated) else tensor


def round_up_side(side: int, multiple_of: int, minimum_side: int) -> int:
    """Return the least length from `side` on that a network with this size rule takes."""
    return -(-max(side, minimum_side) // multiple_of) * multiple_of
