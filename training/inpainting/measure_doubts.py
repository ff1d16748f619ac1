"""When Inpaint says that a fill may not look right: `python -m training.inpainting.measure_doubts --data FOLDER`.

Protocol, lines: photos of bsds-val (validation.zip), each with HOLES upright boxes of 12 to 30 % of its shorter side,
drawn with the seed (SEED, photo). Whether a strong line crosses a hole is said by the whole photo: it has a straight
edge (OpenCV's LSD) of MIN_CONTRAST levels that passes the hole and reaches REACH pixels beyond it on both sides. What
decides has not seen that: a piece of another photo lies in the hole, as a thing does. Holes that only a weaker or a
shorter line crosses count neither way.

Protocol, faces: portraits of people-portraits.zip, of the tenth that is held back. Their masks say where the head is:
below the crown, as wide as the mask is 0.1 of its height below that. A box over the left half of a head that is at
least 40 pixels wide should raise the doubt; a box of that size where the mask shows nobody should not.

Both are halved by number: `--choose` measures the even ones, else the odd ones are reported. Printed are how many
should raise a doubt, how many of these do not (misses), and of how many others some do (false alarms).
"""

import argparse
import json
from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np

from imaging.inpainting import doubts
from networks import weights
from networks.face_landmarker import FaceLandmarker
from training.common.archives import Member, list_members, list_pictures, read_grey, read_rgb, split_held_back
from training.common.arguments import build_parser
from training.common.run import set_up

SEED, HOLES = 6, 3
MIN_CONTRAST, REACH = 25, 12  # levels of 255; pixels
MIN_HEAD = 40

Case = tuple[bool, bool]  # whether a doubt should be raised, and whether it is


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    network = cast(FaceLandmarker, weights.load("face"))
    photos = list_members(arguments.data, "validation.zip", "bsds-val/")
    portraits = split_held_back(list_pictures(arguments.data, "people-portraits.zip", "portraits/"))[1]
    kinds = {"lines": check_lines(photos, arguments), "faces": check_faces(portraits, network, arguments)}
    for kind in arguments.kinds:
        cases = list(kinds[kind])
        raised, others = ([is_raised for due, is_raised in cases if due == wanted] for wanted in (True, False))
        figures = {"due": len(raised), "missed": raised.count(False), "others": len(others)}
        print(json.dumps({"kind": kind} | figures | {"false_alarms": others.count(True)}), flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads", "every")
    parser.add_argument("--choose", action="store_true", help="measure the half for choices, not that for the report")
    parser.add_argument("--kinds", nargs="+", choices=("lines", "faces"), default=["lines", "faces"])
    return parser.parse_args()


def pick(members: list[Member], arguments: argparse.Namespace) -> list[tuple[int, Member]]:
    return list(enumerate(members))[0 if arguments.choose else 1 :: 2 * arguments.every]


def check_lines(photos: list[Member], arguments: argparse.Namespace) -> Iterator[Case]:
    for number, member in pick(photos, arguments):
        rgb, other = read_rgb(member), read_rgb(photos[(number + 7) % len(photos)])
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        lines = cv2.createLineSegmentDetector().detect(grey)[0]
        other = cv2.resize(other, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
        random = np.random.default_rng((SEED, number))
        for _ in range(HOLES):
            hole = draw_box(rgb.shape, random)
            due = find_crossing(grey, lines, hole)
            if due is not None:
                yield due, doubts.cuts_line(np.where(hole[..., None], other, rgb), hole)


def draw_box(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Return a hole, bool (H, W), that lies wholly inside."""
    high, wide = (round(min(shape[:2]) * random.uniform(0.12, 0.3)) for _ in range(2))
    top, left = int(random.integers(20, shape[0] - high - 20)), int(random.integers(20, shape[1] - wide - 20))
    hole = np.zeros(shape[:2], bool)
    hole[top : top + high, left : left + wide] = True
    return hole


def find_crossing(grey: np.ndarray, lines: np.ndarray | None, hole: np.ndarray) -> bool | None:
    """Return whether a strong one of these lines crosses the hole; None where that is a matter of opinion."""
    unclear = False
    for begin, end in [] if lines is None else lines.reshape(-1, 2, 2).astype(np.float64):
        length = float(np.hypot(*(end - begin)))
        points = begin + np.linspace(0, 1, int(length) + 2)[:, None] * (end - begin)
        inside = doubts.look(hole, points)
        within = np.flatnonzero(inside)
        if not len(within) or len(within) < 0.5 * np.sqrt(hole.sum()):
            continue
        passes = within[0] >= REACH and len(inside) - 1 - within[-1] >= REACH
        if passes and doubts.measure_contrast(points, (end - begin) / length, grey) >= MIN_CONTRAST:
            return True
        unclear = True
    return None if unclear else False


def check_faces(portraits: list[Member], network: FaceLandmarker, arguments: argparse.Namespace) -> Iterator[Case]:
    for number, member in pick(portraits, arguments):
        rgb, mask = read_rgb(member), read_grey(Member(member.archive, f"{member.stem}.mask.png")) > 127
        rows = np.flatnonzero(mask.any(1))
        head = np.flatnonzero(mask[rows[0] + round(0.1 * np.ptp(rows))]) if len(rows) else rows
        if len(head) < 2 or np.ptp(head) < MIN_HEAD:
            continue
        wide = int(np.ptp(head))
        half = np.zeros(mask.shape, bool)
        half[rows[0] : rows[0] + round(1.3 * wide), head[0] - wide // 8 : head[0] + wide // 2] = True
        yield True, doubts.cuts_face(rgb, half, network)
        random = np.random.default_rng((SEED, number))
        for _ in range(20):
            ground = draw_box(mask.shape, random)
            if not (ground & mask).any():
                yield False, doubts.cuts_face(rgb, ground, network)
                break


if __name__ == "__main__":
    main()
