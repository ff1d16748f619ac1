"""The Deep Fusion Network: our own weights, and the authors' where an administrator has imported them."""

import numpy as np

from imaging.inpainting.completion import complete_photo
from services import inference
from services.inpaint.fills.base import Fill, Progress


def prepare(name: str, seed: int) -> Fill:
    network = inference.networks.get(name)

    def fill(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: Progress) -> np.ndarray:
        return complete_photo(rgb, hole, network, (network.multiple_of, network.minimum_side), report)

    return fill
