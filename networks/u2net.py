"""U2-Net and U2-Net-p: a U of U-shaped blocks, supervised at six scales and at their fusion.

Qin et al. 2020, "U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection".
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from networks.layers.conv_relu import ConvReLU
from networks.layers.dense_concat import dense_concat

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ConvNormReLU(nn.Sequential):
    """3x3 convolution of the given dilation, batch norm, ReLU. (N, inner, H, W) -> (N, outer, H, W)."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation)
        self.norm = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)


class ResidualU(nn.Module):
    """The paper's RSU-L block: a U of `height` levels inside one residual block.

    (N, channels_in, H, W) -> (N, channels_out, H, W). Levels are reached by pooling; with `dilated` (RSU-4F)
    the resolution stays and dilations 1, 2, 4, 8 widen the view instead.
    """

    def __init__(
        self,
        height: int,
        channels_in: int,
        channels_mid: int,
        channels_out: int,
        dilated: bool = False,
    ):
        super().__init__()
        self.dilated = dilated
        spread = [2**level if dilated else 1 for level in range(height)]
        bottom_dilation = spread[-1] if dilated else 2
        self.inlet = ConvNormReLU(channels_in, channels_out)
        self.down = nn.ModuleList(
            ConvNormReLU(channels_mid if level else channels_out, channels_mid, spread[level])
            for level in range(height - 1)
        )
        self.bottom = ConvNormReLU(channels_mid, channels_mid, bottom_dilation)
        self.up = nn.ModuleList(  # shallowest first, like `down`
            ConvNormReLU(2 * channels_mid, channels_mid if level else channels_out, spread[level])
            for level in range(height - 1)
        )

    def forward(self, features: Tensor) -> Tensor:
        inlet = features = self.inlet(features)
        skips = []
        for level, block in enumerate(self.down):
            if level and not self.dilated:
                features = max_pool_half(features)
            features = block(features)
            skips.append(features)
        features = self.bottom(features)
        for block, skip in zip(reversed(self.up), reversed(skips), strict=True):
            features = block(dense_concat(resize(features, skip), skip))
        return features + inlet


class NestedU(nn.Module):
    """The two sizes' common body.

    `encoders` and `decoders` list (height, channels_in, channels_mid, channels_out), outermost first; a
    height of 0 stands for RSU-4F. Input RGB (N, 3, H, W) in [0, 1], any H and W; the ImageNet
    normalisation is inside. In training mode the output is seven maps of logits (N, 1, H, W): the fused
    one, then the sides from the finest to the deepest. In eval mode it is the fused map alone after the
    sigmoid, in [0, 1].
    """

    multiple_of = 32  # five halvings: the deepest stages see 1/32
    minimum_side = 64
    mean: Tensor
    std: Tensor

    def __init__(self, encoders: tuple, decoders: tuple):
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.encoders = nn.ModuleList(make_block(*shape) for shape in encoders)
        self.decoders = nn.ModuleList(make_block(*shape) for shape in decoders)
        outputs = [shape[-1] for shape in (*decoders, encoders[-1])]
        self.sides = nn.ModuleList(nn.Conv2d(channels, 1, 3, padding=1) for channels in outputs)
        self.fuse = nn.Conv2d(len(outputs), 1, 1)

    def fold_norms(self) -> "NestedU":
        """Make one of each convolution, its norm and its ReLU, in place: eval mode computes the same, faster.

        For inference only: what is folded is neither trained nor saved.
        """
        fold_units(self)
        return self

    def forward(self, rgb: Tensor) -> list[Tensor] | Tensor:
        maps = self.predict_maps((rgb - self.mean) / self.std)
        return maps if self.training else torch.sigmoid(maps[0])

    def predict_maps(self, normalised: Tensor) -> list[Tensor]:
        """From a normalised picture (N, 3, H, W) to the seven maps of logits."""
        features, skips = normalised, []
        for level, encoder in enumerate(self.encoders):
            features = encoder(max_pool_half(features) if level else features)
            skips.append(features)
        stages = [skips.pop()]
        for decoder in reversed(self.decoders):
            skip = skips.pop()
            stages.insert(0, decoder(dense_concat(resize(stages[0], skip), skip)))
        sides = [resize(side(stage), normalised) for side, stage in zip(self.sides, stages, strict=True)]
        return [self.fuse(torch.cat(sides, dim=1)), *sides]


class U2NetP(NestedU):
    """The small network: 1.1 million parameters, 64 channels between all stages."""

    def __init__(self):
        wide, narrow = 64, 16
        super().__init__(
            encoders=((7, 3, narrow, wide), *((height, wide, narrow, wide) for height in (6, 5, 4, 0, 0))),
            decoders=tuple((height, 2 * wide, narrow, wide) for height in (7, 6, 5, 4, 0)),
        )


class U2Net(NestedU):
    """The full network: 44 million parameters."""

    def __init__(self):
        super().__init__(
            encoders=(
                (7, 3, 32, 64),
                (6, 64, 32, 128),
                (5, 128, 64, 256),
                (4, 256, 128, 512),
                (0, 512, 256, 512),
                (0, 512, 256, 512),
            ),
            decoders=((7, 128, 16, 64), (6, 256, 32, 64), (5, 512, 64, 128), (4, 1024, 128, 256), (0, 1024, 256, 512)),
        )


def make_block(height: int, channels_in: int, channels_mid: int, channels_out: int) -> ResidualU:
    dilated = height == 0
    return ResidualU(4 if dilated else height, channels_in, channels_mid, channels_out, dilated)


def fold_units(network: nn.Module) -> None:
    """Make one of each ConvNormReLU's convolution, norm and ReLU, in place."""
    for parent in [*network.modules()]:
        for name, unit in parent.named_children():
            if isinstance(unit, ConvNormReLU):
                setattr(parent, name, ConvReLU(fuse_conv_bn_eval(unit.conv, unit.norm)))


def max_pool_half(features: Tensor) -> Tensor:
    return F.max_pool2d(features, 2, ceil_mode=True)


def resize(features: Tensor, like: Tensor) -> Tensor:
    size = like.shape[-2:]
    if features.shape[-2:] == size:
        return features
    return F.interpolate(features, size=size, mode="bilinear", align_corners=False)


def find_official_name(network: NestedU, name: str) -> str:
    """Return what the authors' released state dicts call our tensor `name` of `network`."""
    part, index, *rest = name.split(".")
    if part == "fuse":
        return f"outconv.{index}"
    number = int(index) + 1
    if part == "sides":
        return f"side{number}.{rest[0]}"
    *place, layer, leaf = rest
    stage = f"stage{number}d" if part == "decoders" else f"stage{number}"
    match place:
        case ["inlet"]:
            unit = "in"
        case ["bottom"]:
            unit = str(len(getattr(network, part)[number - 1].down) + 1)
        case ["down", level]:
            unit = str(int(level) + 1)
        case ["up", level]:
            unit = f"{int(level) + 1}d"
    layer = {"conv": "conv_s1", "norm": "bn_s1"}[layer]
    return f"{stage}.rebnconv{unit}.{layer}.{leaf}"
