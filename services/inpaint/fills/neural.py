"""Neural patch synthesis: slow, and an experiment; it makes alternatives.

Its coarsest scale starts from patches of the photo, or, where somebody has trained weights for it, from the content
network that the paper has; ours did no better than diffusion, and is not released (`training/LOG.md`).
"""

import numpy as np
from torch import nn

from imaging.inpainting.context_fill import fill_with_context
from imaging.inpainting.neural_synthesis import synthesize
from services import inference
from services.inpaint.fills import CONTENT, FEATURES, patch
from services.inpaint.fills.base import Fill, Progress


def prepare_from_patches(seed: int) -> Fill:
    features = inference.networks.get(FEATURES).module
    return _prepare(features, patch.prepare(seed), seed)


def prepare_from_content(seed: int) -> Fill:
    features, network = inference.networks.get(FEATURES).module, inference.networks.get(CONTENT)

    def guess(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: Progress) -> np.ndarray:
        return fill_with_context(rgb, hole, network, network.minimum_side)

    return _prepare(features, guess, seed)


def _prepare(features: nn.Module, guess: Fill, seed: int) -> Fill:
    device, half = inference.choose_device(), inference.choose_half_precision()

    def fill(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: Progress) -> np.ndarray:
        return synthesize(rgb, hole, features, guess, seed, barred, report, device, half)

    return fill
