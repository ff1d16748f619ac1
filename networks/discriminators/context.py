"""The critic that teaches the context encoder which fills look like photographs. It is not released."""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class ContextDiscriminator(nn.Module):
    """RGB and known = 1, (N, 4, H, W) in [0, 1], sides multiples of 16, to logits (N, 1, H / 16, W / 16).

    Positive for photographs. It sees which part was filled; spectral normalisation bounds its slope (Miyato et al.:
    "Spectral Normalization for Generative Adversarial Networks", ICLR 2018).
    """

    def __init__(self, width: int = 24):
        super().__init__()
        channels = [4, width, 2 * width, 4 * width, 6 * width]
        pairs = zip(channels, channels[1:], strict=False)
        layers = [(spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(0.2)) for before, after in pairs]
        self.layers = nn.Sequential(*(layer for pair in layers for layer in pair))
        self.score = spectral_norm(nn.Conv2d(channels[-1], 1, 3, padding=1))

    def forward(self, filled_and_known: Tensor) -> Tensor:
        return self.score(self.layers(filled_and_known * 2 - 1))
