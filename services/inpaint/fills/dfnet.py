"""The Deep Fusion Network: our own weights, and the authors' where an administrator has imported them."""

from imaging.inpainting.completion import complete_photo
from services import engine
from services.inpaint.fills.base import Fill


def prepare(name: str, seed: int) -> Fill:
    network = engine.networks.get(name)

    def fill(rgb, hole, barred, report):
        return complete_photo(rgb, hole, network, (network.multiple_of, network.minimum_side), report)

    return fill
