"""Masks for pictures that have none, from two or three teachers: released networks and MediaPipe's selfie segmentation.

    npm pack @mediapipe/selfie_segmentation && tar xf mediapipe-selfie_segmentation-*.tgz
    pip install --no-deps ai-edge-litert flatbuffers
    python -m training.matting.pseudo_labels --data FOLDER --selfie package/selfie_segmentation.tflite --out labels.zip

Where two see a person, a person is; where none does, nobody is; where one alone does nothing is learnt. In
`people-sport.zip` the joints of one person are known: all look at a crop around them, and the body drawn along
the joints has a vote as well. A picture in which the teachers see too few of the joints is left out. In
`colours-*.zip` hardly anybody is: used are animals, houses and things that were looked at, and of the others those in
which MediaPipe sees nobody. The zip has one grey PNG a picture, named as the picture: PERSON, NOBODY or UNKNOWN.
"""

import argparse
import io
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import nn

from imaging.guided_filter import resize_area
from imaging.matting.second_look import Box
from imaging.tensors import to_tensor
from networks import weights
from networks.sliding_window import predict_flip_tta
from training.common.archives import Member, create_archive, is_held_back, list_pictures, open_archive, read_rgb
from training.common.arguments import build_parser
from training.common.half_precision import autocast
from training.common.run import set_up
from training.matting.data import PEOPLE_FREE, UNLABELLED
from training.matting.predict import predict_in_proportion
from training.matting.selfie_segmenter import SelfieSegmenter

NOBODY, UNKNOWN, PERSON = 0, 128, 255
ARCHIVES = ("people-sport", "people-unlabelled", "photos-0", "photos-1", "photos-2", "colours-0", "colours-1")
BACKGROUND_SIDE = 160  # at which "background" is asked
MIN_SEEN = 0.002  # of the frame: where MediaPipe sees less, it sees nobody
MARGIN = 0.35  # of the longer side of the joints' box, all around it
LIMBS = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (6, 7), (7, 8), (8, 12), (12, 9), (9, 10), (10, 11), (12, 13))
TORSO = (2, 3, 9, 12, 8)
LIMB_WIDTH = 0.08  # of the joints' box
MIN_JOINTS = 0.7  # of those seen: so many must lie inside what one of the teachers sees

PEOPLE_FREE_KINDS = ("caltech/", "pacs/")  # looked at on contact sheets: in these alone somebody, or a hand, may be
NOT_FREE = {f"caltech/caltech-{number:04}" for number in (201, 269, 337, 376, 397)} | {
    f"pacs/pacs-{number:04}" for number in (33, 57, 78, 114, 180, 206, 220, 269, 272)
}
MIN_SEEN_JOINTS = 8  # of fourteen

Look = Callable[[np.ndarray], np.ndarray]  # the mask of a picture, float32 (H, W) in [0, 1], of uint8 (H, W, 3)
Joints = np.ndarray  # float (14, 3): x, y and whether it is seen


def main() -> None:
    parser = build_parser(__doc__, "data", "every", threads=1)
    parser.add_argument("--selfie", type=Path, required=True, help="MediaPipe's selfie_segmentation.tflite")
    parser.add_argument("--archives", nargs="+", default=ARCHIVES, help="whose pictures are labelled")
    parser.add_argument("--out", type=Path, required=True, help="the zip of the labels, which must not exist")
    parser.add_argument("--with-people", action="store_true", help='ask the released "people" beside "background"')
    arguments = parser.parse_args()
    set_up(arguments.threads)
    teachers = load_teachers(arguments.selfie, arguments.with_people)
    with create_archive(arguments.out) as file:
        for number, (name, label) in enumerate(label_pictures(arguments, teachers)):
            file.writestr(name, encode_png(label))
            if number % 50 == 0:
                print(number, name, flush=True)


class Teachers:
    """What each teacher sees in a picture: masks, float32 (H, W) in [0, 1], MediaPipe's first."""

    def __init__(self, selfie: Look, *own: Look):
        self.selfie, self.own = selfie, own

    def look(self, rgb: np.ndarray, crop: Box | None = None) -> list[np.ndarray]:
        """With `crop` MediaPipe looks at that part as well, and the networks at that part alone."""
        seen = self.selfie(rgb)
        if crop is None:
            return [seen, *(look(rgb) for look in self.own)]
        part, place = rgb[crop.rows, crop.columns], np.s_[crop.rows, crop.columns]
        seen[place] = np.maximum(seen[place], self.selfie(part))
        masks = [np.zeros_like(seen) for _ in self.own]
        for mask, look in zip(masks, self.own, strict=True):
            mask[place] = look(part)
        return [seen, *masks]

    def sees_anybody(self, rgb: np.ndarray) -> bool:
        """Whether MediaPipe does."""
        return bool((self.selfie(rgb) > 0.5).mean() >= MIN_SEEN)


