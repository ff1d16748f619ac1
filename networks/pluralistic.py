"""Pluralistic completion: one hole, many completions.

Zheng, Cham, Cai, "Pluralistic Image Completion", CVPR 2019. A conditional variational autoencoder with two paths that
share their weights: the reconstructive one is told, while it learns, what the hole hides; the generative one guesses
that from the rest. Codes drawn from what it guesses give different completions.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 4  # halvings
ATTENTION_LEVEL = 2  # of the decoder: a quarter of the picture's sides
SCALES = 3  # so many of the finest decoder levels give a picture while the network learns
FULL_WIDTH, FULL_CODES = 32, 64
MIN_DEVIATION = 1e-3


class Guess(NamedTuple):
    """A normal distribution of codes at each of the coarsest places: (N, codes, H / 16, W / 16) both."""

    mean: Tensor
    spread: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        return self.mean + self.spread * noise


class Residual(nn.Module):
    """Two convolutions beside a straight way: (N, before, H, W) -> (N, after, H, W), or of half or twice the size."""

    def __init__(self, before: int, after: int, size: str = "same"):
        super().__init__()
        self.size = size
        self.first = nn.Conv2d(before, after, 3, stride=2 if size == "half" else 1, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.straight = nn.Conv2d(before, after, 1)

    def forward(self, features: Tensor) -> Tensor:
        if self.size == "twice":
            features = F.interpolate(features, scale_factor=2, mode="nearest")
        beside = F.avg_pool2d(features, 2) if self.size == "half" else features
        changed = self.second(F.leaky_relu(self.first(F.leaky_relu(features, 0.1)), 0.1))
        return self.straight(beside) + changed


class ShortLongAttention(nn.Module):
    """Takes what it needs from other places of the decoder (short term) and of the encoder (long term).

    Both by one map of likeness, of the decoder's features with themselves. The encoder's are taken into the hole only:
    where the picture is known they stay. Input: decoder and encoder features (N, C, H, W), known (N, 1, H, W).
    Output: (N, C, H, W).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.query = nn.Conv2d(channels, max(1, channels // 4), 1)
        self.short = nn.Parameter(torch.zeros(()))
        self.long = nn.Parameter(torch.zeros(()))
        self.join = Residual(2 * channels, channels)

    def forward(self, decoded: Tensor, encoded: Tensor, known: Tensor) -> Tensor:
        likeness = self.compare_places(decoded)
        short = decoded + self.short * _gather(decoded, likeness)
        long = known * encoded + self.long * (1 - known) * _gather(encoded, likeness)
        return self.join(torch.cat((short, long), 1))

    def compare_places(self, decoded: Tensor) -> Tensor:
        """Return what each place takes from each, (N, places, places): rows of sum one."""
        query = self.query(decoded).flatten(2)
        return torch.softmax(query.transpose(1, 2).float() @ query.float(), 2)


class Pluralistic(nn.Module):
    """Input (N, 4, H, W): RGB in [0, 1] with the hole 0, and the mask, 1 where the picture is known.

    H and W must be multiples of 16. `width` is the number of channels at full size, `codes` that of the codes at each
    of the coarsest places. The output is (N, 3, H, W) in [0, 1], known pixels included: the caller puts those back.
    """

    multiple_of = 2**LEVELS
    minimum_side = 64
    side = 64  # what it has learned on

    def __init__(self, width: int = FULL_WIDTH, codes: int = FULL_CODES):
        super().__init__()
        channels = [width, 2 * width, 4 * width, 4 * width, 4 * width]
        self.width, self.codes = width, codes
        self.begin = nn.Conv2d(4, width, 3, padding=1)
        self.encoders = nn.ModuleList(
            Residual(before, after, "half") for before, after in zip(channels, channels[1:], strict=False)
        )
        deepest = channels[-1]
        self.inference = nn.Sequential(Residual(deepest, deepest), Residual(deepest, 2 * codes))
        self.prior = nn.Sequential(*(Residual(deepest, deepest) for _ in range(3)), Residual(deepest, 2 * codes))
        self.widen = Residual(codes, deepest)
        self.decoders = nn.ModuleList(
            Residual(channels[level + 1], channels[level], "twice") for level in reversed(range(LEVELS))
        )
        self.attention = ShortLongAttention(channels[LEVELS - ATTENTION_LEVEL])
        self.pictures = nn.ModuleList(nn.Conv2d(channels[level], 3, 3, padding=1) for level in range(SCALES))

    def forward(self, holed_and_known: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return one completion; `noise` is normal, (N, codes, H / 16, W / 16), and zero where it is not given."""
        features = self.encode(holed_and_known)
        guess = self.predict(features)
        noise = torch.zeros_like(guess.mean) if noise is None else noise
        return self.decode(guess.draw(noise), features, holed_and_known[:, 3:])[0]

    def draw_noise(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Draw what `forward` wants for pictures (N, C, H, W)."""
        height, width = (side // self.multiple_of for side in pictures.shape[-2:])
        return torch.randn((len(pictures), self.codes, height, width), generator=generator)

    def encode(self, part_and_mask: Tensor) -> list[Tensor]:
        """Return the features of a part of a picture, given as (N, 4, H, W), at half the size and on, finest first."""
        part, mask = part_and_mask[:, :3], part_and_mask[:, 3:]
        found, last = [], self.begin(torch.cat((part * 2 - mask, mask), 1))
        for encoder in self.encoders:
            last = encoder(last)
            found.append(last)
        return found

    def predict(self, features: list[Tensor]) -> Guess:
        """What the visible part lets expect of the hidden one: the conditional prior."""
        return _guess(self.prior(features[-1]))

    def infer(self, features: list[Tensor]) -> Guess:
        """What codes the hidden part has, from its own features: the inference."""
        return _guess(self.inference(features[-1]))

    def decode(self, codes: Tensor, features: list[Tensor], known: Tensor) -> list[Tensor]:
        """Return pictures (N, 3, ...) in [0, 1], finest first, each of half the size of the one before.

        `features` are those of the visible part, `known` its mask at full size.
        """
        last = self.widen(codes) + features[-1]
        pictures: list[Tensor] = []
        for number, decoder in enumerate(self.decoders, 1):
            last = decoder(last)
            level = LEVELS - number
            if number == ATTENTION_LEVEL:
                here = F.adaptive_avg_pool2d(known, last.shape[-2:])
                last = self.attention(last, features[level - 1], (here > 0.999).to(last.dtype))
            if level < SCALES:
                pictures.insert(0, torch.sigmoid(self.pictures[level](F.leaky_relu(last, 0.1)).float()))
        return pictures


def _guess(found: Tensor) -> Guess:
    mean, spread = found.float().chunk(2, 1)
    return Guess(mean, F.softplus(spread) + MIN_DEVIATION)


def _gather(features: Tensor, likeness: Tensor) -> Tensor:
    """Mix the places of (N, C, H, W) by (N, places, places)."""
    mixed = features.flatten(2) @ likeness.transpose(1, 2).to(features.dtype)
    return mixed.reshape(features.shape)
