"""Neural patch synthesis: slow, and an experiment; it knows other answers.

Its coarsest scale starts from patches of the photo, or, where somebody has trained weights for it, from the content
network that the paper has; ours did no better than diffusion, and is not released (`training/LOG.md`).
"""

from collections.abc import Callable
from functools import partial

from errors import N_
from services import engine
from services.fills import patch
from services.fills.base import Engine, Fill

FEATURES, CONTENT = "features", "context_encoder"


def prepare(begun: Callable, seed: int) -> Fill:
    features, guess = engine.module(FEATURES), begun(seed)
    device, half = engine.device(), engine.half_precision()

    from imaging.inpainting.neural_synthesis import synthesize

    def fill(rgb, hole, barred, report):
        return synthesize(rgb, hole, features, guess, seed, barred, report, device, half)

    return fill


def by_content(seed: int) -> Callable:
    network = engine.network(CONTENT)

    from imaging.inpainting.context_fill import content

    return lambda rgb, hole, barred, report: content(rgb, hole, network, network.minimum_side)


def _engine(key: str, label: str, begun: Callable, weights: str) -> Engine:
    fills = partial(prepare, begun)
    return Engine(key=key, label=label, prepared=fills, weights=weights, varied=True, longest_side=512)


NEURAL = _engine("neural", N_("With patches of features: an experiment, and slow"), patch.prepare, FEATURES)
NEURAL_CONTENT = _engine(
    "neural-content", N_("With patches of features, begun by a network: an experiment, and slow"), by_content, CONTENT
)
ENGINES = (NEURAL, NEURAL_CONTENT)
