"""What neural patch synthesis asks of a hole at one scale, as one number that an optimiser makes small.

Yang et al. 2016 (see `imaging.inpainting.neural_synthesis`), each term a mean, so that it does not matter how large the
hole is: the squared distance of the pixels to the start; that of the patches of the feature maps to the known patches
nearest to them, in parts of the known ones' variance; and the squared difference of neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from imaging.inpainting import neural_patches
from imaging.inpainting.neural_patches import Filters

PIXEL_WEIGHT, PATCH_WEIGHT, VARIATION_WEIGHT = 1.0, 0.1, 5e-6
PIXELS_SHARE = 0.5  # of what is compared, beside the features
TRUST_POWER, SURE = 2.0, 0.2  # the better a patch matches, the more it counts; SURE, in parts of the variance, is good
READ = (1, 2)  # of the feature maps: those at half and at quarter size
MAX_FILTERS = 8000

Features = Callable[[Tensor], list[Tensor]]  # (1, 3, h, w) in [0, 1] -> maps (1, C, h / 2^k, w / 2^k)


class Reader:
    """Reads what is compared: at each of the scales READ the feature map with the pixels that its cells stand for.

    The features of a place say what is there, its pixels exactly how it looks; alone, features let the optimiser hide
    noise that they do not see. Both are brought to the mean square of one of the picture, (1, 3, H, W), that is read
    first, and the pixels to PIXELS_SHARE of the sum.
    """

    def __init__(self, features: Features, picture: Tensor, half: torch.dtype | None):
        self.features, self.half = features, half
        with torch.no_grad():
            self.gains = [self._gains(one, pixels) for one, pixels in self._parts(picture)]

    def __call__(self, picture: Tensor) -> list[Tensor]:
        """Return the maps, float32 (C, h, w), h = H // 2^k."""
        parts = zip(self._parts(picture), self.gains, strict=True)
        return [torch.cat((one * gain, pixels * other)) for (one, pixels), (gain, other) in parts]

    def _parts(self, picture: Tensor) -> list[tuple[Tensor, Tensor]]:
        with torch.autocast(picture.device.type, self.half, enabled=self.half is not None):
            maps = self.features(picture.contiguous(memory_format=torch.channels_last))
        found = []
        for place in READ:
            (height, width), side = maps[place].shape[-2:], 2**place
            pixels = F.pixel_unshuffle(picture[..., : height * side, : width * side] - 0.5, side)
            found.append((maps[place][0].float(), pixels[0]))
        return found

    @staticmethod
    def _gains(one: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
        return _compute_gain(one, 1 - PIXELS_SHARE), _compute_gain(pixels, PIXELS_SHARE)


def _compute_gain(part: Tensor, share: float) -> Tensor:
    weight = share / len(part)
    return (weight / part.square().mean().clamp(min=1e-6)).sqrt()


@dataclass(frozen=True)
class Sought:
    """At one map: the known patches, the patches to be matched, and how much the known ones vary."""

    filters: Filters
    variance: Tensor  # (): the sum over the channels
    centres: Tensor  # int64 (n,): the cells whose patches touch the hole

    def trust(self, distances: Tensor) -> Tensor:
        return (distances / self.variance + SURE) ** -TRUST_POWER


class Energy:
    """The energy of a window of a picture. Called with pixels (1, 3, h, w), of which those of the hole count."""

    def __init__(self, start: Tensor, hole: Tensor, reader: Reader, known: list[Filters]):
        self.start, self.hole, self.reader = start.clone(), hole, reader
        self.size = hole.sum().clamp(min=1)
        self.sought = [_list_sought(filters, hole, place) for place, filters in zip(READ, known, strict=True)]
        self.goals: list[tuple[Tensor, Tensor] | None] = [None] * len(READ)

    def compose(self, pixels: Tensor) -> Tensor:
        return torch.where(self.hole, pixels, self.start)

    def __call__(self, pixels: Tensor, look_up: bool = True) -> Tensor:
        """Return the energy, a scalar; with `look_up` the nearest known patches are sought anew first."""
        picture = self.compose(pixels)
        energy = PIXEL_WEIGHT * ((picture - self.start) ** 2).sum() / self.size
        energy = energy + VARIATION_WEIGHT * self._variation(picture)
        maps = self.reader(picture)
        for number, (sought, one) in enumerate(zip(self.sought, maps, strict=True)):
            if not len(sought.centres) or not len(sought.filters.patches):
                continue
            goal = self.goals[number]
            if look_up or goal is None:
                goal = neural_patches.average_matches(one.detach(), sought.centres, sought.filters, sought.trust)
                self.goals[number] = goal
            mean, count = goal
            apart = (((one - mean) ** 2).sum(0) * count).sum() / count.sum()
            energy = energy + PATCH_WEIGHT / len(READ) * apart / sought.variance
        return energy

    def _variation(self, picture: Tensor) -> Tensor:
        down = (picture[..., 1:, :] - picture[..., :-1, :]) ** 2 * self.hole[1:]
        across = (picture[..., 1:] - picture[..., :-1]) ** 2 * self.hole[:, 1:]
        return (down.sum() + across.sum()) / self.size


def collect_known_patches(picture: Tensor, usable: Tensor, reader: Reader, random: torch.Generator) -> list[Filters]:
    """Return the known patches of each map of a whole picture, (1, 3, H, W); they lie in `usable`, bool (H, W)."""
    with torch.no_grad():
        maps = reader(picture)
    cells = (-F.max_pool2d(-usable[None].float(), 2**place)[0] > 0 for place in READ)
    pairs = zip(maps, cells, strict=True)
    return [neural_patches.collect_filters(one, here, MAX_FILTERS, random, reader.half) for one, here in pairs]


def _list_sought(filters: Filters, hole: Tensor, place: int) -> Sought:
    cells = F.max_pool2d(hole[None].float(), 2**place)
    touching = F.max_pool2d(cells, 2 * neural_patches.REACH + 1, 1, neural_patches.REACH)
    flat = filters.patches.flatten(0, 1)
    variance = flat.var(0).sum() if len(flat) > 1 else flat.new_ones(())
    return Sought(filters, variance.clamp(min=1e-6), touching.flatten().nonzero()[:, 0])
