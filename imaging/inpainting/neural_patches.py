"""Patches of feature maps: which known one is most like each that touches a hole, and what they say together.

Li, Wand: "Combining Markov Random Fields and Convolutional Neural Networks for Image Synthesis", CVPR 2016: the known
patches are the filters of a convolution, and at each place the highest score names the nearest. They scale the
filters to length one; here each has half its squared length as a bias against it instead, so that the highest score
is exactly that of the least squared distance, and a dull patch is not taken for a contrasty one. The convolution is
written as a product of matrices, at the places in question only, a chunk at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

REACH = 1  # cells to each side of the middle: patches of 3 by 3
CHUNK = 1024  # patches looked up at once: with 8,000 filters their scores take 32 MiB


@dataclass(frozen=True)
class Filters:
    """Known patches of one feature map. patches: (m, 9, C); weights: (9 C, m) and bias: (m,) of the convolution."""

    patches: Tensor
    middle: Tensor  # (9, C): the mean patch, from which distances are reckoned, so that numbers stay small
    weights: Tensor
    bias: Tensor


def collect_filters(
    maps: Tensor, usable: Tensor, most: int, random: torch.Generator, half: torch.dtype | None = None
) -> Filters:
    """Return the patches of a map (C, h, w) that lie wholly in `usable`, bool (h, w): `most` of them, drawn at random.

    The last axis holds the channels, before it the nine cells, row by row. There may be none. half: a type of 16 bits
    in which the scores are to be computed, None for float32.
    """
    inside = -F.max_pool2d(-usable[None].float(), 2 * REACH + 1, 1)[0]  # no padding: the border has no patches
    centres = F.pad(inside, (REACH,) * 4).flatten().nonzero()[:, 0]
    if len(centres) > most:
        centres = centres[torch.randperm(len(centres), generator=random)[:most].sort().values.to(centres.device)]
    patches = read_patches(maps, centres)
    middle = patches.mean(0) if len(patches) else patches.new_zeros(patches.shape[1:])
    apart = (patches - middle).flatten(1)
    return Filters(patches, middle, apart.T.to(half or torch.float32), -0.5 * apart.square().sum(1))


def read_patches(maps: Tensor, centres: Tensor) -> Tensor:
    """Return the patches (n, 9, C) of a map (C, h, w) around flat positions; beyond the border it is mirrored."""
    return _pad_cells(maps)[_list_cells(centres, maps.shape[-1])]


def find_nearest(queries: Tensor, known: Filters) -> Tensor:
    """Return for each patch (n, 9, C) the number of the known one that is nearest, int64 (n,)."""
    flat = (queries - known.middle).flatten(1).to(known.weights.dtype)
    return ((flat @ known.weights).float() + known.bias).argmax(1)


def average_matches(
    maps: Tensor, centres: Tensor, known: Filters, trust: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Return what the known patches nearest to those of a map (C, h, w) around flat positions say of each cell.

    That is their mean (C, h, w), and their weight (h, w), 0 where they say nothing. trust: from squared distances (n,)
    to how much each counts. The weighted sum of squared differences of the patches is that of the cells to the means,
    and a constant: so that nothing has to be unfolded to follow its gradient. A chunk of patches at a time is held.
    """
    height, width = maps.shape[-2:]
    places = (height + 2 * REACH) * (width + 2 * REACH)
    sums, count = maps.new_zeros(places, len(maps)), maps.new_zeros(places)
    padded = _pad_cells(maps)
    for part in torch.split(centres, CHUNK):
        cells = _list_cells(part, width)
        queries = padded[cells]
        found = known.patches[find_nearest(queries, known)]
        weight = trust((queries - found).square().sum((1, 2)))[:, None].expand(cells.shape)
        sums.index_add_(0, cells.flatten(), (found * weight[:, :, None]).flatten(0, 1))
        count.index_add_(0, cells.flatten(), weight.flatten())
    means = (sums / count.clamp(min=1e-12)[:, None]).view(height + 2 * REACH, width + 2 * REACH, -1)
    inner = slice(REACH, -REACH)
    return means[inner, inner].permute(2, 0, 1), count.view(height + 2 * REACH, -1)[inner, inner]


def _pad_cells(maps: Tensor) -> Tensor:
    """Return the cells of a map with one more on each side, mirrored, (cells, C)."""
    return F.pad(maps[None], (REACH,) * 4, mode="reflect")[0].flatten(1).T.contiguous()


def _list_cells(centres: Tensor, width: int) -> Tensor:
    """Return where the nine cells of each patch are among the padded ones, (n, 9)."""
    stride = width + 2 * REACH
    span = torch.arange(2 * REACH + 1, device=centres.device)
    corners = torch.div(centres, width, rounding_mode="floor") * stride + centres % width
    return corners[:, None] + (span[:, None] * stride + span).flatten()
