"""The encoders of the colorizer: five maps of a grey picture, at 1/2, 1/4, 1/8, 1/16 and 1/32 of its size.

An encoder is a list of five levels, each of which reads the map of the level before it. The network that uses it
normalises its input with `mean` and `deviation`.
"""

from dataclasses import dataclass
from typing import cast

import torch
import torchvision
from torch import Tensor, nn

from networks.layers import efficientnet_lite

VGG16_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGG16_MEAN_BGR = (103.939, 116.779, 123.68)  # what VGG-16 subtracts, on the scale of 8-bit values
CONTEXT = 256  # channels of the last level on VGG-16


@dataclass(frozen=True)
class EncoderSpec:
    """What a decoder must know of an encoder.

    channels: of the five maps. mean, deviation: of the input in [0, 1]. normalize_skips: whether the maps are so large
    and so uneven that they need a batch normalisation before a decoder reads them.
    """

    channels: tuple[int, ...]
    mean: float
    deviation: float
    normalize_skips: bool = False


def _describe_efficientnet_lite(size: str) -> EncoderSpec:
    """Return the spec of one of `networks/layers/efficientnet_lite.py` with a context level."""
    channels = (*efficientnet_lite.list_channels(size)[:-1], CONTEXT)
    return EncoderSpec(channels, 127 / 255, 128 / 255, normalize_skips=True)


ENCODERS = {
    "resnet18": EncoderSpec((64, 64, 128, 256, 512), 0.5, 0.25),
    "resnet34": EncoderSpec((64, 64, 128, 256, 512), 0.5, 0.25),
    "efficientnet_lite0": _describe_efficientnet_lite("lite0"),
    "efficientnet_lite2": _describe_efficientnet_lite("lite2"),
    "vgg16": EncoderSpec((128, 256, 512, 512, CONTEXT), sum(VGG16_MEAN_BGR) / 3 / 255, 1 / 255, normalize_skips=True),
}


def build_levels(encoder: str) -> nn.ModuleList:
    """Return the five levels of the encoder, freshly initialised. Raises ValueError for an unknown name."""
    if encoder not in ENCODERS:
        raise ValueError(f"encoder must be one of {', '.join(ENCODERS)}, not {encoder!r}")
    if encoder.startswith("efficientnet_"):
        size = encoder.removeprefix("efficientnet_")
        *levels, last = efficientnet_lite.build_efficientnet_lite(size)
        return nn.ModuleList((*levels, nn.Sequential(last, *_build_context(efficientnet_lite.list_channels(size)[-1]))))
    return _build_vgg16_levels() if encoder == "vgg16" else _build_resnet_levels(encoder)


def list_pretrained(encoder: str, levels: nn.ModuleList) -> list[nn.Module]:
    """Return, level by level, what can start from ImageNet's parameters; what comes after it in the last level cannot.

    Raises ValueError for an encoder without such parameters.
    """
    if encoder == "vgg16":
        return list(levels[:4])
    if encoder.startswith("efficientnet_"):
        return [*levels[:4], next(levels[4].children())]
    raise ValueError(f"{encoder} has no pretrained parameters")


class GlobalContext(nn.Module):
    """Adds to every place what the picture as a whole shows: (N, C, H, W) -> the same.

    The global features of Iizuka, Simo-Serra, Ishikawa: "Let there be Color!", SIGGRAPH 2016.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.project = nn.Sequential(
            nn.Linear(channels, channels), nn.ReLU(inplace=True), nn.Linear(channels, channels)
        )

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.project(maps.mean((2, 3)))[:, :, None, None]


def _build_resnet_levels(name: str) -> nn.ModuleList:
    """He et al.: "Deep Residual Learning", CVPR 2016; the first convolution reads one plane."""
    resnet = getattr(torchvision.models, name)(weights=None)
    stem = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    return nn.ModuleList(
        (
            nn.Sequential(stem, resnet.bn1, nn.ReLU(inplace=True)),
            nn.Sequential(resnet.maxpool, resnet.layer1),
            resnet.layer2,
            resnet.layer3,
            resnet.layer4,
        )
    )


def _build_vgg16_levels() -> nn.ModuleList:
    """The thirteen convolutions of VGG-16 (Simonyan, Zisserman, ICLR 2015), one plane in, and a context level."""
    blocks, channels = [], 1
    for widths in VGG16_BLOCKS:
        layers = []
        for width in widths:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        blocks.append(nn.Sequential(*layers))
    first, *others = blocks
    halved = [nn.Sequential(nn.MaxPool2d(2), block) for block in others]
    context = nn.Sequential(nn.MaxPool2d(2), *_build_context(channels))
    return nn.ModuleList((nn.Sequential(first, halved[0]), *halved[1:], context))


def _build_context(channels: int) -> list[nn.Module]:
    """Return the layers that make the last map, of CONTEXT channels, and tell every place of the whole picture."""
    return [
        nn.BatchNorm2d(channels),
        nn.Conv2d(channels, CONTEXT, 3, padding=1, bias=False),
        nn.BatchNorm2d(CONTEXT),
        nn.ReLU(inplace=True),
        GlobalContext(CONTEXT),
    ]


def list_vgg16_convolutions(levels: nn.ModuleList) -> list[nn.Conv2d]:
    """Return the thirteen convolutions in the levels of "vgg16", first to last."""
    return [module for level in list(levels)[:4] for module in level.modules() if isinstance(module, nn.Conv2d)]


def load_vgg16(levels: nn.ModuleList, kernels: list[Tensor], biases: list[Tensor]) -> None:
    """Fill the levels of "vgg16" with VGG-16's own parameters: kernels (O, I, 3, 3), BGR in, biases (O,).

    A grey picture is the same plane three times, so the first kernel is summed over its inputs. What the three
    means differ by goes into the first bias.
    """
    mean = torch.tensor(VGG16_MEAN_BGR)
    offset = torch.einsum("oihw,i->o", kernels[0], mean.mean() - mean)
    kernels = [kernels[0].sum(1, keepdim=True), *kernels[1:]]
    biases = [biases[0] + offset, *biases[1:]]
    with torch.no_grad():
        for convolution, kernel, bias in zip(list_vgg16_convolutions(levels), kernels, biases, strict=True):
            convolution.weight.copy_(kernel)
            cast(Tensor, convolution.bias).copy_(bias)
