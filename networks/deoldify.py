"""DeOldify's generators, as they compute and ready to run: every norm that can be folded is.

Antic 2019, "DeOldify", github.com/jantic/DeOldify: a U-Net over a ResNet with self-attention and sub-pixel upsampling,
trained by NoGAN. "Artistic" doubles the convolutions of the decoder over a ResNet-34 ("deep", width factor 1.5),
"Stable" has single ones over a ResNet-101 ("wide", width factor 2). The official files keep spectral and weight norms
and batch norms apart; `checkpoints.deoldify` multiplies them out, once. Batch norms that follow a rectifier stay,
as affine maps, since the zero padding of the next convolution stands between.
"""

from typing import cast

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from networks.layers.colour_space import lab_to_rgb, rgb_to_lab
from networks.layers.winograd import Convolution3x3

CHROMA_UNIT = 110.0
RANGE = 3.0  # of the output, in ImageNet's deviations
STRENGTHS = (1.0, 0.6, 1.3)
LUMA = (0.299, 0.587, 0.114)  # of the Y in the YUV that DeOldify joins its colours by
ATTENTIVE = 1  # the block of the decoder that has self-attention


class DeOldify(nn.Module):
    """DeOldify's generator.

    Input: lightness (N, 1, H, W), CIE L* / 100, in [0, 1], H and W multiples of `multiple_of`; the authors squeeze
    pictures into squares. Output: chroma (N, 2, H, W), CIE a* and b* divided by 110.

    `encoder`: "resnet34" or "resnet101"; `deep`: two convolutions per block of the decoder instead of one;
    `width`: its width factor.
    """

    multiple_of = 16
    minimum_side = 32
    mean: Tensor
    std: Tensor
    luma: Tensor

    def __init__(self, encoder: str = "resnet34", deep: bool = True, width: float = 1.5):
        super().__init__()
        resnet = getattr(torchvision.models, encoder)(weights=None)
        self.stem = nn.Conv2d(3, 64, 7, stride=2, padding=3)
        self.layers = nn.ModuleList(
            _fold_norms(layer) for layer in (resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4)
        )
        self.pool = resnet.maxpool
        deepest = resnet.fc.in_features
        scale = deepest // 512
        self.middle = nn.Sequential(
            Affine(deepest), nn.ReLU(), _build_unit(deepest, 2 * deepest), _build_unit(2 * deepest, deepest)
        )
        self.blocks = nn.ModuleList()
        channels = deepest
        for number, skip in enumerate((256 * scale, 128 * scale, 64 * scale, 64)):
            self.blocks.append((Deep if deep else Wide)(channels, skip, width, number))
            channels = self.blocks[-1].out
        self.last = SubPixel(channels, channels)
        self.residual = nn.Sequential(
            *(layer for _ in range(2) for layer in (Convolution3x3(channels + 3, channels + 3), nn.ReLU(True)))
        )
        self.to_rgb = nn.Conv2d(channels + 3, 3, 1)
        for name, values in (("mean", (0.485, 0.456, 0.406)), ("std", (0.229, 0.224, 0.225)), ("luma", LUMA)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    def forward(self, lightness: Tensor) -> Tensor:
        """Colour as DeOldify's post-processing does: U and V of the output beside the Y of the grey picture."""
        flat = torch.zeros_like(lightness)
        grey = lab_to_rgb(torch.cat((100 * lightness.float(), flat, flat), 1))
        rgb = (self.colorize_normalised((grey - self.mean) / self.std).float() * self.std + self.mean).clamp(0, 1)
        luma = (rgb * self.luma).sum(1, keepdim=True)
        return rgb_to_lab((rgb + grey[:, :1] - luma).clamp(0, 1))[:, 1:] / CHROMA_UNIT

    def variants(self, lightness: Tensor) -> Tensor:
        """Return the one output in three strengths, (N, 6, H, W) in pairs: natural, calm and vivid."""
        chroma = self(lightness)
        return torch.cat([strength * chroma for strength in STRENGTHS], 1)

    def colorize_normalised(self, picture: Tensor) -> Tensor:
        """The authors' function: (N, 3, H, W), ImageNet-normalised, to the same, within +-3."""
        picture = picture.contiguous(memory_format=torch.channels_last)  # mixed layouts would be copied at every step
        current = torch.relu(self.stem(picture))
        maps = [current]
        current = self.pool(current)
        for layer in self.layers:
            current = layer(current)
            maps.append(current)
        current = self.middle(maps.pop())
        for block, skip in zip(self.blocks, reversed(maps), strict=True):
            current = block(current, skip)
        current = self.last(current, picture)
        current = self.residual(current).add_(current)
        return torch.sigmoid(self.to_rgb(current).float()) * (2 * RANGE) - RANGE


class Affine(nn.Module):
    """A batch norm at rest: one factor and one summand per channel."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor) -> Tensor:
        weight, bias = (values.to(maps.dtype).view(1, -1, 1, 1) for values in (self.weight, self.bias))
        return torch.addcmul(bias, maps, weight)


class SubPixel(nn.Module):
    """Doubles height and width, (N, C, H, W) -> (N, out, 2H, 2W), blurred by the mean of 2x2 neighbours.

    The blur is two additions, a quarter having been taken of the weights; pixels are shuffled on the way into the
    tensor that holds the next thing to read, so that nothing is copied. For inference only.
    """

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.out = out
        self.expand = nn.Conv2d(channels, 4 * out, 1)

    def forward(self, maps: Tensor, beside: Tensor) -> Tensor:
        """Return (N, out + S, h, w): the raised maps before `beside` (N, S, h, w), repeated to fit its odd sizes."""
        raised = self.sum_along_rows(self.split_quarters(maps))
        rows, columns = beside.shape[2:]
        if raised.shape[1:3] != (rows, columns):
            blurred = torch.empty_like(raised)
            _add_down(raised, blurred)
            raised = F.interpolate(blurred.permute(0, 3, 1, 2), (rows, columns), mode="nearest")
            return torch.cat((raised, beside.to(raised.dtype)), 1)
        joined = raised.new_empty((len(raised), rows, columns, self.out + beside.shape[1]))
        _add_down(raised, joined[..., : self.out])
        joined[..., self.out :].copy_(beside.permute(0, 2, 3, 1))
        return joined.permute(0, 3, 1, 2)

    def split_quarters(self, maps: Tensor) -> Tensor:
        """Return what becomes four pixels of each, a quarter of them, as (N, H, W, row, column, out)."""
        # The four of a channel lie together in the file; here those of a pixel do.
        weight, bias = (
            values.unflatten(0, (-1, 4)).transpose(0, 1).flatten(0, 1) / 4
            for values in (self.expand.weight, cast(Tensor, self.expand.bias))
        )
        expanded = F.conv2d(maps, weight, bias).relu_().contiguous(memory_format=torch.channels_last)
        return expanded.permute(0, 2, 3, 1).unflatten(3, (2, 2, self.out))

    def sum_along_rows(self, quarters: Tensor) -> Tensor:
        """Return (N, 2H, 2W, out): each pixel and the one before it, the first twice."""
        count, height, width = quarters.shape[:3]
        left, right = quarters.transpose(2, 3).unbind(4)  # (N, H, row, W, out) each
        raised = quarters.new_empty((count, height, 2, width, 2, self.out))
        torch.add(left, right, out=raised[..., 1, :])
        torch.add(left[..., 1:, :], right[..., :-1, :], out=raised[..., 1:, 0, :])
        torch.add(left[..., :1, :], left[..., :1, :], out=raised[..., :1, 0, :])
        return raised.view(count, 2 * height, 2 * width, self.out)


def _add_down(raised: Tensor, out: Tensor) -> None:
    """Write to `out` each row of (N, H, W, C) and the one before it, the first twice."""
    torch.add(raised[:, 1:], raised[:, :-1], out=out[:, 1:])
    torch.add(raised[:, :1], raised[:, :1], out=out[:, :1])


class Block(nn.Module):
    """One step up: (N, C, H, W) and the encoder's (N, skip, 2H, 2W), one row or column less where that is odd."""

    mix: nn.Sequential

    def __init__(self, channels: int, raised: int, skip: int):
        super().__init__()
        self.shuffle = SubPixel(channels, raised)
        self.norm = Affine(skip)

    def forward(self, maps: Tensor, skip: Tensor) -> Tensor:
        return self.mix(self.shuffle(maps, self.norm(skip).relu_()))  # what is raised is not negative


class Deep(Block):
    """The block of "Artistic"."""

    def __init__(self, channels: int, skip: int, width: float, number: int):
        super().__init__(channels, channels // 2, skip)
        both = channels // 2 + skip
        self.out = int((both if number < 3 else both // 2) * width)
        self.mix = nn.Sequential(_build_unit(both, self.out), _build_unit(self.out, self.out, number == ATTENTIVE))


class Wide(Block):
    """The block of "Stable"."""

    def __init__(self, channels: int, skip: int, width: float, number: int):
        out = int(512 * width) // (2 if number < 3 else 4)
        super().__init__(channels, out, skip)
        self.out = out
        self.mix = nn.Sequential(_build_unit(out + skip, out, number == ATTENTIVE))


class SelfAttention(nn.Module):
    """Zhang et al.: "Self-Attention Generative Adversarial Networks", ICML 2019, in fastai's form: unscaled."""

    def __init__(self, channels: int):
        super().__init__()
        self.query = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv1d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, maps: Tensor) -> Tensor:
        places = maps.flatten(2)
        query, key, value = (layer(places).transpose(1, 2) for layer in (self.query, self.key, self.value))
        # Its softmax runs over what it calls queries, so that these are looked up and the keys do the asking.
        seen = F.scaled_dot_product_attention(key, query, value, scale=1.0).transpose(1, 2)
        return maps + self.gamma.to(seen.dtype) * seen.reshape(maps.shape)


def _build_unit(channels: int, out: int, attentive: bool = False) -> nn.Sequential:
    layers = [Convolution3x3(channels, out, bias=False), nn.ReLU(inplace=True), Affine(out)]
    return nn.Sequential(*layers, *([SelfAttention(out)] if attentive else []))


def _fold_norms(layer: nn.Sequential) -> nn.Sequential:
    """Give the convolutions of a ResNet's layer a bias, and take the batch norms away that it stands for."""
    for block in layer:
        for name in [name for name, _ in block.named_children() if name.startswith("bn")]:
            setattr(block, name, nn.Identity())
            place = name.replace("bn", "conv")
            setattr(block, place, _conv_with_bias(getattr(block, place)))
        if isinstance(down := block.downsample, nn.Sequential):
            block.downsample = nn.Sequential(_conv_with_bias(cast(nn.Conv2d, down[0])), nn.Identity())
    return layer


def _conv_with_bias(conv: nn.Conv2d) -> nn.Conv2d:
    size, stride, padding = (cast(tuple[int, int], each) for each in (conv.kernel_size, conv.stride, conv.padding))
    return nn.Conv2d(conv.in_channels, conv.out_channels, size, stride, padding)
