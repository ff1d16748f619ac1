"""LPIPS on VGG-16 (Zhang et al.: "The Unreasonable Effectiveness of Deep Features", CVPR 2018).

The linear heads are those of the package `lpips` (BSD-2-Clause, `pip install --no-deps lpips`); the features are those
of `training/common/vgg.py`, whose fifth block is HED's, so that figures are close to, but not exactly, the usual ones.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from training.common.vgg import VGGFeatures

MAPS = ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))
HEADS = "weights/v0.1/vgg.pth"


class LPIPS(nn.Module):
    """sRGB pictures (N, 3, H, W) in [0, 1], twice, to their distance (N,). Frozen."""

    def __init__(self):
        super().__init__()
        spec = find_spec("lpips")
        if spec is None:
            raise ModuleNotFoundError("pip install --no-deps lpips: the linear heads of LPIPS come with it")
        path = Path(spec.submodule_search_locations[0]) / HEADS
        self.heads = list(torch.load(path, map_location="cpu", weights_only=True).values())
        self.features = VGGFeatures(MAPS)

    @torch.no_grad()
    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        pairs = zip(self.heads, self.features(one), self.features(other), strict=True)
        return sum((head * (_normalize(a) - _normalize(b)).square()).sum(1).mean((1, 2)) for head, a, b in pairs)


def _normalize(maps: Tensor) -> Tensor:
    """Scale the features of each place to length 1."""
    return maps.float() / maps.float().norm(dim=1, keepdim=True).clamp(min=1e-10)
