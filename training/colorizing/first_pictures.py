"""The coloured pictures the colorizer learns from, decoded once and kept in memory, and batches of them."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from networks.layers.colour_space import rgb_to_lab
from training.common.archives import is_held_back, members, read_rgb
from training.common.degradation import degrade

CHROMA_UNIT = 110.0  # the network's unit of a and b, see networks/palette_colorizer.py
KEPT_SIDE = 176  # pixels: larger pictures are kept with this short side
MIN_CROP = 0.4  # of the short side
MIN_CHROMA = 4.0  # CIE units, mean over the picture: below it a picture counts as grey and is left out

# Archive, prefix of the names, share of each batch while pictures are small, share later. Small pictures
# are taken by number; at larger sizes those that are sharp there come first, and those of vegetation in the open, whose
# green is the hardest to tell.
SOURCES = (
    ("tiny-0.zip", "tiny/", 0.29, 0.09),
    ("tiny-1.zip", "tiny/", 0.29, 0.09),
    ("photos-0.zip", "photos/bsds", 0.02, 0.06),
    ("photos-1.zip", "photos/bsds", 0.02, 0.06),
    ("photos-2.zip", "photos/bsds", 0.02, 0.06),
    ("photos-0.zip", "photos/im", 0.05, 0.08),
    ("photos-1.zip", "photos/im", 0.05, 0.08),
    ("photos-2.zip", "photos/im", 0.05, 0.08),
    ("scenes.zip", "scenes/forest", 0.02, 0.06),
    ("scenes.zip", "scenes/mountain", 0.01, 0.03),
    ("scenes.zip", "scenes/sea", 0.01, 0.02),
    ("scenes.zip", "scenes/glacier", 0.01, 0.01),
    ("scenes.zip", "scenes/buildings", 0.01, 0.02),
    ("scenes.zip", "scenes/street", 0.01, 0.02),
    ("scenes.zip", "landscapes/", 0.03, 0.06),
    ("people-portraits.zip", "portraits/", 0.03, 0.07),
    ("people-street.zip", "street/", 0.01, 0.02),
    ("people-unlabelled.zip", "unlabelled/", 0.01, 0.02),
    ("faces.zip", "faces/", 0.06, 0.07),
)
SMALL_SIDE = 64  # up to this side the first shares hold


@dataclass(frozen=True)
class Batch:
    """`grey` (N, 1, S, S): lightness / 100, aged; `chroma` (N, 2, S, S): a and b / 110, clean; `lightness`
    (N, 1, S, S): / 100, clean; `kind` (N,): index of what the picture shows, -1 where nobody said."""

    grey: Tensor
    lightness: Tensor
    chroma: Tensor
    kind: Tensor

    def to(self, device: str) -> "Batch":
        return Batch(
            *(tensor.to(device, non_blocking=True) for tensor in (self.grey, self.lightness, self.chroma, self.kind))
        )


class ColourPictures:
    """All coloured pictures of a folder of archives. `limit` keeps at most so many of each source."""

    def __init__(self, data: Path, held: bool, limit: int | None = None):
        """`held`: read the tenth that is kept for validation instead of the rest. Raises FileNotFoundError."""
        self.pictures, self.kinds, self.sources = [], [], []
        names = {}
        for archive, prefix, small_share, large_share in SOURCES:
            start = len(self.pictures)
            for member in members(data, archive, prefix):
                if "mask" in member.name or is_held_back(member.stem) != held or _is_full(limit, start, self.pictures):
                    continue
                picture = shrink(read_rgb(member), KEPT_SIDE)
                if mean_chroma(picture) < MIN_CHROMA:
                    continue
                kind = _kind_of(member.name)
                self.pictures.append(picture)
                self.kinds.append(-1 if kind is None else names.setdefault(kind, len(names)))
            self.sources.append((range(start, len(self.pictures)), small_share, large_share))
        self.kind_count = len(names)

    def __len__(self) -> int:
        return len(self.pictures)

    def batch(self, size: int, side: int, random: np.random.Generator) -> Batch:
        """Return `size` random crops of `side` pixels, mirrored by chance, the sources in their shares."""
        shares = np.array(
            [(small if side <= SMALL_SIDE else large) if indices else 0 for indices, small, large in self.sources]
        )
        chosen = random.choice(len(self.sources), size, p=shares / shares.sum())
        indices = [int(random.integers(self.sources[i][0].start, self.sources[i][0].stop)) for i in chosen]
        crops = np.stack([crop_square(self.pictures[index], side, random) for index in indices])
        return as_batch(crops, torch.tensor([self.kinds[index] for index in indices]), random)

    def fixed(self, count: int, side: int) -> Batch:
        """Return about `count` centred squares, the sources in their later shares, greyed but not aged."""
        shares = np.array([share if indices else 0 for indices, _, share in self.sources])
        indices = np.concatenate(
            [
                np.linspace(indices.start, indices.stop - 1, round(count * share)).astype(int)
                for (indices, _, _), share in zip(self.sources, shares / shares.sum(), strict=True)
                if share
            ]
        )
        crops = np.stack([crop_centre(self.pictures[index], side) for index in indices])
        return as_batch(crops, torch.tensor([self.kinds[index] for index in indices]), None)


def as_batch(crops: np.ndarray, kind: Tensor, random: np.random.Generator | None) -> Batch:
    """Turn uint8 (N, S, S, 3) into a Batch; without `random` the grey input is not aged."""
    rgb = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    lab = rgb_to_lab(rgb)
    lightness = lab[:, :1] / 100
    grey = lightness if random is None else degrade(rgb, lightness, random)
    return Batch(grey, lightness, lab[:, 1:] / CHROMA_UNIT, kind)


def _is_full(limit: int | None, start: int, pictures: list) -> bool:
    return limit is not None and len(pictures) - start >= limit


def _kind_of(name: str) -> str | None:
    """What the name says the picture shows: WordNet's noun for tiny ones, the class of a scene."""
    folder, _, rest = name.partition("/")
    if folder == "tiny":
        return rest.partition("/")[0]
    return rest.partition("-")[0] if folder == "scenes" else None


def shrink(picture: np.ndarray, short_side: int) -> np.ndarray:
    """Return a picture, uint8 (H, W, 3), whose short side is no longer than that."""
    scale = short_side / min(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def mean_chroma(picture: np.ndarray) -> float:
    """Mean distance from grey in CIE units, on a thumbnail: enough to tell a grey picture."""
    small = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA)
    lab = rgb_to_lab(torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255)
    return float(lab[:, 1:].norm(dim=1).mean())


def crop_square(picture: np.ndarray, side: int, random: np.random.Generator, power: float = 1.0) -> np.ndarray:
    """A square of LEAST_CROP to all of the short side, anywhere, at `side` pixels, mirrored half the time.

    The higher `power`, the more crops are nearly as large as the picture.
    """
    height, width = picture.shape[:2]
    square = max(16, int(min(height, width) * (1 - (1 - MIN_CROP) * random.random() ** power)))
    top, left = random.integers(height - square + 1), random.integers(width - square + 1)
    crop = _resize(picture[top : top + square, left : left + square], side)
    return crop[:, ::-1] if random.random() < 0.5 else crop


def crop_centre(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the largest square in the middle at `side` pixels, uint8 (side, side, 3)."""
    height, width = picture.shape[:2]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    return _resize(picture[top : top + square, left : left + square], side)


def _resize(square: np.ndarray, side: int) -> np.ndarray:
    smaller = side < square.shape[0]
    return cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