@torch.inference_mode()
def look_in_square(network: nn.Module, rgb: np.ndarray) -> np.ndarray:
    """Return what "background" sees, float32 (H, W) in [0, 1]: it and the mirror image, squeezed to a square."""
    square = to_tensor(resize_area(rgb, (BACKGROUND_SIDE, BACKGROUND_SIDE)))
    with autocast("cpu"):
        mask = predict_flip_tta(network, square)[0, 0].float().numpy()
    return resize_area(mask, rgb.shape[:2])


def load_teachers(selfie: Path, with_people: bool) -> Teachers:
    looks: list[Look] = [partial(look_in_square, load_fast("background"))]
    if with_people:
        looks.append(partial(predict_in_proportion, load_fast("people"), mirrored=True))
    return Teachers(SelfieSegmenter(selfie), *looks)


def load_fast(name: str) -> nn.Module:
    return weights.load(name).to(memory_format=torch.channels_last)


def label_pictures(arguments: argparse.Namespace, teachers: Teachers) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the label, uint8 (H, W), of every picture that can be learnt from."""
    read = open_archive(arguments.data / "people-sport.zip").read("joints.json")
    joints = {name: np.array(rows) for name, rows in json.loads(read).items()}
    for member in list_unlabelled(arguments.data, arguments.archives)[:: arguments.every]:
        rgb = read_rgb(member)
        if member.archive.name.startswith("colours"):
            is_free = member.stem.startswith(PEOPLE_FREE_KINDS) and member.stem not in NOT_FREE
            label = np.full(rgb.shape[:2], NOBODY, np.uint8) if is_free or not teachers.sees_anybody(rgb) else None
        else:
            label = label_picture(rgb, joints.get(member.name), teachers)
        if label is not None:
            yield f"{Path(member.name).with_suffix('.png')}", label


def list_unlabelled(data: Path, archives: Iterable[str] = ARCHIVES) -> list[Member]:
    """Return the pictures of the archives without masks, but those held back and those known to have no people."""
    free, checked = (set(listed.read_text().split()) for listed in (PEOPLE_FREE, UNLABELLED))
    members = [member for archive in archives for member in list_pictures(data, f"{archive}.zip")]
    return [
        member
        for member in members
        if not is_held_back(member.stem)
        and not (member.name.startswith("photos/") and member.stem[-4:] in free)
        and not (member.name.startswith("unlabelled/") and member.stem[-4:] not in checked)
    ]


def label_picture(rgb: np.ndarray, joints: Joints | None, teachers: Teachers) -> np.ndarray | None:
    """Return the label, uint8 (H, W); None where the teachers see too few of the joints."""
    if joints is None:
        return vote(*teachers.look(rgb))
    seen = joints[joints[:, 2] > 0, :2]
    if len(seen) < MIN_SEEN_JOINTS:
        return None
    masks = teachers.look(rgb, frame_joints(seen, rgb.shape[:2]))
    x, y = (np.clip(np.rint(seen[:, axis]).astype(int), 0, rgb.shape[1 - axis] - 1) for axis in (0, 1))
    if (np.max(masks, axis=0)[y, x] > 0.5).mean() < MIN_JOINTS:
        return None
    return vote(*masks, draw_body(joints, rgb.shape[:2]))


def vote(*masks: np.ndarray) -> np.ndarray:
    """Return the label, uint8 (H, W): a person where at least two of the masks say so, nobody where none does."""
    votes = sum((mask > 0.5).astype(np.uint8) for mask in masks)
    return np.where(votes > 1, np.uint8(PERSON), np.where(votes > 0, np.uint8(UNKNOWN), np.uint8(NOBODY)))


def frame_joints(places: np.ndarray, size: tuple[int, int]) -> Box:
    """Return the part of a picture of `size` (height, width) around joints at `places`, (n, 2)."""
    low, high = places.min(axis=0), places.max(axis=0)
    margin = MARGIN * (high - low).max()
    left, top = np.clip(np.floor(low - margin), 0, (size[1] - 32, size[0] - 32)).astype(int)
    right, bottom = np.clip(np.ceil(high + margin), (left + 32, top + 32), size[::-1]).astype(int)
    return Box(int(top), int(left), int(bottom), int(right))


def draw_body(joints: Joints, size: tuple[int, int]) -> np.ndarray:
    """Return uint8 (H, W), 1 about where the body along the joints is: between those that are seen."""
    points, is_seen = np.rint(joints[:, :2]).astype(np.int32), joints[:, 2] > 0
    width = max(1, round(LIMB_WIDTH * np.ptp(joints[is_seen, :2], axis=0).max()))
    body = np.zeros(size, np.uint8)
    for one, other in LIMBS:
        if is_seen[one] and is_seen[other]:
            cv2.line(body, points[one].tolist(), points[other].tolist(), 1, width)
    if is_seen[list(TORSO)].all():
        cv2.fillPoly(body, [points[list(TORSO)]], 1)
    return body


def encode_png(label: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(label).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    main()
