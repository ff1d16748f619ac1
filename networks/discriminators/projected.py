"""A critic that looks at pictures through the features of a frozen network, so that little data suffices.

Sauer, Chitta, Müller, Geiger: "Projected GANs Converge Faster", NeurIPS 2021. Each map of features is mixed by a fixed
random projection, and a small discriminator of patches judges each.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class ProjectedDiscriminator(nn.Module):
    """Judges maps of features (N, C, H, W), one list entry for each of `channels`, H and W at least 4.

    Output: logits (N, P), those of all places of all maps; positive for "its own colours". `width`: channels of each
    projection.
    """

    def __init__(self, channels: Sequence[int], width: int = 64):
        super().__init__()
        self.projections = nn.ModuleList(
            nn.Conv2d(each, width, 1, bias=False).requires_grad_(False) for each in channels
        )
        self.heads = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(width, width, 4, stride=2, padding=1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, width, 3, padding=1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, 1, 1)),
            )
            for _ in channels
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        verdicts = []
        for map_, projection, head in zip(maps, self.projections, self.heads, strict=True):
            mixed = projection(map_)
            verdicts.append(head(F.layer_norm(mixed, mixed.shape[1:])).flatten(1))
        return torch.cat(verdicts, 1)
