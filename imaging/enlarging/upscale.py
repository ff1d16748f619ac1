"""Larger by a network, tile by tile."""

from collections.abc import Callable

import numpy as np

from imaging.tiles import TiledNetwork, run_tiled

FACTORS = (2, 4)
TILE, OVERLAP = 384, 32  # an overlap beyond what a pixel depends on: tiles agree to a rounding error
METHODS = {2: "forward", 4: "quadruple"}  # of `networks.restoration.enlarger`


def enlarge(
    rgb: np.ndarray, network: TiledNetwork, factor: int, report: Callable[[float], None] = lambda share: None
) -> np.ndarray:
    """Return uint8 (H, W, 3) as uint8 (factor * H, factor * W, 3). factor: one of FACTORS.

    report: gets the share done, in (0, 1].
    """
    is_grey = bool((rgb[:, :, :1] == rgb[:, :, 1:]).all())
    enlarged = run_tiled(
        rgb,
        lambda tile: network(tile, METHODS[factor]),
        tile=TILE,
        overlap=OVERLAP,
        multiple_of=network.multiple_of,
        minimum_side=network.minimum_side,
        scale=factor,
        device=network.device,
        report=report,
    )
    return drop_colours(enlarged) if is_grey else enlarged


def drop_colours(rgb: np.ndarray, rows: int = 256) -> np.ndarray:
    """Return uint8 (H, W, 3) with the rounded mean of the three colours in each of them."""
    grey = np.empty_like(rgb)
    for start in range(0, len(rgb), rows):
        sums = rgb[start : start + rows].sum(2, dtype=np.uint16, keepdims=True)
        grey[start : start + rows] = (sums + 1) // 3
    return grey
