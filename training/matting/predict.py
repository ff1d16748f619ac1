"""Asks the network for pictures of all kinds as it was trained: in the picture's own proportions."""

import numpy as np
import torch
from torch import nn

from imaging.tensors import to_tensor
from training.common.half_precision import autocast
from training.matting.data import resize_to

SIDE = 320  # of the longer side


@torch.inference_mode()
def predict_in_proportion(network: nn.Module, rgb: np.ndarray, side: int = SIDE, mirrored: bool = False) -> np.ndarray:
    """Return the soft mask, float32 (H, W) in [0, 1], of rgb uint8 (H, W, 3), asked with its longer side at `side`."""
    height, width = (max(64, 32 * round(length * side / max(rgb.shape[:2]) / 32)) for length in rgb.shape[:2])
    tensor = to_tensor(resize_to(rgb, height, width)).contiguous(memory_format=torch.channels_last)
    if mirrored:
        tensor = torch.cat((tensor, tensor.flip(3)))
    with autocast("cpu"):
        masks = network(tensor)[:, 0].float()
    mask = (masks[0] + masks[1].flip(1)) / 2 if mirrored else masks[0]
    return resize_to(mask.numpy(), *rgb.shape[:2])
