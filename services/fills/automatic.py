"""Each piece of a hole in the way that suits it: thin ones by our network, thick ones with patches of the photo.

The network knows one answer only, so that further answers to a hole that is thin all over are patches too. Where the
network's weights are missing, patches fill everything.
"""

import numpy as np

from errors import N_
from services import engine
from services.base import ServiceError
from services.fills import dfnet, patch
from services.fills.base import Engine, Fill

VERDICTS = {
    "filled_by_network": N_("The holes are thin, so our network filled them."),
    "filled_with_patches": N_("Patches of this photo filled the holes."),
    "filled_by_both": N_("Our network filled the thin holes, patches of this photo the others."),
    "filled_by_either": N_("The holes are thin: the first answer is our network's, the others are patches."),
}


def prepare(seed: int) -> Fill:
    from imaging.inpainting.regions import fill_by_regions
    from imaging.inpainting.stroke_width import fill_by_thickness, thin

    network = dfnet.prepare(dfnet.OWN, seed) if _has_network() else None

    def fill(rgb, hole, barred, report):
        if network is None:
            return fill_by_regions(rgb, hole, barred, patch.prepare(seed), report)
        if seed and thin(hole).sum() == hole.sum():
            return fill_by_regions(rgb, hole, barred, patch.prepare(seed - 1), report)
        return fill_by_thickness(rgb, hole, barred, network, patch.prepare(seed), report)

    return fill


def verdict(hole: np.ndarray, seeds: range) -> str:
    """Return which way filled what of a hole, bool (H, W), in the answers of these seeds."""
    from imaging.inpainting.stroke_width import thin

    slight = int(thin(hole).sum()) if _has_network() else 0
    if not slight:
        return "filled_with_patches"
    if slight < hole.sum():
        return "filled_by_both"
    if 0 not in seeds:
        return "filled_with_patches"
    return "filled_by_network" if len(seeds) == 1 else "filled_by_either"


def _has_network() -> bool:
    try:
        engine.network(dfnet.OWN)
    except ServiceError:
        return False
    return True


ENGINE = Engine(
    key="automatic", label=N_("Automatic"), prepared=prepare, varied=True, by_regions=False, verdict=verdict
)
