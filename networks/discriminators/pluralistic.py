"""The critics of pluralistic completion: one for each of its two paths. They teach and are not released."""

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class PluralisticDiscriminator(nn.Module):
    """Input (N, 3, H, W) in [0, 1], sides multiples of 16. Output: scores (N, 1, H / 16, W / 16), one for photographs.

    Convolutions of stride 2 under spectral normalisation; `features` are those before the scores, which the
    reconstructive path shall match (Zheng et al. 2019, section 3.3).
    """

    def __init__(self, width: int = 32):
        super().__init__()
        channels = [3, width, 2 * width, 4 * width, 4 * width]
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(before, after, 4, 2, 1))
            for before, after in zip(channels, channels[1:], strict=False)
        )
        self.score = spectral_norm(nn.Conv2d(channels[-1], 1, 3, padding=1))

    def features(self, pictures: Tensor) -> Tensor:
        features = pictures * 2 - 1
        for layer in self.layers:
            features = F.leaky_relu(layer(features), 0.2)
        return features

    def forward(self, pictures: Tensor) -> Tensor:
        return self.score(self.features(pictures))
