"""What the damage finder learns from: crops of photos, aged, some of them damaged, and which pixels are."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from training.common.archives import Member, read_rgb
from training.common.crops import cut_crop, list_sources
from training.damage.ageing import age, decorate, scan
from training.damage.first_generator import draw_damage

Random = np.random.Generator
# Archive, prefix of the names, and how often its pictures count. Left out wholly, for the report: bsds-val,
# people-varied and people-sport.
SOURCES = (
    ("photos-0.zip", "", 3),
    ("photos-1.zip", "", 3),
    ("photos-2.zip", "", 3),
    ("scenes.zip", "", 1),
    ("colours-0.zip", "", 1),
    ("colours-1.zip", "", 1),
    ("people-portraits.zip", "portraits/", 1),
    ("people-street.zip", "street/", 1),
    ("people-street.zip", "backgrounds/", 3),
)
CLEAN = 0.3  # of the samples are undamaged
AS_PHOTOGRAPHED = 0.35  # of the undamaged are not even aged
ENLARGED, MAX_ENLARGEMENT = 0.4, 3.0  # scans are softer than photos made small
COVERED, VISIBLE, INVISIBLE = 0.2, 0.06, 0.02  # of 1: what damage covers, and how much it changes


class Sample(NamedTuple):
    """`rgb`: uint8 (H, W, 3). `mask`: uint8 (H, W), 255 is damaged. `known`: 0 where damage can hardly be seen."""

    rgb: np.ndarray
    mask: np.ndarray
    known: np.ndarray


def list_photos(data: Path) -> tuple[list[Member], list[Member]]:
    """Return the photos to learn from, each as often as it counts, and those that are held back for choices."""
    return list_sources(data, SOURCES)


def draw_sample(photos: Sequence[Member], side: int, random: Random) -> Sample:
    """Return a crop of a random photo, `side` pixels each way."""
    rgb = cut_softly(read_rgb(photos[int(random.integers(len(photos)))]), side, random)
    clean = random.random() < CLEAN
    if clean and random.random() < AS_PHOTOGRAPHED:
        nothing = np.zeros((side, side), np.uint8)
        return Sample(rgb, nothing, nothing + 255)
    return damage_photo(rgb, random, clean)


def damage_photo(rgb: np.ndarray, random: Random, clean: bool = False) -> Sample:
    """Return a photo, uint8 (H, W, 3), aged and, unless it is to stay clean, damaged."""
    aged = age(decorate(rgb, random).astype(np.float32) / 255, random)
    spoilt, covered = (aged, np.zeros(rgb.shape[:2], np.float32)) if clean else draw_damage(aged, random)
    change = np.abs(spoilt - aged).max(2)
    nearby = cv2.dilate(change, np.ones((3, 3), np.uint8))
    mask = (covered >= COVERED) & (nearby > VISIBLE)
    known = mask | (change < INVISIBLE)
    return Sample(scan(spoilt, random), _to_plane(mask), _to_plane(known))


def cut_softly(picture: np.ndarray, side: int, random: Random) -> np.ndarray:
    """Return a crop, uint8 (side, side, 3), mirrored and turned at random, at times enlarged."""
    if random.random() < ENLARGED:
        smaller = max(48, round(side / random.uniform(1, MAX_ENLARGEMENT)))
        crop = cv2.resize(cut_crop(picture, smaller, random), (side, side), interpolation=cv2.INTER_CUBIC)
    else:
        crop = cut_crop(picture, side, random)
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    return np.ascontiguousarray(np.rot90(crop, int(random.integers(4))) if random.random() < 0.15 else crop)


def _to_plane(chosen: np.ndarray) -> np.ndarray:
    return np.where(chosen, np.uint8(255), np.uint8(0))
