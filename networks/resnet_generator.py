"""The ResNet generator of DeblurGAN, fitted to photographs of any size on a CPU.

Kupyn, Budzan, Mykhailych, Mishkin, Matas: "DeblurGAN: Blind Motion Deblurring Using Conditional
Adversarial Networks", CVPR 2018, section 4. Four things differ from the paper, each for a reason:

* No instance normalisation: its statistics are those of the tile at hand, so that neighbouring tiles of a large
  picture would disagree at their seam, and it forgets the colour of a flat picture. Each pixel is normalised
  over its own channels instead, as in Chen, Chu, Zhang, Sun: "Simple Baselines for Image Restoration", ECCV
  2022. The residual branches and the output start at zero, so that training starts from the identity.
* The features of both strides are added to those of the same size on the way up, as in a U-Net: fine detail
  need not squeeze through a quarter of the resolution.
* Resize-convolution in place of transposed convolution, whose uneven overlap draws checkerboards (Odena,
  Dumoulin, Olah: "Deconvolution and Checkerboard Artifacts", Distill 2016).
* The output convolution has filters that sum to zero. Blur moves light about but neither adds nor removes
  any, so its removal must not either: the change the network makes has no constant part, a flat picture
  comes back as it was, and the mean colour of a picture stays. This is built in, not learned.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.1  # of the rectifiers below zero: without normalisation, plain ones die early in training


class ResnetGenerator(nn.Module):
    """Sharpens a motion-blurred picture.

    Input: RGB (N, 3, H, W) float in [0, 1], sRGB-encoded; H and W multiples of `multiple_of`, at least
    `minimum_side`. Output: the same shape and units, not clamped. Each output pixel depends on input pixels at
    most `reach` away; two tiles whose origins differ by a multiple of `multiple_of` agree exactly on the
    pixels further than that from their cut edges.

    `width`: channels at full resolution (64 in the paper), doubled by each of the two strides.
    `blocks`: residual blocks at a quarter of the resolution.
    `dropout`: share of activations dropped between the two convolutions of a block, in training only.
    """

    multiple_of = 4
    minimum_side = 12
    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int = 64, blocks: int = 5, dropout: float = 0.0):
        super().__init__()
        self.reach = 20 + 8 * blocks
        self.stem = _convolution(3, width, 7)
        self.down_to_half = _convolution(width, 2 * width, 3, stride=2)
        self.down_to_quarter = _convolution(2 * width, 4 * width, 3, stride=2)
        self.blocks = nn.Sequential(*(ResidualBlock(4 * width, dropout) for _ in range(blocks)))
        self.norm = PixelNorm(4 * width)
        self.up_to_half = _convolution(4 * width, 2 * width, 3)
        self.up_to_full = _convolution(2 * width, width, 3)
        self.output = ZeroSumConvolution(width, 3, 7, bias=False)
        with torch.no_grad():
            self.up_to_half.weight *= 0.1  # at first the fine features lead and the coarse ones are a murmur
            self.up_to_full.weight *= 0.1
            self.output.weight.zero_()
        self.register_buffer("mean", torch.tensor(0.5), persistent=False)
        self.register_buffer("deviation", torch.tensor(0.25), persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        # The margins that the convolutions eat are added where that is cheap, once to the picture and once
        # to the smallest map, instead of before each of them. Strides start at the top left.
        normalised = ((picture - self.mean) / self.deviation).to(self.output.weight.dtype)
        full = _norm_relu(self.stem(_conv_reflect(normalised, 10, 9)))
        half = _norm_relu(self.down_to_half(full))
        quarter = _norm_relu(self.down_to_quarter(half))[:, :, 1:-1, 1:-1]
        decoded = _conv_reflect(self.norm(self.blocks(quarter)), 2, 2)
        decoded = _norm_relu(self.up_to_half(_upsample(decoded)) + half)
        decoded = _norm_relu(self.up_to_full(_upsample(decoded)) + full[:, :, 2:-1, 2:-1])
        return picture + self.output(decoded)[:, :, 2:-2, 2:-2]


class ResidualBlock(nn.Module):
    """x + convolution(dropout(rectified(convolution(normalised x)))), the identity before training."""

    def __init__(self, channels: int, dropout: float):
        super().__init__()
        self.norm = PixelNorm(channels)
        self.first = _convolution(channels, channels, 3)
        self.dropout = nn.Dropout(dropout)
        self.second = _convolution(channels, channels, 3)
        nn.init.zeros_(self.second.weight)

    def forward(self, features: Tensor) -> Tensor:
        inner = self.dropout(_norm_relu(self.first(_conv_reflect(self.norm(features), 1, 1))))
        return features + self.second(_conv_reflect(inner, 1, 1))


class PixelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each pixel by itself: (N, C, H, W) to the same."""

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ZeroSumConvolution(nn.Conv2d):
    """A convolution whose filters sum to zero over their window, so that flat features give zero.

    It sums many inputs into one pixel, so that the same step in each weight moves its result further than that
    of other layers; the gain evens that out (Karras et al., "Progressive Growing of GANs", ICLR 2018).
    """

    gain = 0.25

    def forward(self, features: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean(dim=(2, 3), keepdim=True)
        return self._conv_forward(features, weight * self.gain, self.bias)


def _convolution(channels_in: int, channels_out: int, size: int, stride: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(channels_in, channels_out, size, stride)
    nn.init.kaiming_normal_(layer.weight, a=SLOPE)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _conv_reflect(features: Tensor, before: int, after: int) -> Tensor:
    """Reflection, not zeros, at the border: zeros would darken it and make a flat picture uneven."""
    return F.pad(features, (before, after, before, after), mode="reflect")


def _norm_relu(features: Tensor) -> Tensor:
    return F.leaky_relu(features, SLOPE)


def _upsample(features: Tensor) -> Tensor:
    return F.interpolate(features, scale_factor=2, mode="nearest")
