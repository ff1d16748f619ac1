"""Evening out: a smooth sheet of colour, stretched over a hole from what is missing along its rim."""

import cv2
import numpy as np

SWEEPS = 8  # of relaxation at each scale


def laplace_fill(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return a smooth field, float32 (H, W, C), that takes `values` where `weight`, float32 (H, W), is large.

    Where the weight is zero the field is as the soap film between its neighbours (Laplace's equation), found from
    coarse to fine: Gortler et al., "The Lumigraph", SIGGRAPH 1996, for the start at each scale, then relaxation.
    """
    height, width = weight.shape
    if min(height, width) <= 2:
        total = float(weight.sum())
        mean = (values * weight[:, :, None]).sum((0, 1)) / total if total > 0 else np.zeros(values.shape[2], np.float32)
        return np.broadcast_to(mean.astype(np.float32), values.shape).copy()
    size = (width + 1) // 2, (height + 1) // 2
    coarse_weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    coarse = _resize(values * weight[:, :, None], size, cv2.INTER_AREA) / np.maximum(coarse_weight, 1e-12)[:, :, None]
    # A little weight is as good as much: what counts is that something is known there.
    below = laplace_fill(coarse, np.minimum(coarse_weight * 2, 1))
    field = _resize(below, (width, height), cv2.INTER_LINEAR)
    held = weight[:, :, None]
    kept = values * held
    for _ in range(SWEEPS):
        field = kept + (1 - held) * cv2.blur(field, (3, 3), borderType=cv2.BORDER_REFLECT).reshape(field.shape)
    return field


def _resize(field: np.ndarray, size: tuple[int, int], way: int) -> np.ndarray:
    return cv2.resize(field, size, interpolation=way).reshape(size[1], size[0], -1)
