"""The decoder of the colorizer, in parts: sub-pixel upsampling, skips, self-attention; after DeOldify (Antic, 2019).

Aitken et al., arXiv 1707.02937: sub-pixel convolution without checkerboards. Zhang et al.: "Self-Attention Generative
Adversarial Networks", ICML 2019. Spectral normalisation (Miyato et al., ICLR 2018) of the convolutions that no batch
normalisation follows is a matter of training: `training/colorizing/spectral.py` puts it on and folds it away before the
export.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class UpBlock(nn.Module):
    """One step up the decoder: (N, `deep`, H, W) and the encoder's (N, `skip`, 2H, 2W) -> (N, `out`, 2H, 2W)."""

    def __init__(self, deep: int, skip: int, raised: int, out: int):
        super().__init__()
        self.shuffle = SubPixel(deep, raised)
        self.mix = nn.Sequential(_conv_norm_relu(raised + skip, out), _conv_norm_relu(out, out))

    def forward(self, deep: Tensor, skip: Tensor) -> Tensor:
        return self.mix(torch.cat((self.shuffle(deep), skip), 1))


class SubPixel(nn.Module):
    """Doubles height and width: a 1x1 convolution makes four pixels of one, initialised alike (ICNR)."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.expand = nn.Conv2d(channels, 4 * out, 1)
        with torch.no_grad():
            one = torch.empty(out, channels, 1, 1)
            nn.init.kaiming_normal_(one, nonlinearity="linear")
            self.expand.weight.copy_(one.repeat_interleave(4, 0))
            nn.init.zeros_(cast(Tensor, self.expand.bias))

    def forward(self, maps: Tensor) -> Tensor:
        return F.pixel_shuffle(self.expand(maps), 2)


class SelfAttention(nn.Module):
    """Lets every place of a map see every other: (N, C, H, W) -> the same. Starts as the identity."""

    def __init__(self, channels: int):
        super().__init__()
        self.query = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1, bias=False)
        self.share = nn.Parameter(torch.zeros(1))

    def forward(self, maps: Tensor) -> Tensor:
        query, key, value = (project(maps).flatten(2).transpose(1, 2) for project in (self.query, self.key, self.value))
        seen = F.scaled_dot_product_attention(query, key, value)
        return maps + self.share * seen.transpose(1, 2).reshape(maps.shape)


def _conv_norm_relu(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))
