"""The network that enlarges: residual blocks at the size of the picture, and a pixel shuffle at the end.

Shi et al.: "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
Network", CVPR 2016; blocks without normalisation and a head for each factor after one body as in Lim et al.: "Enhanced
Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017. The output is added to a bicubic enlargement,
so that a network that has learnt nothing is that.
"""

import torch.nn.functional as F
from torch import Tensor, nn

FACTORS = (2, 4)


class Enlarger(nn.Module):
    """Enlarges a picture by two (`forward`) or by four (`quadruple`).

    Input: RGB (N, 3, H, W) float in [0, 1], sRGB-encoded, of any size. Output: (N, 3, 2H, 2W) or (N, 3, 4H, 4W), same
    units, not clamped. A pixel depends on others at most `2 * blocks + 2` pixels of the input away.

    `width`: channels; `blocks`: residual blocks of two convolutions each.
    """

    multiple_of = 1
    minimum_side = 1

    def __init__(self, width: int = 32, blocks: int = 3):
        super().__init__()
        self.intro = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.heads = nn.ModuleList(make_still(nn.Conv2d(width, 3 * factor**2, 3, padding=1)) for factor in FACTORS)

    def forward(self, picture: Tensor) -> Tensor:
        return self.enlarge(picture, 2)

    def quadruple(self, picture: Tensor) -> Tensor:
        return self.enlarge(picture, 4)

    def enlarge(self, picture: Tensor, factor: int) -> Tensor:
        """Return the picture `factor` times as wide and as high; a factor of FACTORS, else ValueError."""
        features = self.intro(picture.to(self.intro.weight.dtype))
        features = features + self.body(features)
        added = F.pixel_shuffle(self.heads[FACTORS.index(factor)](features), factor)
        return enlarge_bicubic(picture, factor) + added


class ResidualBlock(nn.Module):
    """(N, C, H, W) to the same."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.conv2(F.relu(self.conv1(features)))


def make_still(convolution: nn.Conv2d) -> nn.Conv2d:
    """Return the convolution with weights of zero: a network that ends in it adds nothing until it has learnt."""
    for weight in convolution.parameters():
        nn.init.zeros_(weight)
    return convolution


def enlarge_bicubic(picture: Tensor, factor: int) -> Tensor:
    """Return (N, C, H, W) enlarged by cubic convolution."""
    return F.interpolate(picture, scale_factor=factor, mode="bicubic", align_corners=False)
