"""Pictures that no run learnt from: whole sources, people held back of the others, and pictures without anybody.

Choices are made on walkers (pennfudan), on streets seen from a car (camvid) and on one half of no-person; everyday
scenes (a third of coco), video (davis) and the other half are for the report. "grey" are black-and-white copies of the
first source. Portraits and street pictures are the tenth that is held back of what is learnt from.
"""

from pathlib import Path

import cv2
import numpy as np
from torch import nn

from training.common.archives import is_held_back, list_members, list_pictures, read_rgb
from training.matting.data import Example, load_masked_pairs
from training.matting.measure import compare
from training.matting.predict import SIDE, predict_in_proportion
from training.matting.varied import ARCHIVE, is_for_report

CHOICE, REPORT = ("pennfudan", "camvid"), ("coco", "davis")
HELD_BACK = (("portraits", "people-portraits.zip"), ("street", "people-street.zip"))
NOBODY, GREY = "no-person", "grey"
AT_MOST = 36  # pictures of each source while a network learns
MIN_SHARE = 0.002  # of the frame: so much, surer than a half, is somebody


def load_sources(data: Path, choice: bool, at_most: int) -> dict[str, list[Example]]:
    """Return at most so many pictures of each source, rgb uint8 (H, W, 3), and their masks, uint8 (H, W)."""
    found = {name: load_source(data, name, at_most) for name in (CHOICE if choice else REPORT)}
    first = next(iter(found.values()))
    found[GREY] = [(make_grey(rgb), mask) for rgb, mask in first]
    for name, archive in HELD_BACK:
        members = list_members(data, archive, f"{name}/")
        found[name] = load_masked_pairs(spread_pairs([one for one in members if is_held_back(one.stem)], at_most))
    photos = list_pictures(data, ARCHIVE, f"{NOBODY}/")[0 if choice else 1 :: 2]
    nobody = [read_rgb(member) for member in spread(photos, at_most)]
    return found | {NOBODY: [(rgb, np.zeros(rgb.shape[:2], np.uint8)) for rgb in nobody]}


def load_source(data: Path, name: str, at_most: int) -> list[Example]:
    members = list_members(data, ARCHIVE, f"{name}/")
    if name == "coco":
        members = [member for member in members if is_for_report(member.stem)]
    return load_masked_pairs(spread_pairs(members, at_most))


def spread_pairs(members: list, at_most: int) -> list:
    """Return the members of so many pictures, each with its mask."""
    stems = set(spread(sorted({member.stem for member in members}), at_most))
    return [member for member in members if member.stem in stems]


def spread(items: list, at_most: int) -> list:
    return [items[index] for index in np.linspace(0, len(items) - 1, min(at_most, len(items))).astype(int)]


def make_grey(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def measure_sources(network: nn.Module, sources: dict[str, list[Example]], side: int = SIDE) -> dict[str, float]:
    """Return each source's mean IoU, and of pictures without people in how many somebody is found."""
    figures = {}
    for name, examples in sources.items():
        masks = [predict_in_proportion(network, rgb, side) for rgb, _ in examples]
        if name == NOBODY:
            figures["nobody_found"] = float(np.mean([is_somebody(mask) for mask in masks]))
        else:
            pairs = zip(masks, examples, strict=True)
            figures[f"{name}_iou"] = float(np.mean([compare(mask, truth / 255)[0] for mask, (_, truth) in pairs]))
    return figures


def is_somebody(mask: np.ndarray) -> bool:
    return bool((mask > 0.5).mean() > MIN_SHARE)
