"""Which of two is better, the picture or what a network made of it? Asked in each part of a tile."""

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.deblurring import edges
from imaging.tensors import to_pixels

MAX_LOSS = 0.2  # of the sharpness of edges: what loses more had its structure destroyed
FADE = 17  # pixels over which the two pass into each other


def measure_kept_share(source: Tensor, restored: Tensor) -> Tensor:
    """Return how much of the source is to be kept at each pixel, (1, 1, H, W) in [0, 1]; both (1, 3, H, W) in [0, 1].

    Kept are parts whose edges are sharp in all directions, for there was no blur to be taken out, and parts in which
    the restored edges are much softer than the source's were.
    """
    parts = edges.find_small_parts(*source.shape[2:])
    before, after = (edges.measure_sharpness(to_pixels(picture), parts) for picture in (source, restored))
    kept = np.zeros(source.shape[2:], np.float32)
    for part, sharp_before, sharp_after in zip(parts, before, after, strict=True):
        if sharp_before >= edges.SHARP or sharp_after < sharp_before - MAX_LOSS:
            kept[part] = 1
    return torch.from_numpy(cv2.blur(kept, (FADE, FADE)))[None, None].to(source.device)
