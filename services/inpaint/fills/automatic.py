"""Each piece of a hole in the way that suits it: thin ones by our network, thick ones with patches of the photo.

The network makes one result only, so that alternatives for a hole that is thin all over are patches too. Where the
network's weights are missing, patches fill everything.
"""

import numpy as np

from imaging.inpainting.regions import fill_by_regions
from imaging.inpainting.stroke_width import fill_by_thickness, thin
from services import inference
from services.base import ServiceError
from services.inpaint.fills import BY_PATCHES, DFNET, dfnet, patch
from services.inpaint.fills.base import Fill, Progress


def prepare(seed: int) -> Fill:
    network = dfnet.prepare(DFNET, seed) if _has_network() else None

    def fill(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: Progress) -> np.ndarray:
        if network is None:
            return fill_by_regions(rgb, hole, barred, patch.prepare(seed), report)
        if seed and thin(hole).sum() == hole.sum():
            return fill_by_regions(rgb, hole, barred, patch.prepare(seed - 1), report)
        return fill_by_thickness(rgb, hole, barred, network, patch.prepare(seed), report)

    return fill


def find_verdict(hole: np.ndarray, seeds: range) -> str:
    """Return which way filled what of a hole, bool (H, W), in the results of these seeds."""
    slight = int(thin(hole).sum()) if _has_network() else 0
    if not slight:
        return BY_PATCHES
    if slight < hole.sum():
        return "filled_by_both"
    if 0 not in seeds:
        return BY_PATCHES
    return "filled_by_network" if len(seeds) == 1 else "filled_by_either"


def _has_network() -> bool:
    try:
        inference.networks.get(DFNET)
    except ServiceError:
        return False
    return True
