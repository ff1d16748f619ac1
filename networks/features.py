"""Maps of what a picture shows, from edges to textures and parts: what pictures are compared by, and nothing else.

The plain shape of VGG (Simonyan, Zisserman, ICLR 2015): at each scale two 3x3 convolutions, each with a ReLU, then the
greatest of each 2x2. It learns to name things with batch normalisation and forgets the names afterwards; the
normalisation is folded into the convolutions, so that a map at one place depends on the picture near that place alone,
which filling holes counts on. Trained by `training/common/perceptual.py`.
"""

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SCALES = 4
COMPARED = 3  # of the scales: full, half and quarter size


class FeatureNetwork(nn.Module):
    """RGB (N, 3, H, W) in [0, 1] to maps (N, width * 2^k, H / 2^k, W / 2^k), k = 0..3, none of them negative.

    width: channels at full size. normalised: with batch normalisation, for training; `plain` takes it out.
    """

    multiple_of = 1
    minimum_side = 2 ** (SCALES - 1)

    def __init__(self, width: int = 32, normalised: bool = False):
        super().__init__()
        self.width = width
        channels = [3, *(width * 2**scale for scale in range(SCALES))]
        self.stages = nn.ModuleList(
            nn.Sequential(*_find_layer(before, after, normalised), *_find_layer(after, after, normalised))
            for before, after in zip(channels, channels[1:], strict=False)
        )

    def forward(self, pictures: Tensor) -> list[Tensor]:
        return self.features(pictures)

    def features(self, pictures: Tensor, count: int = COMPARED) -> list[Tensor]:
        """Return the maps of the `count` finest scales, finest first, each as it is before the next halving."""
        found, last = [], pictures * 4 - 2
        for place, stage in enumerate(self.stages[:count]):
            last = stage(F.max_pool2d(last, 2) if place else last)
            found.append(last)
        return found

    def fold_statistics(self) -> "FeatureNetwork":
        """Return, in eval mode, what a normalised network in eval mode computes, as convolutions alone."""
        bare = FeatureNetwork(self.width)
        for goal, stage in zip(bare.stages, self.eval().stages, strict=True):
            layers = list(stage.children())
            pairs = ((cast(nn.Conv2d, layers[at]), cast(nn.BatchNorm2d, layers[at + 1])) for at in (0, 3))
            fused = [fuse_conv_bn_eval(conv, norm) for conv, norm in pairs]
            goal.load_state_dict(nn.Sequential(fused[0], nn.ReLU(), fused[1]).state_dict())
        return bare.eval()


def _find_layer(before: int, after: int, normalised: bool) -> list[nn.Module]:
    conv = nn.Conv2d(before, after, 3, padding=1, bias=not normalised)
    return [conv, nn.BatchNorm2d(after), nn.ReLU()] if normalised else [conv, nn.ReLU()]
