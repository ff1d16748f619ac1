"""How well the cut-out finds people in pictures that its network never learnt from (`training/matting/left_out.py`).

    python -m training.matting.measure_left_out --data FOLDER [--choice] [--at-most 60]
    python -m training.matting.measure_left_out --data FOLDER --state CHECKPOINT [--side 320]
    python -m training.matting.measure_left_out --data FOLDER --state CHECKPOINT --served [--sides 224 320]
    python -m training.matting.measure_left_out --data FOLDER --selfie selfie_segmentation.tflite

The released networks, as the service asks them; the moving average of a run of `training/matting/train_lite.py` alone,
asked once with the mirror image, or with `--served` as the service would ask it; or MediaPipe's selfie segmentation. A
line gives the mean IoU at 0.5, the boundary F, the share of pictures in which somebody is found, the share called done
although the IoU is below 0.5, and processor seconds a picture; for pictures without people the share in which somebody
is found. Then the same by the people's share of the frame.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from imaging.matting import matte
from imaging.matting.confidence import measure_sharpness
from imaging.matting.people import MIN_CONFIDENCE, find_by_both, find_people
from imaging.matting.predictors import Predictor, choose_predictor
from networks import weights
from networks.lite_u2net import LiteU2Net
from training.common.arguments import build_parser
from training.common.half_precision import autocast
from training.common.run import set_up
from training.matting.left_out import CHOICE, REPORT, is_somebody, load_sources
from training.matting.measure import compare
from training.matting.predict import SIDE, predict_in_proportion
from training.matting.selfie_segmenter import SelfieSegmenter

SHARES = (0, 0.1, 0.2, 0.35, 1.01)  # of the frame that people fill: bounds of the groups
BROKEN = 0.5  # IoU below which a cut-out must not be called done

Method = Callable[[np.ndarray], tuple[np.ndarray, bool]]  # the alpha, float32 (H, W), and whether it is called done


class Row(NamedTuple):
    share: float
    iou: float
    boundary: float
    is_found: bool
    is_done: bool
    seconds: float


def main() -> None:
    parser = build_parser(__doc__, "data", "state", threads=1)
    parser.add_argument("--choice", action="store_true", help="the sources that choices are made on")
    parser.add_argument("--at-most", type=int, default=60, help="pictures of each source")
    parser.add_argument("--side", type=int, default=SIDE, help="of the longer side, for --state")
    parser.add_argument("--served", action="store_true", help="ask the network of --state as the service does")
    parser.add_argument("--sides", type=int, nargs="+", help="at which the service asks about a photo; else its own")
    parser.add_argument("--crop-side", type=int, help="at which the service asks about a crop; else its own")
    parser.add_argument("--selfie", type=Path, help="MediaPipe's model, to measure that")
    arguments = parser.parse_args()
    set_up(arguments.threads)
    method = choose_method(arguments)
    sources = load_sources(arguments.data, arguments.choice, arguments.at_most)
    rows = {name: [measure(method, *one) for one in examples] for name, examples in sources.items()}
    print("\n".join(format_table(rows)))


def choose_method(arguments: argparse.Namespace) -> Method:
    if arguments.selfie:
        return partial(find_by_selfie, SelfieSegmenter(arguments.selfie))
    if arguments.state and not arguments.served:
        return partial(find_in_proportion, load_ema(arguments.state), side=arguments.side)
    network = load_ema(arguments.state) if arguments.state else weights.load("people")
    finder = predict_with(network, arguments.sides, arguments.crop_side)
    return partial(find_as_served, finder, None if arguments.state else predict_with(weights.load("background")))


def load_ema(checkpoint: Path) -> nn.Module:
    """Return the moving average of the weights in a checkpoint of `training.matting.train_lite`."""
    network = LiteU2Net()
    network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["states"]["ema"]["network"])
    return network.eval().to(memory_format=torch.channels_last)


def find_by_selfie(segmenter: SelfieSegmenter, rgb: np.ndarray) -> tuple[np.ndarray, bool]:
    mask = segmenter(rgb)
    return mask, is_somebody(mask)


def find_in_proportion(network: nn.Module, rgb: np.ndarray, side: int) -> tuple[np.ndarray, bool]:
    mask = predict_in_proportion(network, rgb, side, mirrored=True)
    if not is_somebody(mask):
        return np.zeros_like(mask), False
    alpha = matte.refine_alpha(mask, rgb) / np.float32(255)
    return alpha, measure_sharpness(mask, mask, mask) >= MIN_CONFIDENCE


def predict_with(network: nn.Module, sides: Sequence[int] | None = None, crop_side: int | None = None) -> Predictor:
    """Return what the service asks, with its precision; sides other than its own to choose among them."""

    def ask(pictures: Tensor) -> Tensor:
        with torch.inference_mode(), autocast("cpu"):
            return network(pictures.contiguous(memory_format=torch.channels_last))

    return choose_predictor(ask, network, "cpu", sides, crop_side)


def find_as_served(finder: Predictor, fine: Predictor | None, rgb: np.ndarray) -> tuple[np.ndarray, bool]:
    people = find_by_both(finder, fine, rgb) if fine else find_people(finder, rgb)
    if people is None:
        return np.zeros(rgb.shape[:2], np.float32), False
    alpha = matte.refine_alpha(people.mask / np.float32(255), rgb) / np.float32(255)
    return alpha, people.confidence >= MIN_CONFIDENCE


def measure(method: Method, rgb: np.ndarray, mask: np.ndarray) -> Row:
    """Measure one picture."""
    begin = time.process_time()
    alpha, is_done = method(rgb)
    seconds = time.process_time() - begin
    iou, _, boundary = compare(alpha, mask / 255)
    is_found = is_somebody(alpha)
    return Row(float((mask > 127).mean()), iou, boundary, is_found, is_done and is_found, seconds)


def format_table(rows: dict[str, list[Row]]) -> list[str]:
    """Return the lines of the report for each source and, of left-out sources, each share of the frame."""
    lines = [f"{'':12} {'number':>6} {'IoU':>6} {'edge F':>6} {'found':>6} {'broken':>6} {'seconds':>7}"]
    groups = dict(rows)
    people = [row for name in (*CHOICE, *REPORT) for row in rows.get(name, []) if row.share]
    for low, high in zip(SHARES, SHARES[1:], strict=False):
        groups[f"{low:.0%} to {min(high, 1):.0%}"] = [row for row in people if low <= row.share < high]
    return lines + [format_line(name, group) for name, group in groups.items() if group]


def format_line(name: str, rows: list[Row]) -> str:
    keys = ("iou", "boundary", "is_found", "seconds")
    iou, boundary, found, seconds = (np.mean([getattr(row, key) for row in rows]) for key in keys)
    broken = np.mean([row.is_done and row.iou < BROKEN for row in rows])
    return f"{name:12} {len(rows):6} {iou:6.3f} {boundary:6.3f} {found:6.3f} {broken:6.3f} {seconds:7.2f}"


if __name__ == "__main__":
    main()
