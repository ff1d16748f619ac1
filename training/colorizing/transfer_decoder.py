"""Start a colorizer on another encoder with the decoder of one that has learnt.

Both encoders see the same pictures. For each map that the decoder reads, ridge regression finds the linear map, place
by place, from the new encoder's channels to those of the old one; it is folded into the first convolution that reads
them. So the new network starts with nearly the old one's colours instead of from nothing.
"""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn

from networks.layers.decoder import UpBlock
from networks.palette_colorizer import PaletteColorizer

RIDGE = 1e-2  # added to the variance of each channel, which is 1
MAX_PLACES = 4000  # of each map and batch that the regression sees


class Reader:
    """One normalisation and the convolution that reads what it puts out.

    first: the channel of the convolution's input at which they begin. norm_after: the batch normalisation after it.
    """

    def __init__(self, norm: nn.Module, convolution: nn.Module, norm_after: nn.Module, first: int):
        self.norm, self.norm_after = cast(nn.BatchNorm2d, norm), cast(nn.BatchNorm2d, norm_after)
        self.convolution, self.first = cast(nn.Conv2d, convolution), first


class Moments:
    """Sums over places from which means and covariances of two sets of channels are calculated."""

    def __init__(self) -> None:
        self.count = 0
        self.sums: list[Tensor] = []

    def add(self, new: Tensor, old: Tensor) -> None:
        """Take maps (N, C, H, W) of the new and of the old encoder, of the same size."""
        new, old = (maps.movedim(1, -1).flatten(0, -2) for maps in (new, old))
        chosen = torch.linspace(0, len(new) - 1, min(MAX_PLACES, len(new))).long()
        new, old = new[chosen].double(), old[chosen].double()
        sums = [new.sum(0), old.sum(0), new.T @ new, old.T @ new]
        self.sums = [total + part for total, part in zip(self.sums, sums, strict=True)] if self.sums else sums
        self.count += len(new)

    def regress(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the new channels' mean and variance, and weights (old, new) and offsets (old,) on them normalised."""
        mean, old_mean, square, product = (total / self.count for total in self.sums)
        variance = (square.diagonal() - mean.square()).clamp(min=1e-6)
        deviation = variance.sqrt()
        covariance = (square - torch.outer(mean, mean)) / torch.outer(deviation, deviation)
        shared = (product - torch.outer(old_mean, mean)) / deviation
        weights = torch.linalg.solve(covariance + RIDGE * torch.eye(len(mean)), shared.T).T
        return mean, variance, weights, old_mean


@torch.no_grad()
def transfer_decoder(network: PaletteColorizer, old: PaletteColorizer, batches: Iterable[Tensor]) -> None:
    """Fill everything after `network`'s encoder, in place, from `old`; batches: lightness (N, 1, H, W) in [0, 1].

    Both encoders are EfficientNet-Lite networks, `network`'s with its pretrained parameters. If they are the same,
    `old` is copied whole.
    """
    if network.encoder == old.encoder:
        network.load_state_dict(old.state_dict())
        return
    readers, old_readers = _list_readers(network), _list_readers(old.eval())
    moments = [Moments() for _ in readers]
    network.eval()
    for lightness in batches:
        maps = zip(_encode(network, lightness), _encode(old, lightness), old_readers, moments, strict=True)
        for new_map, old_map, reader, sums in maps:
            sums.add(new_map, reader.norm(old_map))
    _copy_matching(network, old)
    for reader, old_reader, sums in zip(readers, old_readers, moments, strict=True):
        _fold(reader, old_reader, *sums.regress())


def _fold(reader: Reader, old: Reader, mean: Tensor, variance: Tensor, weights: Tensor, offsets: Tensor) -> None:
    """Let `reader` see the new channels through the linear map as `old` sees its own."""
    nn.init.ones_(reader.norm.weight)
    nn.init.zeros_(reader.norm.bias)
    cast(Tensor, reader.norm.running_mean).copy_(mean)
    cast(Tensor, reader.norm.running_var).copy_(variance)
    kernel = old.convolution.weight[:, old.first :]
    seen = torch.einsum("oihw,ij->ojhw", kernel, weights.float())
    reader.convolution.weight.copy_(torch.cat((old.convolution.weight[:, : old.first], seen), 1))
    shift = kernel.sum((2, 3)) @ offsets.float()
    cast(Tensor, reader.norm_after.running_mean).copy_(cast(Tensor, old.norm_after.running_mean) - shift)


def _list_readers(network: PaletteColorizer) -> list[Reader]:
    """Return who reads the maps of the five levels."""
    readers = []
    for norm, step in zip(network.skips, reversed(network.decoder), strict=True):
        convolution, norm_after, *_ = cast(nn.Sequential, cast(UpBlock, step).mix[0])
        first = cast(nn.Conv2d, convolution).in_channels - cast(nn.BatchNorm2d, norm).num_features
        readers.append(Reader(norm, convolution, norm_after, first))
    _, norm, convolution, norm_after, *_ = cast(nn.Sequential, network.levels[-1])
    return [*readers, Reader(norm, convolution, norm_after, 0)]


def _encode(network: PaletteColorizer, lightness: Tensor) -> list[Tensor]:
    """Return the five maps that the readers read: the last one before the context level."""
    *levels, last = network.levels
    maps, current = [], (lightness - network.mean) / network.deviation
    for level in [*levels, next(last.children())]:
        current = level(current)
        maps.append(current)
    return maps


def _copy_matching(network: PaletteColorizer, old: PaletteColorizer) -> None:
    """Copy the tensors after the encoder that have the same name and shape."""
    state, encoder = network.state_dict(), tuple(f"levels.{number}." for number in range(4)) + ("levels.4.0.",)
    for name, tensor in old.state_dict().items():
        if not name.startswith(encoder) and name in state and state[name].shape == tensor.shape:
            state[name].copy_(tensor)
