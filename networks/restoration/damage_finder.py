"""A small U-Net that marks scratches, dust, creases, tears, stains and missing corners.

Ronneberger, Fischer, Brox: "U-Net", MICCAI 2015, on the first four levels of EfficientNet-Lite0 (Tan, Le: ICML 2019),
which know what hair, lace and railings look like. Nothing is computed at full size: four neighbouring pixels become
channels before the first convolution and are told apart again after the last (Shi et al., CVPR 2016), so that lines of
one pixel are kept at a quarter of the time.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.layers import efficientnet_lite
from networks.layers.dense_concat import dense_concat
from networks.u2net import ConvNormReLU, fold_units, resize

MEAN, DEVIATION = 127 / 255, 128 / 255  # what EfficientNet-Lite's input is normalised by
LEVELS = 4  # of the encoder's five: down to 1/16
FINE = 32  # channels of what is seen of single pixels
BOTTOM = 64
DECODERS = (32, 48, 64)  # channels at 1/2, 1/4 and 1/8
RARE = -3.0  # the logit that the network starts with: damage is rare


class DamageFinder(nn.Module):
    """Input RGB (N, 3, H, W) in [0, 1], H and W multiples of `multiple_of`, of any proportions.

    In training mode the output is logits (N, 1, H, W), in eval mode how likely each pixel is damaged, in [0, 1].
    """

    multiple_of = 16
    minimum_side = 64

    def __init__(self):
        super().__init__()
        self.levels = efficientnet_lite.build_efficientnet_lite("lite0", planes=3)[:LEVELS]
        *skips, deepest = efficientnet_lite.list_channels("lite0")[:LEVELS]
        self.fine = ConvNormReLU(12, FINE)
        self.bottom = nn.Sequential(
            *(ConvNormReLU(deepest if step == 1 else BOTTOM, BOTTOM, step) for step in (1, 2, 4))
        )
        channels, decoders = BOTTOM, []
        for out, skip in zip(reversed(DECODERS), (*reversed(skips[1:]), skips[0] + FINE), strict=True):
            decoders.append(nn.Sequential(ConvNormReLU(channels + skip, out), ConvNormReLU(out, out)))
            channels = out
        self.decoders = nn.ModuleList(decoders)  # deepest first
        self.head = nn.Conv2d(channels, 4, 3, padding=1)
        nn.init.constant_(self.head.bias, RARE)

    def fold_norms(self) -> "DamageFinder":
        """Make one of each convolution and its norm, in place: eval mode computes the same, faster.

        For inference only: what is folded is neither trained nor saved.
        """
        efficientnet_lite.fold_norms(self.levels)
        fold_units(self)
        return self

    def forward(self, rgb: Tensor) -> Tensor:
        normalised = (rgb - MEAN) / DEVIATION
        skips, features = [], normalised
        for level in self.levels:
            features = level(features)
            skips.append(features)
        features = self.bottom(skips.pop())
        skips[0] = dense_concat(skips[0], self.fine(F.pixel_unshuffle(normalised, 2)).to(skips[0].dtype))
        for decoder in self.decoders:
            skip = skips.pop()
            features = decoder(dense_concat(resize(features, skip), skip.to(features.dtype)))
        logits = F.pixel_shuffle(self.head(features), 2)
        return logits if self.training else torch.sigmoid(logits)
