"""How well the cut-out finds people in whole sources that its network never learnt from.

    python -m training.matting.measure_left_out --data FOLDER [--every 1] [--choice]

`people-varied.zip`: walkers (pennfudan), everyday scenes (coco), video (davis), small people before a car (camvid), and
pictures without anybody (no-person). Thresholds are chosen on pennfudan and on every other picture of no-person
(`--choice`); the rest is for the report. A line gives the mean IoU at 0.5, the share of pictures in which somebody is
found, the share called done although the IoU is below 0.5, and processor seconds a picture; for pictures without people
the share in which somebody is found. Then the same by the people's share of the frame.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from torch import nn

from networks import weights
from training.common.archives import list_members, list_pictures, read_rgb
from training.common.arguments import build_parser
from training.matting.data import load_masked_pairs
from training.matting.measure import compare, find_alpha

ARCHIVE = "people-varied.zip"
CHOICE, REPORT = ("pennfudan",), ("coco", "davis", "camvid")
SHARES = (0, 0.1, 0.2, 0.35, 1.01)  # of the frame that people fill: bounds of the groups
BROKEN = 0.5  # IoU below which a cut-out must not be called done


class Row(NamedTuple):
    share: float
    iou: float
    is_found: bool
    is_done: bool
    seconds: float


def main() -> None:
    parser = build_parser(__doc__, "data", "every")
    parser.add_argument("--choice", action="store_true", help="the sources that thresholds are chosen on")
    arguments = parser.parse_args()
    network = weights.load("background")
    rows = {name: [measure(network, *one) for one in one_source] for name, one_source in load_pictures(arguments)}
    print("\n".join(format_table(rows)))


def load_pictures(arguments: argparse.Namespace) -> Iterator[tuple[str, list[tuple[np.ndarray, np.ndarray]]]]:
    """Yield each source with its pictures, rgb uint8 (H, W, 3), and their masks, uint8 (H, W)."""
    for name in CHOICE if arguments.choice else REPORT:
        listed = list_members(arguments.data, ARCHIVE, f"{name}/")
        stems = sorted({member.stem for member in listed})[:: arguments.every]
        yield name, load_masked_pairs([member for member in listed if member.stem in set(stems)])
    photos = [read_rgb(member) for member in list_pictures(arguments.data, ARCHIVE, "no-person/")]
    half = photos[0 if arguments.choice else 1 :: 2][:: arguments.every]
    yield "no-person", [(rgb, np.zeros(rgb.shape[:2], np.uint8)) for rgb in half]


def measure(network: nn.Module, rgb: np.ndarray, mask: np.ndarray, method: Callable = find_alpha) -> Row:
    """Measure one picture; `method(network, rgb)` gives the alpha, float32 (H, W), and whether it is called done."""
    begin = time.process_time()
    alpha, is_done = method(network, rgb)
    seconds = time.process_time() - begin
    iou, _, _ = compare(alpha, mask / 255)
    return Row(float((mask > 127).mean()), iou, bool(alpha.any()), is_done and bool(alpha.any()), seconds)


def format_table(rows: dict[str, list[Row]]) -> list[str]:
    """Return the lines of the report for each source and, of pictures with people, each share of the frame."""
    lines = [f"{'':12} {'number':>6} {'IoU':>6} {'found':>6} {'broken':>6} {'seconds':>7}"]
    groups = dict(rows)
    people = [row for each in rows.values() for row in each if row.share]
    for low, high in zip(SHARES, SHARES[1:], strict=False):
        groups[f"{low:.0%} to {min(high, 1):.0%}"] = [row for row in people if low <= row.share < high]
    return lines + [format_line(name, group) for name, group in groups.items() if group]


def format_line(name: str, rows: list[Row]) -> str:
    iou, found, seconds = (np.mean([getattr(row, key) for row in rows]) for key in ("iou", "is_found", "seconds"))
    broken = np.mean([row.is_done and row.iou < BROKEN for row in rows])
    return f"{name:12} {len(rows):6} {iou:6.3f} {found:6.3f} {broken:6.3f} {seconds:7.2f}"


if __name__ == "__main__":
    main()
