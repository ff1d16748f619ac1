"""DFNet: a U-Net that blends what it invents into what is known, at several scales.

Hong et al. 2019, "Deep Fusion Network for Image Completion", ACM Multimedia. The last decoder layers carry fusion
blocks: a raw completion, and a map that says for each pixel and colour how much of it to take.

The authors give the network a picture whose hole is 0. Ours begins with a hole that is filled smoothly, and each scale
changes what the coarser one has made of it: there is nothing to be learned before it is as good as a smooth fill.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KERNELS = (7, 5, 5, 3, 3, 3, 3, 3)  # of the encoder, each with stride 2
FULL_WIDTH = 64
FUSED = 6  # so many of the finest decoder layers carry a fusion block
BLEND_WIDTH = 32
SWEEPS = 8  # of relaxation at each scale of the smooth start
FAINTEST = 0.01  # of 1: colours nearer to black or white than this have no logit to be changed


class Fused(NamedTuple):
    """One scale, each (N, 3, H, W) in [0, 1]: result = alpha * raw + (1 - alpha) * input."""

    result: Tensor
    alpha: Tensor
    raw: Tensor


class Encoder(nn.Module):
    """Convolution of stride 2, batch norm and ReLU; the first has neither. -> (N, channels_out, H/2, W/2)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, first: bool):
        super().__init__()
        before = (kernel - 2) // 2  # an odd kernel with stride 2 on an even side needs one pixel more at the end
        self.pad = (before, before + 1, before, before + 1)
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride=2)
        self.norm = None if first else nn.BatchNorm2d(channels_out)

    def forward(self, features: Tensor) -> Tensor:
        features = self.conv(F.pad(features, self.pad))
        return features if self.norm is None else F.relu(self.norm(features))


