"""Crops of one size of many pictures in one tensor, so that batches are cut on the device that trains."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from training.common.archives import Member, is_held_back, list_pictures, read_rgb

# Archive, prefix of the names, and how often its pictures count: sharp photos count most.
SOURCES = (
    ("photos-0.zip", "", 3),
    ("photos-1.zip", "", 3),
    ("photos-2.zip", "", 3),
    ("scenes.zip", "", 1),
    ("people-portraits.zip", "portraits/", 1),
    ("people-street.zip", "street/", 1),
    ("people-street.zip", "backgrounds/", 2),
)


def list_sources(data: Path, sources: Iterable[tuple[str, str, int]] = SOURCES) -> tuple[list[Member], list[Member]]:
    """Return the members to train on, each as often as it counts, and those that are held back."""
    train, held = [], []
    for archive, prefix, times in sources:
        for member in list_pictures(data, archive, prefix):
            if is_held_back(member.stem):
                held.append(member)
            else:
                train += [member] * times
    return train, held


def cut_crops(chosen: list[Member], side: int, random: np.random.Generator) -> Tensor:
    """Return a crop of `side` pixels out of each picture, uint8 (N, 3, side, side), at a random place and size.

    The picture is reduced so that its shorter side is between `side` and its own length; a smaller one is enlarged.
    """
    crops = np.empty((len(chosen), side, side, 3), np.uint8)
    seeds = random.integers(2**63, size=len(chosen))

    def cut(number: int) -> None:
        crops[number] = cut_crop(read_rgb(chosen[number]), side, np.random.default_rng(seeds[number]))

    with ThreadPoolExecutor() as readers:
        list(readers.map(cut, range(len(chosen))))
    return torch.from_numpy(crops).permute(0, 3, 1, 2).contiguous()


def cut_crop(picture: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
    """Return one random crop, uint8 (side, side, 3)."""
    height, width = picture.shape[:2]
    shorter = min(height, width)
    scale = max(side, random.uniform(side, max(side, shorter))) / shorter
    size = max(side, round(width * scale)), max(side, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(picture, size, interpolation=method) if size != (width, height) else picture
    top, left = (int(random.integers(length - side + 1)) for length in resized.shape[:2])
    return resized[top : top + side, left : left + side]


def cut_turned_crop(picture: np.ndarray, side: int, smallest: float, random: np.random.Generator) -> np.ndarray:
    """Return one random crop, uint8 (side, side, 3), mirrored and turned at random.

    Half of them are cut larger, and reduced to no less than `smallest` of that, as far as the picture reaches: details
    of other sizes, and sharper ones. Where it does not reach `side` it is mirrored.
    """
    short = [max(0, side - length) for length in picture.shape[:2]]
    if any(short):
        picture = np.pad(picture, ((0, short[0]), (0, short[1]), (0, 0)), mode="symmetric")
    longest = min(side / smallest, *picture.shape[:2])
    wanted = round(random.uniform(side, longest)) if random.random() < 0.5 else side
    top, left = (int(random.integers(length - wanted + 1)) for length in picture.shape[:2])
    crop = picture[top : top + wanted, left : left + wanted]
    if wanted > side:
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    crop = np.rot90(crop, int(random.integers(4)))
    return np.ascontiguousarray(crop[:, ::-1] if random.random() < 0.5 else crop)


def draw_batch(crops: Tensor, count: int, side: int, generator: torch.Generator) -> Tensor:
    """Return `count` parts of `side` pixels, mirrored at random, float32 (count, 3, side, side) in [0, 1]."""
    device, room = crops.device, crops.shape[-1] - side + 1
    drawn = torch.randint(len(crops), (count,), generator=generator, device=device)
    top, left = (torch.randint(room, (count, 1), generator=generator, device=device) for _ in range(2))
    span = torch.arange(side, device=device)
    across = left + torch.where(torch.rand((count, 1), generator=generator, device=device) < 0.5, span, span.flip(0))
    parts = crops[drawn[:, None, None], :, (top + span)[:, :, None], across[:, None, :]]  # (count, side, side, 3)
    return parts.permute(0, 3, 1, 2).float() / 255


def to_batch(pictures: np.ndarray | list[np.ndarray] | Tensor) -> Tensor:
    """Return uint8 pictures (N, H, W, 3) as float32 (N, 3, H, W) in [0, 1], channels last in memory."""
    stacked = pictures if isinstance(pictures, Tensor) else torch.from_numpy(np.asarray(pictures))
    return stacked.permute(0, 3, 1, 2).float() / 255
