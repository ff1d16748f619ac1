"""The network that takes out noise: a U-Net of plain residual blocks that begins at half the resolution.

A U-Net whose blocks are two convolutions without normalisation denoises as well as far costlier ones: Zhang, Li, Zuo,
Zhang, Van Gool, Timofte: "Plug-and-Play Image Restoration with Deep Denoiser Prior", IEEE TPAMI 2021 (DRUNet). Four
pixels of each colour become the channels of one place first (Zhang, Zuo, Zhang: "FFDNet: Toward a Fast and Flexible
Solution for CNN-Based Image Denoising", IEEE TIP 2018), which spares the costly layers. It is blind: it gets the
picture alone. What it outputs is added to the picture.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from networks.restoration.enlarger import ResidualBlock, make_still


class Denoiser(nn.Module):
    """Takes noise out of a picture.

    Input: RGB (N, 3, H, W) float in [0, 1], sRGB-encoded; H and W multiples of `multiple_of`. Output: the same shape
    and units, not clamped.

    `width`: channels at half resolution, doubled at each of the following scales; `blocks`: residual blocks on the way
    down, and as many on the way up, at each scale, finest first; `middle`: blocks at the coarsest scale.
    """

    minimum_side = 32

    def __init__(self, width: int = 64, blocks: tuple[int, ...] = (1, 1), middle: int = 2):
        super().__init__()
        self.multiple_of = 2 * 2 ** len(blocks)
        scales = [width * 2**level for level in range(len(blocks))]
        self.intro = nn.Conv2d(12, width, 3, padding=1)
        self.ending = make_still(nn.Conv2d(width, 12, 3, padding=1))
        self.encoders = nn.ModuleList(make_blocks(size, count) for size, count in zip(scales, blocks, strict=True))
        self.downs = nn.ModuleList(nn.Conv2d(size, 2 * size, 2, stride=2) for size in scales)
        self.middle = make_blocks(2 * scales[-1], middle)
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Conv2d(2 * size, 4 * size, 1), nn.PixelShuffle(2)) for size in reversed(scales)
        )
        self.decoders = nn.ModuleList(
            make_blocks(size, count) for size, count in zip(reversed(scales), reversed(blocks), strict=True)
        )

    def forward(self, picture: Tensor) -> Tensor:
        features = self.intro(F.pixel_unshuffle(picture, 2).to(self.intro.weight.dtype))
        skipped = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            features = encoder(features)
            skipped.append(features)
            features = down(features)
        features = self.middle(features)
        for up, decoder in zip(self.ups, self.decoders, strict=True):
            features = decoder(up(features) + skipped.pop())
        return picture + F.pixel_shuffle(self.ending(features), 2)


def make_blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))