class Decoder(nn.Module):
    """Doubles the size, joins the encoder's features, convolves. -> (N, channels_out, 2H, 2W)."""

    def __init__(self, channels_in: int, channels_skip: int, channels_out: int):
        super().__init__()
        self.conv = nn.Conv2d(channels_in + channels_skip, channels_out, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        features = F.interpolate(features, scale_factor=2, mode="nearest")
        return F.leaky_relu(self.norm(self.conv(torch.cat((features, skip), 1))), 0.2)


class Fusion(nn.Module):
    """From the decoder's features (N, C, H, W) and the picture with its hole to a `Fused` of that size."""

    def __init__(self, channels: int):
        super().__init__()
        self.raw = nn.Conv2d(channels, 3, 1)
        self.blend = nn.Sequential(
            nn.Conv2d(6, BLEND_WIDTH, 1),
            nn.BatchNorm2d(BLEND_WIDTH),
            nn.LeakyReLU(0.2),
            nn.Conv2d(BLEND_WIDTH, 3, 3, padding=1),
            nn.BatchNorm2d(3),
            nn.LeakyReLU(0.2),
            nn.Conv2d(3, 3, 1),
        )

    def forward(self, features: Tensor, holed: Tensor, changes: bool = False) -> Fused:
        """With `changes` the raw completion is a change of `holed`, whose hole is filled already."""
        if holed.shape[-2:] != features.shape[-2:]:
            holed = F.interpolate(holed, features.shape[-2:], mode="bilinear", align_corners=False)
        raw = self.raw(features)
        raw = torch.sigmoid(raw + torch.logit(holed, FAINTEST) if changes else raw)
        alpha = torch.sigmoid(self.blend(torch.cat((holed, raw), 1)))
        return Fused(holed + alpha * (raw - holed), alpha, raw)  # so that half precision does not round what is known


class DFNet(nn.Module):
    """Input (N, 4, H, W): RGB in [0, 1] with the hole 0, and the mask, 1 where the picture is known.

    H and W must be multiples of 2^levels, 256 for the authors'. In eval mode the output is the finest result,
    (N, 3, H, W) in [0, 1]; in training mode a list of `Fused`, finest first, each of half the size of the one before.
    `width` is the number of channels of the first layer, `levels` that of the halvings; the authors' has 64 and 8 (33
    million parameters). With `smooth` the hole is filled smoothly first.
    """

    def __init__(self, width: int = FULL_WIDTH, levels: int = len(KERNELS), smooth: bool = False):
        super().__init__()
        self.width, self.levels, self.smooth = width, levels, smooth
        self.multiple_of = self.minimum_side = 2**levels
        channels = [4, *(min(width * 2**level, width * 8) for level in range(levels))]
        self.encoders = nn.ModuleList(
            Encoder(channels[i], channels[i + 1], kernel, first=i == 0) for i, kernel in enumerate(KERNELS[:levels])
        )
        self.decoders = nn.ModuleList(  # finest first, like the encoders
            Decoder(channels[i + 1], channels[i], channels[i]) for i in range(levels)
        )
        self.fusions = nn.ModuleList(Fusion(channels[i]) for i in range(min(FUSED, levels)))
        if smooth:
            for parameter in (values for fusion in self.fusions for values in cast(Fusion, fusion).raw.parameters()):
                nn.init.zeros_(parameter)  # no change at first

    def forward(self, holed_and_known: Tensor) -> Tensor | list[Fused]:
        scales = self.predict_scales(holed_and_known, FUSED if self.training else 1)
        return scales if self.training else scales[0].result

    def predict_scales(self, holed_and_known: Tensor, count: int = FUSED) -> list[Fused]:
        """Return the `count` finest scales, finest first."""
        known = holed_and_known[:, 3:]
        if self.smooth:
            holed_and_known = torch.cat((laplace_fill(holed_and_known[:, :3], known), known), 1)
            count = len(self.fusions)
        skips = [holed_and_known]
        for encoder in self.encoders:
            skips.append(encoder(skips[-1]))
        fused: list[Fused] = []
        features, change = skips.pop(), None
        for level in reversed(range(len(self.decoders))):
            features = self.decoders[level](features, skips.pop())
            if level >= count:
                continue
            if self.smooth:
                film = F.adaptive_avg_pool2d(holed_and_known[:, :3], features.shape[-2:])
                start = (film + _carry_over(change, known, film)).clamp(0, 1)
                fused.insert(0, self.fusions[level](features, start, changes=True))
                change = fused[0].result - film
            else:
                fused.insert(0, self.fusions[level](features, holed_and_known[:, :3]))
        return fused


def _carry_over(change: Tensor | None, known: Tensor, film: Tensor) -> Tensor | float:
    """Return what the coarser scale changed, at the size of this one and in the hole alone."""
    if change is None:
        return 0.0
    missing = 1 - F.adaptive_avg_pool2d(known, (film.shape[-2], film.shape[-1]))
    return F.interpolate(change, scale_factor=2, mode="bilinear", align_corners=False) * missing


def laplace_fill(holed: Tensor, known: Tensor) -> Tensor:
    """Return the picture (N, C, H, W) with a soap film over its hole, which is where `known` (N, 1, H, W) is 0.

    Laplace's equation, from coarse to fine; H and W need not be even. What is known stays as it is.
    """
    height, width = known.shape[-2:]
    if min(height, width) <= 2:
        mean = (holed * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1e-6)
        return torch.where(known > 0, holed, mean)
    odd = (0, width % 2, 0, height % 2)
    share = F.avg_pool2d(F.pad(known, odd, mode="replicate"), 2)
    coarse = F.avg_pool2d(F.pad(holed * known, odd, mode="replicate"), 2) / share.clamp(min=1e-6)
    coarse = laplace_fill(coarse, (share > 0).to(known))
    film = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)[:, :, :height, :width]
    visible, missing = holed * known, 1 - known
    film = visible + missing * film
    for _ in range(SWEEPS):
        wide = F.pad(film, (1, 1, 1, 1), mode="replicate")
        sides = wide[:, :, 1:-1, :-2] + wide[:, :, 1:-1, 2:] + wide[:, :, :-2, 1:-1] + wide[:, :, 2:, 1:-1]
        film = torch.addcmul(visible, missing, sides, value=0.25)
    return film


def find_official_name(network: DFNet, name: str) -> str:
    """Return what the authors' released state dicts call our tensor `name` of `network`."""
    part, level, *place, leaf = name.split(".")
    if part == "fusions":
        if place == ["raw"]:
            return f"fuse_{level}.map2img.0.conv.{leaf}"
        index = place[1]
        inner = ".conv" if index in "036" else ""
        return f"fuse_{level}.blend.blend.{index}{inner}.{leaf}"
    coder = {"encoders": "en", "decoders": "de"}[part]
    verb = {"en": "encode", "de": "decode"}[coder]
    layer = {"conv": "0.conv.1" if coder == "en" else "0.conv", "norm": "1"}[place[0]]
    return f"{coder}_{level}.{verb}.{layer}.{leaf}"
