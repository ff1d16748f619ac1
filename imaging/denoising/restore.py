"""Noise taken out by a network, tile by tile."""

from collections.abc import Callable

import cv2
import numpy as np
from torch import Tensor

from imaging.denoising.blocks import GRID
from imaging.enlarging.upscale import drop_colours
from imaging.tiles import TiledNetwork, run_tiled

TILE, OVERLAP = 512, 48
# Levels of 255, the root of the mean square: where the network takes out less, what was measured was grass or gravel
# rather than noise. Chosen on photos that the recipe holds back.
MIN_CHANGE = 2.0


def denoise(
    rgb: np.ndarray,
    network: TiledNetwork,
    strength: float = 1.0,
    grid: tuple[int, int] = (0, 0),
    report: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Return uint8 (H, W, 3) without its noise, of the same shape. A picture in grey stays one.

    strength: 0 (the picture) to 1 (what the network makes of it). grid: the first row and column at which a block of
    JPEG begins, 0 to 7; the network's input begins at such a place too. report: gets the share done, in (0, 1].
    """

    def blend(tile: Tensor) -> Tensor:
        return tile.lerp(network(tile).clamp(0, 1), strength)

    top, left = (-start % GRID for start in grid)
    denoised = run_tiled(
        cv2.copyMakeBorder(rgb, top, 0, left, 0, cv2.BORDER_REPLICATE),
        blend,
        tile=TILE,
        overlap=OVERLAP,
        multiple_of=network.multiple_of,
        minimum_side=network.minimum_side,
        device=network.device,
        report=report,
    )[top:, left:]
    is_grey = bool((rgb[:, :, :1] == rgb[:, :, 1:]).all())
    return drop_colours(denoised) if is_grey else denoised


def measure_change(before: np.ndarray, after: np.ndarray) -> float:
    """Return by how many levels of 255 two pictures differ, the root of the mean square; uint8 (H, W, 3) both."""
    return float(cv2.norm(before, after, cv2.NORM_L2) / np.sqrt(before.size))
