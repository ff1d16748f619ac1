"""NAFNet: image restoration without activation functions.

Chen, Chu, Zhang, Sun: "Simple Baselines for Image Restoration", ECCV 2022. Names of parameters and arithmetic are
those of the authors' release, so that NAFNet-GoPro-width32.pth loads and computes the same picture. Layer
normalisation runs over the last axis of the channels-last layout, where torch has a fused kernel for it: twice
as fast on a processor as statistics taken over the channel axis by hand.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class NAFNet(nn.Module):
    """A U-Net of NAF blocks that adds its output to the picture.

    Input: (N, `channels_in`, H, W) float, for pictures RGB in [0, 1], sRGB-encoded; any H and W from `minimum_side`
    on (padded with zeros to a multiple of 2 ** number of strides, as the authors do). Output: the same shape
    and units, not clamped; the input is added only where `channels_in` equals `channels_out`.

    `width`: channels at full resolution, doubled by each stride; `encoder` and `decoder`: blocks at each scale,
    finest first and coarsest first; `middle`: blocks at the coarsest scale. The channel attention sees the whole
    input: how one tile is output depends a little on all of it, so tiles should be large.
    """

    minimum_side = 16

    def __init__(
        self,
        width: int = 32,
        encoder: tuple[int, ...] = (1, 1, 1, 28),
        middle: int = 1,
        decoder: tuple[int, ...] = (1, 1, 1, 1),
        channels_in: int = 3,
        channels_out: int = 3,
    ):
        super().__init__()
        self.multiple_of = 2 ** len(encoder)
        coarsest = width * self.multiple_of
        self.intro = nn.Conv2d(channels_in, width, 3, padding=1)
        self.ending = nn.Conv2d(width, channels_out, 3, padding=1)
        scales = [width * 2**level for level in range(len(encoder))]
        self.encoders = nn.ModuleList(
            make_blocks(channels, count) for channels, count in zip(scales, encoder, strict=True)
        )
        self.downs = nn.ModuleList(nn.Conv2d(channels, 2 * channels, 2, stride=2) for channels in scales)
        self.middle_blks = make_blocks(coarsest, middle)
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Conv2d(2 * channels, 4 * channels, 1, bias=False), nn.PixelShuffle(2))
            for channels in reversed(scales)
        )
        self.decoders = nn.ModuleList(
            make_blocks(channels, count) for channels, count in zip(reversed(scales), decoder, strict=True)
        )

    def forward(self, picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        padding = (0, -width % self.multiple_of, 0, -height % self.multiple_of)
        output = self.change(F.pad(picture, padding))[:, :, :height, :width]
        return picture + output if output.shape == picture.shape else output

    def change(self, features: Tensor) -> Tensor:
        """What is to be added, before it is: sides must be multiples of `multiple_of`. Computed, and
        returned, in the dtype of the weights."""
        features = self.intro(features.to(self.intro.weight.dtype))
        skipped = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            features = encoder(features)
            skipped.append(features)
            features = down(features)
        features = self.middle_blks(features)
        for up, decoder in zip(self.ups, self.decoders, strict=True):
            features = decoder(up(features) + skipped.pop())
        return self.ending(features)


class NAFBlock(nn.Module):
    """Two residual branches, one over space and one over channels: (N, C, H, W) to the same."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm1 = LayerNorm(channels)
        self.conv1 = nn.Conv2d(channels, 2 * channels, 1)
        self.conv2 = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels)
        self.sca = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1))
        self.conv3 = nn.Conv2d(channels, channels, 1)
        self.norm2 = LayerNorm(channels)
        self.conv4 = nn.Conv2d(channels, 2 * channels, 1)
        self.conv5 = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        inner = simple_gate(self.conv2(self.conv1(self.norm1(features))))
        features = features + self.conv3(inner * self.sca(inner)) * self.beta
        return features + self.conv5(simple_gate(self.conv4(self.norm2(features)))) * self.gamma


class LayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each pixel by itself: (N, C, H, W) to the same."""

    def __init__(self, channels: int):
        super().__init__(channels, eps=1e-6)

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def make_blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(NAFBlock(channels) for _ in range(count)))


def simple_gate(features: Tensor) -> Tensor:
    """SimpleGate: one half of the channels times the other."""
    first, second = features.chunk(2, dim=1)
    return first * second


def find_official_name(network: nn.Module, name: str) -> str:
    """What the authors' file calls a tensor: the same."""
    return name
