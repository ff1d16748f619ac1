"""Neural patch synthesis: slow, and an experiment; it knows other answers.

Its coarsest scale starts from patches of the photo, which did better than the content network (see the card of
`context_encoder`).
"""

from services import engine
from services.base import N_
from services.fills import patch
from services.fills.base import Engine, Fill

FEATURES = "features"


def prepared(seed: int) -> Fill:
    features, start = engine.module(FEATURES), patch.prepared(seed)
    device, half = engine.device(), engine.half_precision()

    from imaging.synthesis import synthesised

    def guess(rgb, hole, barred):
        return start(rgb, hole, barred, lambda share: None)

    def fill(rgb, hole, barred, report):
        return synthesised(rgb, hole, features, guess, seed, barred, report, device, half)

    return fill


ENGINE = Engine(
    key="neural", label=N_("With patches of features: an experiment, and slow"), prepared=prepared, weights=FEATURES,
    varied=True, longest_side=512,
)  # fmt: skip
