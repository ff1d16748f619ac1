"""The palette of the colorizer: the colours it chooses among, and the plane in which they are evenly spread.

A network that must name one colour for a thing that may have several says their average, which is grey. One that
says how likely each colour of a palette is keeps them apart (Zhang, Isola, Efros: "Colorful Image Colorization",
ECCV 2016). Their palette is a square grid of a and b; here the colours are spread in a plane where chroma is compressed
as CIE94 and CIEDE2000 compress it, so that a step means about the same to the eye everywhere: dense about grey, wide
among the loud colours.

Planes are (N, 2, H, W): a* and b* in CIE units, or points of the compressed plane.
"""

import math

import torch
from torch import Tensor

COMPRESSION = 0.045  # per CIE unit of chroma: the S_C of CIE94 and CIEDE2000
RING_STEP = 5.5  # units of the compressed plane from ring to ring: 6 CIE units of chroma near grey
RING_COUNTS = (6, 12, 18, 18, 18, 18)  # colours on each ring; the last lies at a chroma of 76


def make_palette() -> Tensor:
    """Return the points (K, 2) of the palette in the compressed plane; the first is grey."""
    points = [(0.0, 0.0)]
    for ring, count in enumerate(RING_COUNTS, 1):
        for number in range(count):
            hue = 2 * math.pi * (number + 0.5 * (ring % 2)) / count
            points.append((RING_STEP * ring * math.cos(hue), RING_STEP * ring * math.sin(hue)))
    return torch.tensor(points)


PALETTE_SIZE = 1 + sum(RING_COUNTS)


def compress_chroma(chroma: Tensor) -> Tensor:
    """Return the points of a* and b* in the compressed plane; hue stays. Any shape with the pair in dimension 1."""
    length = chroma.norm(dim=1, keepdim=True)
    return chroma / length.clamp(min=1e-6) * (torch.log1p(COMPRESSION * length) / COMPRESSION)


def expand_chroma(points: Tensor) -> Tensor:
    """Undo `compress_chroma`."""
    length = points.norm(dim=1, keepdim=True)
    return points / length.clamp(min=1e-6) * (torch.expm1(COMPRESSION * length) / COMPRESSION)
