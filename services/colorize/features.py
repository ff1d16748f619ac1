"""What the colorizer's encoder makes of a grey picture: by it, places of pictures are compared."""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from imaging.tensors import pad_to_multiple
from networks.palette_colorizer import CELL, PaletteColorizer
from services import inference

SIDE = 256  # pixels of the short side at which pictures are compared


def encode(network: inference.Network, lightness: Tensor) -> list[np.ndarray]:
    """Return what the colorizer's encoder makes of CIE L* / 100, (1, 1, h, w).

    Feature maps, level by level, float32 (h / CELL, w / CELL, C) each, rounded up.
    """
    seen = pad_to_multiple(lightness, network.multiple_of, network.minimum_side)
    with torch.inference_mode():
        maps = cast(PaletteColorizer, network.module).encode_cells(seen.to(network.device))
    height, width = compute_grid(*lightness.shape[2:])
    return [map_[0, :, :height, :width].permute(1, 2, 0).cpu().numpy() for map_ in maps]


def compute_grid(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of the feature maps of a picture of that size."""
    return -(-height // CELL), -(-width // CELL)
