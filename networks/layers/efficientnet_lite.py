"""EfficientNet-Lite0 and -Lite2 as five levels, for grey and for coloured pictures.

Tan, Le: "EfficientNet", ICML 2019, and its Lite variants.

The Lite networks are made for processors without an accelerator: no squeeze-and-excitation, ReLU6, and depthwise
convolutions, so that an encoder of 4 million parameters costs a fortieth of VGG-16's time. Lite2 is 1.1 times as wide
and 1.2 times as deep as Lite0.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STEM = 32  # channels
STAGES = ((1, 3, 1), (6, 3, 2), (6, 5, 2), (6, 3, 2), (6, 5, 1), (6, 5, 2), (6, 3, 1))  # expansion, kernel, stride
LEVELS = ((0,), (1,), (2,), (3, 4), (5, 6))  # the stages of each level, 1/2 to 1/32


class Size(NamedTuple):
    """Channels and blocks of each stage."""

    channels: tuple[int, ...]
    repeats: tuple[int, ...]


SIZES = {
    "lite0": Size((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1)),
    "lite2": Size((16, 24, 48, 88, 120, 208, 352), (1, 3, 3, 4, 4, 5, 1)),
}


class ConvNorm(nn.Module):
    """A convolution, batch normalisation and, if asked, ReLU6; with stride 2 padded as TensorFlow does ("SAME")."""

    def __init__(self, channels: int, out: int, kernel: int, stride=1, depthwise=False, relu=True):
        super().__init__()
        padding = 0 if stride == 2 else kernel // 2
        groups = channels if depthwise else 1
        self.margins = ((kernel - 2) // 2, (kernel - 1) // 2) * 2 if stride == 2 else None
        self.convolution = nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(out, eps=1e-3)
        self.relu = relu
        self.is_slow_in_half = depthwise and (stride == 2 or kernel == 5)

    def forward(self, maps: Tensor) -> Tensor:
        maps = F.pad(maps, self.margins) if self.margins else maps
        maps = self.norm(self._convolve(maps))
        return F.relu6(maps) if self.relu else maps

    def _convolve(self, maps: Tensor) -> Tensor:
        """Some gradients of depthwise convolutions take a processor three to seven times as long in bfloat16."""
        if not (self.is_slow_in_half and torch.is_grad_enabled() and torch.is_autocast_enabled("cpu")):
            return self.convolution(maps)
        with torch.autocast("cpu", enabled=False):
            return self.convolution(maps.float()).to(maps.dtype)


class InvertedResidual(nn.Module):
    """Expand, convolve each channel by itself, project; added to the input where the shapes agree."""

    def __init__(self, channels: int, out: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        width = expansion * channels
        self.expand = ConvNorm(channels, width, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(width, width, kernel, stride, depthwise=True)
        self.project = ConvNorm(width, out, 1, relu=False)
        self.residual = stride == 1 and channels == out

    def forward(self, maps: Tensor) -> Tensor:
        out = self.project(self.depthwise(self.expand(maps)))
        return maps + out if self.residual else out


def list_channels(size: str) -> tuple[int, ...]:
    """Return the channels of the five levels; size: a name of SIZES."""
    return tuple(SIZES[size].channels[stages[-1]] for stages in LEVELS)


def build_efficientnet_lite(size: str, planes: int = 1) -> nn.ModuleList:
    """Return the five levels, freshly initialised: maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of an input with `planes`.

    size: a name of SIZES; KeyError for another. The maps have the channels of `list_channels`.
    """
    levels: list[nn.Sequential] = []
    channels = STEM
    for stages in LEVELS:
        blocks: list[nn.Module] = [] if levels else [ConvNorm(planes, STEM, 3, stride=2)]
        for stage in stages:
            (expansion, kernel, stride), out = STAGES[stage], SIZES[size].channels[stage]
            for repeat in range(SIZES[size].repeats[stage]):
                blocks.append(InvertedResidual(channels, out, expansion, kernel, stride if repeat == 0 else 1))
                channels = out
        levels.append(nn.Sequential(*blocks))
    return nn.ModuleList(levels)


def fold_norms(levels: nn.Module) -> None:
    """Make one of each convolution and its norm, in place: eval mode computes the same, faster. For inference only."""
    for module in levels.modules():
        if isinstance(module, ConvNorm):
            assert isinstance(module.norm, nn.BatchNorm2d)
            module.convolution = fuse_conv_bn_eval(module.convolution, module.norm)
            module.norm = nn.Identity()


def load_efficientnet_lite(levels: nn.ModuleList, published: dict[str, Tensor]) -> None:
    """Fill the levels with the published ImageNet parameters, named as in the package `efficientnet-lite-pytorch`.

    A grey picture is the same plane three times, so for one plane the first kernel is summed over its inputs.
    """
    blocks = [module for module in levels.modules() if isinstance(module, InvertedResidual)]
    stem = cast(ConvNorm, next(levels[0].children()))
    is_grey = stem.convolution.in_channels == 1
    _load(stem, published, "_conv_stem", "_bn0", lambda kernel: kernel.sum(1, keepdim=True) if is_grey else kernel)
    for number, block in enumerate(blocks):
        prefix = f"_blocks.{number}."
        if isinstance(block.expand, ConvNorm):
            _load(block.expand, published, prefix + "_expand_conv", prefix + "_bn0")
        _load(block.depthwise, published, prefix + "_depthwise_conv", prefix + "_bn1")
        _load(block.project, published, prefix + "_project_conv", prefix + "_bn2")


def _load(module: ConvNorm, published: dict[str, Tensor], convolution: str, norm: str, change=lambda kernel: kernel):
    with torch.no_grad():
        module.convolution.weight.copy_(change(published[convolution + ".weight"]))
    names = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    module.norm.load_state_dict({name: published[f"{norm}.{name}"] for name in names})
