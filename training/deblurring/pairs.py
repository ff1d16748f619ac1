"""Blurred and sharp crops for the deblur recipes, made as they are needed, the same ones for the same seed."""

import math
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from training.common.archives import Member, list_members, read_rgb, split_held_back
from training.deblurring import blur

ARCHIVES = ("photos-0.zip", "photos-1.zip", "photos-2.zip")
VALIDATION_PICTURES = 18
SEED = 2012  # of the validation pairs, the same for every recipe
RADIUS = 16  # of the grid that kernels are given on
SHARP_SHARE = 0.1  # pairs left undegraded: a sharp picture is to stay as it is


def load_photos(data: Path) -> tuple[list[np.ndarray], list[Member]]:
    """Return the sharp photos to learn from, uint8 (H, W, 3), and the members that are held back."""
    train, held = split_held_back(member for archive in ARCHIVES for member in list_members(data, archive))
    return [read_rgb(member) for member in train], held


class Crops(Dataset):
    """Blurred and sharp crops, uint8 (side, side, 3), and float32 kernels (K, K), each drawn by (*seed, index)."""

    def __init__(self, pictures: list[np.ndarray], side: int, seed: tuple[int, ...], indices: range):
        self.pictures, self.side, self.seed, self.indices = pictures, side, seed, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, ...]:
        random = np.random.default_rng((*self.seed, self.indices[place]))
        picture = self.pictures[random.integers(len(self.pictures))]
        return tuple(torch.from_numpy(np.ascontiguousarray(part)) for part in make_pair(picture, self.side, random))


def make_pair(picture: np.ndarray, side: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return one blurred and its sharp crop, uint8 (side, side, 3), flipped and turned at random, and the kernel.

    The blur is applied to a larger crop, so that what moved in from outside is real wherever there is any.
    """
    margin = math.ceil(blur.EXTENTS[1])
    wanted = side + 2 * margin
    short = [max(0, wanted - length) for length in picture.shape[:2]]
    picture = np.pad(picture, ((0, short[0]), (0, short[1]), (0, 0)), mode="symmetric")
    top, left = (int(random.integers(length - wanted + 1)) for length in picture.shape[:2])
    sharp = np.rot90(picture[top : top + wanted, left : left + wanted], int(random.integers(4)))
    sharp = np.ascontiguousarray(sharp[:, ::-1] if random.random() < 0.5 else sharp)
    inner = slice(margin, margin + side)
    if random.random() < SHARP_SHARE:
        return sharp[inner, inner], sharp[inner, inner], blur.crop_kernel(np.ones((1, 1), np.float32), RADIUS)
    first, last = sorted(random.uniform(0, 1, 2))
    photo = blur.photograph(sharp, blur.draw_motion(random), random, (first, last))
    return photo.pixels[inner, inner], sharp[inner, inner], photo.kernel_at(inner, inner, RADIUS)


def load_validation_pairs(held: list[Member]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return blurred and sharp centres, 256x256 or less, of the first held-back photos, every severity in turn."""
    pairs = []
    for index, member in enumerate(held[:VALIDATION_PICTURES]):
        random = np.random.default_rng((SEED, 7, index))
        severity = list(blur.SEVERITIES.values())[index % len(blur.SEVERITIES)]
        picture = read_rgb(member)
        blurred = blur.degrade(picture, blur.draw_motion(random, severity), random)
        rows, columns = (slice_centre(length) for length in picture.shape[:2])
        pairs.append((blurred[rows, columns], picture[rows, columns]))
    return pairs


def slice_centre(length: int) -> slice:
    side = min(256, length - length % 8)
    return slice((length - side) // 2, (length - side) // 2 + side)
