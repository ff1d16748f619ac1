"""DCGAN: faces of 64 by 64 pixels out of nothing, and a critic that tells them from photographs.

Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
ICLR 2016. Both are kept, because completion (Yeh et al., see `networks.latent_search`) asks both.
"""

import torch
from torch import Tensor, nn

SIDE = 64
LATENT = 100
FULL_WIDTH = 64


class Generator(nn.Module):
    """From a code (N, latent), drawn evenly from [-1, 1], to a face (N, 3, 64, 64), RGB in [0, 1]."""

    def __init__(self, latent: int, width: int):
        super().__init__()
        channels = [8 * width, 4 * width, 2 * width, width]
        layers = [nn.ConvTranspose2d(latent, channels[0], 4, bias=False), nn.BatchNorm2d(channels[0]), nn.ReLU()]
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1))

    def forward(self, codes: Tensor) -> Tensor:
        return torch.sigmoid(self.layers(codes[:, :, None, None]))


class Discriminator(nn.Module):
    """From a picture (N, 3, 64, 64) in [0, 1] to logits (N,), positive for "a photograph of a face".

    It has no batch normalisation: while it learns, spectral normalisation bounds it instead, and each picture is
    judged by itself.
    """

    def __init__(self, width: int):
        super().__init__()
        channels = [3, width, 2 * width, 4 * width, 8 * width]
        layers = []
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures * 2 - 1).flatten()


class DCGAN(nn.Module):
    """The pair. `width`: channels of the generator's last hidden layer and of the critic's first."""

    multiple_of = minimum_side = SIDE

    def __init__(self, width: int = FULL_WIDTH, latent: int = LATENT):
        super().__init__()
        self.width, self.latent = width, latent
        self.generator = Generator(latent, width)
        self.critic = Discriminator(width)

    def forward(self, codes: Tensor) -> Tensor:
        """Return faces (N, 3, 64, 64) in [0, 1] for codes (N, latent) in [-1, 1]."""
        return self.generator(codes)

    def draw_codes(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw `count` codes, evenly from [-1, 1]."""
        return torch.rand((count, self.latent), generator=generator) * 2 - 1
