"""The critic that teaches the deblur generator what sharp pictures look like.

Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville: "Improved Training of Wasserstein GANs", NeurIPS 2017
(WGAN-GP), which asks for a critic without batch normalisation: the penalty is on the gradient at each picture
by itself.
"""

from torch import Tensor, nn


class DeblurCritic(nn.Module):
    """Scores square RGB crops: the higher, the more they look sharp to it; the scale means nothing.

    Input: (N, 3, `side`, `side`) float in [0, 1]; output: (N,). `side` is a multiple of 16, `width` the
    channels after the first of four stride-2 convolutions, doubled by each of the others. Two 1x1 convolutions
    squeeze the channels before two fully connected layers weigh the whole crop.
    """

    def __init__(self, side: int = 128, width: int = 32):
        super().__init__()
        channels = [3, width, 2 * width, 4 * width, 8 * width]
        layers = []
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        squeezed = width // 2
        self.features = nn.Sequential(
            *layers,
            nn.Conv2d(8 * width, 2 * width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, squeezed, 1),
            nn.LeakyReLU(0.2),
        )
        self.score = nn.Sequential(
            nn.Flatten(), nn.Linear(squeezed * (side // 16) ** 2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
        )

    def forward(self, crops: Tensor) -> Tensor:
        return self.score(self.features(crops * 2 - 1)).squeeze(1)
