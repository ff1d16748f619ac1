"""EfficientNet-Lite0 under U2-Net's decoder: an encoder that knows ImageNet, and U-shaped blocks that draw outlines.

Tan, Le: "EfficientNet", ICML 2019, in its Lite variant; Qin et al. 2020, "U2-Net", whose blocks, whose supervision at
every scale and whose fusion are used. Most of U2-Net-p's work is done at full size; here nearly none is.
"""

import torch
from torch import Tensor, nn

from networks.layers import efficientnet_lite
from networks.layers.dense_concat import dense_concat
from networks.u2net import ConvNormReLU, fold_units, make_block, resize

MEAN, DEVIATION = 127 / 255, 128 / 255  # what EfficientNet-Lite's input is normalised by
CHANNELS = efficientnet_lite.list_channels("lite0")
BOTTOM = (0, CHANNELS[-1], 32, 64)  # (height, channels in, mid, out); a height of 0 is RSU-4F
DECODERS = ((5, 24, 48), (4, 32, 48), (4, 32, 64), (0, 32, 64))  # (height, mid, out) at 1/2, 1/4, 1/8 and 1/16
FULL_SIZE = 16  # channels of the two convolutions at full size


class LiteU2Net(nn.Module):
    """Input RGB (N, 3, H, W) in [0, 1], H and W multiples of `multiple_of`, of any proportions.

    In training mode the output is seven maps of logits (N, 1, H, W): the fused one, then the sides from the finest to
    the deepest. In eval mode it is the fused map alone after the sigmoid, in [0, 1].
    """

    multiple_of = 32
    minimum_side = 64
    # It is asked about photos in their proportions (`imaging.matting.predictors`), at as many pixels as squares of
    # these sides have, and about crops at as many as one of that side has.
    photo_sides = 320, 448
    crop_side = 320

    def __init__(self):
        super().__init__()
        self.levels = efficientnet_lite.build_efficientnet_lite("lite0", planes=3)
        self.bottom = make_block(*BOTTOM)
        channels, decoders = BOTTOM[-1], []
        skips = CHANNELS[:-1]
        for (height, mid, out), skip in zip(reversed(DECODERS), reversed(skips), strict=True):
            decoders.append(make_block(height, channels + skip, mid, out))
            channels = out
        self.decoders = nn.ModuleList(decoders)  # deepest first
        self.full = nn.Sequential(ConvNormReLU(channels + 3, FULL_SIZE), ConvNormReLU(FULL_SIZE, FULL_SIZE))
        outputs = (FULL_SIZE, *(out for _, _, out in DECODERS), BOTTOM[-1])
        self.sides = nn.ModuleList(nn.Conv2d(out, 1, 3, padding=1) for out in outputs)
        self.fuse = nn.Conv2d(len(outputs), 1, 1)

    def fold_norms(self) -> "LiteU2Net":
        """Make one of each convolution and its norm, in place: eval mode computes the same, faster.

        For inference only: what is folded is neither trained nor saved.
        """
        efficientnet_lite.fold_norms(self.levels)
        fold_units(self)
        return self

    def forward(self, rgb: Tensor) -> list[Tensor] | Tensor:
        maps = self.predict_maps((rgb - MEAN) / DEVIATION)
        return maps if self.training else torch.sigmoid(maps[0])

    def predict_maps(self, normalised: Tensor) -> list[Tensor]:
        """From a normalised picture (N, 3, H, W) to the seven maps of logits."""
        skips, features = [normalised], normalised
        for level in self.levels:
            features = level(features)
            skips.append(features)
        stages = [self.bottom(skips.pop())]
        for decoder in (*self.decoders, self.full):
            skip = skips.pop()
            stages.insert(0, decoder(dense_concat(resize(stages[0], skip), skip.to(stages[0].dtype))))
        sides = [resize(side(stage), normalised) for side, stage in zip(self.sides, stages, strict=True)]
        return [self.fuse(torch.cat(sides, dim=1)), *sides]
