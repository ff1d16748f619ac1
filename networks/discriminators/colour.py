"""The critic of the NoGAN method: tells photographs in their own colours from colourised ones."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from networks.layers.decoder import SelfAttention


class ColourDiscriminator(nn.Module):
    """Judges patches (Isola et al.: "Image-to-Image Translation", CVPR 2017) with bounded slope everywhere
    (Miyato et al.: "Spectral Normalization", ICLR 2018).

    Input: lightness (N, 1, H, W) in [0, 1] and chroma (N, 2, H, W) in [-1, 1], as `PaletteColorizer` reads and
    writes them; H and W at least 32. Output: logits (N, 1, H / 16, W / 16), positive for "its own colours".

    `width`: channels after the first convolution, doubled by each further stride.
    """

    def __init__(self, width: int = 32):
        super().__init__()
        self.layers = nn.Sequential(
            *_conv_strided(3, width),
            *_conv_strided(width, 2 * width),
            *_conv_strided(2 * width, 4 * width),
            SelfAttention(4 * width),
            nn.Dropout2d(0.1),
            *_conv_strided(4 * width, 8 * width),
            spectral_norm(nn.Conv2d(8 * width, 1, 3, padding=1)),
        )

    def forward(self, lightness: Tensor, chroma: Tensor) -> Tensor:
        return self.layers(torch.cat((2 * lightness - 1, CHROMA_GAIN * chroma), 1))


CHROMA_GAIN = 3.0  # brings the chroma of common pictures to the spread of lightness


def _conv_strided(channels: int, out: int) -> tuple[nn.Module, nn.Module]:
    return spectral_norm(nn.Conv2d(channels, out, 4, stride=2, padding=1)), nn.LeakyReLU(0.2, inplace=True)
