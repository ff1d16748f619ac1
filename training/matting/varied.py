"""People of all kinds with masks, and pictures without anybody: what the network for outside pictures learns from.

Beside the portraits and street pictures these are everyday scenes, sport, and photographs whose masks two teachers
made (`training/matting/pseudo_labels.py`). Of each set a tenth is held back as everywhere; whole sources are left out,
and a third of `coco`, for validation (`training/matting/measure_left_out.py`).
"""

import hashlib
import io
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from training.common.archives import Member, list_members, list_pictures, open_archive, read_rgb, split_held_back
from training.matting.data import Example, load_collection, load_masked_pairs, shrink
from training.matting.pseudo_labels import PERSON, UNKNOWN

ARCHIVE = "people-varied.zip"
LEFT_OUT = ("pennfudan", "camvid", "davis")
MASKED = ("coco", "pennfudan", "camvid", "davis")
LABELLED = {"sport": "people-sport", "unlabelled": "people-unlabelled"} | {
    f"photos-{n}": f"photos-{n}" for n in range(3)
}
COLOURS = ("colours-0", "colours-1")
MIN_PEOPLE = 0.005  # of the frame: with fewer and something unknown a photograph teaches little
MAX_UNKNOWN = 0.25  # of the frame
MIN_PIXELS = 40  # height of a person who is cut out
MARGIN = 2  # pixels around one


class Labelled(NamedTuple):
    """rgb: uint8 (H, W, 3). mask: uint8 (H, W), 255 where a person is. known: uint8 (H, W), 0 where that is unknown."""

    rgb: np.ndarray
    mask: np.ndarray
    known: np.ndarray


class CutOut(NamedTuple):
    """A person, or people who touch: rgb uint8 (H, W, 3), mask uint8 (H, W), whether the picture's lower edge cut."""

    rgb: np.ndarray
    mask: np.ndarray
    is_cut: bool


class People(NamedTuple):
    """What is learnt from: whole pictures of each kind, cut-out people, of head to foot and others, and places."""

    pictures: dict[str, list[Labelled]]
    whole: list[CutOut]
    cut: list[CutOut]
    places: list[np.ndarray]


def load_people(data: Path, labels: Sequence[Path], left_out: Collection[str] = LEFT_OUT) -> People:
    """Decode what is learnt from; `labels` are the zips of pseudo-labels."""
    basis = load_collection(data)
    pictures = {"portraits": list(map(make_known, basis.portraits)), "street": list(map(make_known, basis.streets))}
    for name in MASKED:
        if name not in left_out:
            pictures[name] = list(map(make_known, load_masked_source(data, name)))
    labelled, empty = load_labelled(data, labels)
    pictures |= labelled
    cut_outs = [one for name, found in pictures.items() if name != "camvid" for one in cut_out_all(found)]
    cut_outs += [one for example in basis.cutouts for one in cut_out_all([make_known(example)])]
    return People(
        pictures,
        [one for one in cut_outs if not one.is_cut],
        [one for one in cut_outs if one.is_cut],
        [*basis.places, *empty],
    )


def make_known(example: Example) -> Labelled:
    rgb, mask = example
    return Labelled(rgb, mask, np.full_like(mask, 255))


def load_masked_source(data: Path, name: str, for_report: bool = False) -> list[Example]:
    """Return the part of a source that is learnt from, or with `for_report` the part kept for the report."""
    listed = list_members(data, ARCHIVE, f"{name}/")
    if name == "coco":
        return load_masked_pairs([member for member in listed if is_for_report(member.stem) == for_report])
    return load_masked_pairs(listed if for_report else split_held_back(listed)[0])


def is_for_report(stem: str) -> bool:
    """Whether a picture of a source that is partly learnt from is kept for the report: a third, by its SHA-1."""
    return int(hashlib.sha1(stem.encode(), usedforsecurity=False).hexdigest(), 16) % 3 == 0


def load_labelled(data: Path, labels: Sequence[Path]) -> tuple[dict[str, list[Labelled]], list[np.ndarray]]:
    """Return the pictures with pseudo-labels by kind, and those in which both teachers saw nobody at all."""
    pngs = read_pngs(labels)
    found: dict[str, list[Labelled]] = {}
    empty: list[np.ndarray] = []
    for kind, archive in [*LABELLED.items(), *((name, name) for name in COLOURS)]:
        for member in list_pictures(data, f"{archive}.zip"):
            name = f"{Path(member.name).with_suffix('.png')}"
            if name not in pngs:
                continue
            one = read_labelled(member, pngs[name])
            if not (one.mask.any() or (one.known == 0).any()):
                empty.append(one.rgb)
            elif kind not in COLOURS and is_useful(one):
                found.setdefault(kind.split("-")[0], []).append(one)
    return found, empty


def read_pngs(labels: Sequence[Path]) -> dict[str, bytes]:
    """Return the files in the zips by name; of two of one name the later."""
    found: dict[str, bytes] = {}
    for path in labels:
        file = open_archive(path)
        found |= {name: file.read(name) for name in file.namelist()}
    return found


def read_labelled(member: Member, png: bytes) -> Labelled:
    rgb = shrink(read_rgb(member))
    label = np.asarray(Image.open(io.BytesIO(png)))
    label = cv2.resize(label, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return Labelled(
        rgb, np.where(label == PERSON, 255, 0).astype(np.uint8), np.where(label == UNKNOWN, 0, 255).astype(np.uint8)
    )


def is_useful(one: Labelled) -> bool:
    """Whether enough is known of a picture with people."""
    return bool((one.mask > 0).mean() > MIN_PEOPLE and (one.known == 0).mean() < MAX_UNKNOWN)


def cut_out_all(pictures: Iterable[Labelled]) -> list[CutOut]:
    """Return the people of pictures in which they fill enough: those who touch as one."""
    return [cut_out for one in pictures for cut_out in cut_out_people(one)]


def cut_out_people(one: Labelled) -> list[CutOut]:
    """Return each person, or group that touches, who is high enough and of whom all is known."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats((one.mask > 127).astype(np.uint8))
    found = []
    height, width = one.mask.shape
    for number in range(1, count):
        left, top, across, down, area = stats[number]
        if down < MIN_PIXELS or across < MIN_PIXELS // 4 or area < 0.2 * across * down:
            continue
        rows = slice(max(0, top - MARGIN), min(height, top + down + MARGIN))
        columns = slice(max(0, left - MARGIN), min(width, left + across + MARGIN))
        piece = cv2.dilate((pieces[rows, columns] == number).astype(np.uint8), np.ones((3, 3), np.uint8))
        if (one.known[rows, columns][piece > 0] == 0).mean() > 0.02:
            continue
        mask = one.mask[rows, columns] * piece
        found.append(CutOut(np.ascontiguousarray(one.rgb[rows, columns]), mask, bool(top + down >= height - 1)))
    return found
