"""The Deep Fusion Network: our own weights, and the authors' where an administrator has imported them."""

from functools import partial

from errors import N_
from services import engine
from services.fills.base import Engine, Fill

OWN = "dfnet"


def prepare(name: str, seed: int) -> Fill:
    network = engine.network(name)

    from imaging.inpainting.completion import complete_photo

    def fill(rgb, hole, barred, report):
        return complete_photo(rgb, hole, network, (network.multiple_of, network.minimum_side), report)

    return fill


def _engine(name: str, label: str) -> Engine:
    return Engine(key=name, label=label, prepared=partial(prepare, name), weights=name)


ENGINES = (
    _engine(OWN, N_("With our network: for thin scratches, blurred in large holes")),
    _engine("dfnet-places2", N_("With DFNet, for places")),
    _engine("dfnet-celeba", N_("With DFNet, for faces")),
)
