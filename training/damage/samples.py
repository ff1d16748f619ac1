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
from training.damage.thin_things import add_things

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
CLEAN = 0.35  # of the samples are undamaged
AS_PHOTOGRAPHED = 0.35  # of the undamaged are not even aged
MINED_CLEAN, MINED_DAMAGED = 0.6, 0.25  # of the samples are cut where the finder was wrong, where that is known
THINGS = 0.45  # of the samples have thin things drawn into the scene
ENLARGED, MAX_ENLARGEMENT = 0.4, 3.0  # scans are softer than photos made small
COVERED, VISIBLE, INVISIBLE = 0.2, 0.06, 0.02  # of 1: what damage covers, and how much it changes
SMALL = 40  # pixels of a mark that counts more, for specks are few pixels
ONCE, MORE = 85, 255  # planes of `known`: how much a pixel counts, in 85ths


class Sample(NamedTuple):
    """`rgb`: uint8 (H, W, 3). `mask`: uint8 (H, W), 255 is damaged. `known`: 0 where damage can hardly be seen, else
    how much the pixel counts, in parts of ONCE."""

    rgb: np.ndarray
    mask: np.ndarray
    known: np.ndarray


class Place(NamedTuple):
    """A mark's middle in a photo that nothing happened to: `row` and `column` in [0, 1]."""

    member: Member
    row: float
    column: float


def list_photos(data: Path) -> tuple[list[Member], list[Member]]:
    """Return the photos to learn from, each as often as it counts, and those that are held back for choices."""
    return list_sources(data, SOURCES)


def draw_sample(photos: Sequence[Member], side: int, random: Random, mined: Sequence[Place] = ()) -> Sample:
    """Return a crop of a random photo, `side` pixels each way, a part of them around one of the places `mined`."""
    clean = random.random() < CLEAN
    place = None
    if mined and random.random() < (MINED_CLEAN if clean else MINED_DAMAGED):
        place = mined[int(random.integers(len(mined)))]
    picture = read_rgb(photos[int(random.integers(len(photos)))] if place is None else place.member)
    if random.random() < THINGS:
        picture = add_things(picture, random)
    rgb = cut_softly(picture, side, random) if place is None else cut_near(picture, place, side, random)
    rgb = turn(rgb, random)
    if clean and random.random() < AS_PHOTOGRAPHED:
        nothing = np.zeros((side, side), np.uint8)
        return Sample(rgb, nothing, nothing + ONCE)
    return damage_photo(rgb, random, clean)


def damage_photo(rgb: np.ndarray, random: Random, clean: bool = False) -> Sample:
    """Return a photo, uint8 (H, W, 3), aged and, unless it is to stay clean, damaged."""
    aged = age(decorate(rgb, random).astype(np.float32) / 255, random)
    spoilt, covered = (aged, np.zeros(rgb.shape[:2], np.float32)) if clean else draw_damage(aged, random)
    change = np.abs(spoilt - aged).max(2)
    nearby = cv2.dilate(change, np.ones((3, 3), np.uint8))
    mask = (covered >= COVERED) & (nearby > VISIBLE)
    known = np.where(mask | (change < INVISIBLE), np.uint8(ONCE), np.uint8(0))
    known[choose_small(mask)] = MORE
    return Sample(scan(spoilt, random), np.where(mask, np.uint8(255), np.uint8(0)), known)


def cut_softly(picture: np.ndarray, side: int, random: Random) -> np.ndarray:
    """Return a crop, uint8 (side, side, 3), at times enlarged."""
    if random.random() >= ENLARGED:
        return cut_crop(picture, side, random)
    smaller = max(48, round(side / random.uniform(1, MAX_ENLARGEMENT)))
    return np.asarray(cv2.resize(cut_crop(picture, smaller, random), (side, side), interpolation=cv2.INTER_CUBIC))


def cut_near(picture: np.ndarray, place: Place, side: int, random: Random) -> np.ndarray:
    """Return a crop, uint8 (side, side, 3), that shows a place, enlarged up to twice or made smaller."""
    window = min(*picture.shape[:2], round(side * random.uniform(0.5, 1.5)))
    corner = []
    for length, share in zip(picture.shape[:2], (place.row, place.column), strict=True):
        start = share * length - random.uniform(0.1, 0.9) * window
        corner.append(int(np.clip(start, 0, length - window)))
    crop = picture[corner[0] : corner[0] + window, corner[1] : corner[1] + window]
    method = cv2.INTER_AREA if window > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, (side, side), interpolation=method))


def turn(crop: np.ndarray, random: Random) -> np.ndarray:
    """Return it mirrored or not, and at times turned by right angles."""
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    return np.ascontiguousarray(np.rot90(crop, int(random.integers(4))) if random.random() < 0.15 else crop)


def choose_small(mask: np.ndarray) -> np.ndarray:
    """Return which pixels belong to small marks, bool (H, W)."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return np.asarray((figures[:, cv2.CC_STAT_AREA] <= SMALL)[labels] & mask)
