"""Calibrate the colorizer of a run and export it as the weights of the service.

    python -m training.colorizing.release --data FOLDER [--checkpoint FILE ...] [--encoder NAME] [--side N]
        [--colourfulness PART] [--every N] [--out FOLDER]

The moving average of the run's weights, or the mean of those of several checkpoints along the run, is calibrated for
`--colourfulness`, on pictures of all kinds that it did not learn from (`training/colorizing/validate.py`), as many of
them green as among the training photographs of BSDS500 (`training/colorizing/resample_by_greenness.py`), and measured
on the sources for choices at the size at which the service uses it. The figures of the report come from
`training/colorizing/measure_left_out.py` afterwards: nothing is chosen by them.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from networks.manifest import WEIGHTS
from networks.palette_colorizer import PaletteColorizer
from training.colorizing.calibration import calibrate
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.measure_left_out import CHOICES, SIDE, measure_set
from training.colorizing.resample_by_greenness import resample_by_greenness
from training.colorizing.validate import load_calibration_batch
from training.common.arguments import build_parser
from training.common.export import export

LICENCE = "Trained on pictures under research or unstated terms, from parameters under Apache-2.0: see the card"
COLOURFULNESS = 0.8  # part of the originals'
CALIBRATION_SIDE = 224  # pixels: pictures are stored no larger


def main() -> None:
    parser = build_parser(__doc__, "data", "every")
    parser.add_argument("--checkpoint", type=Path, nargs="+", default=[Path("runs/colorize-lite/checkpoint.pt")])
    parser.add_argument("--encoder", default="efficientnet_lite0")
    parser.add_argument("--side", type=int, default=SIDE, help="short side that the network sees, in pixels")
    parser.add_argument("--colourfulness", type=float, default=COLOURFULNESS, help="part of the originals'")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the folder of weights, with manifest.json")
    arguments = parser.parse_args()
    network, rarity = load_run(arguments.checkpoint, arguments.encoder)
    held = load_calibration_batch(arguments.data, CALIBRATION_SIDE)
    network = calibrate(network, resample_by_greenness(held, len(held.grey)), rarity, arguments.colourfulness)
    figures = {"working_side": arguments.side} | {
        name: measure_set(network, arguments.data, sources, arguments.side, arguments.every)
        for name, sources in CHOICES.items()
    }
    export("colorize", "palette_colorizer", network.arguments, network, LICENCE, "colorize.md", figures, arguments.out)
    print(json.dumps(network.arguments | figures, indent=2))


def load_run(checkpoints: Sequence[Path], encoder: str) -> tuple[PaletteColorizer, Rarity]:
    """Return the mean of the checkpoints' moving averages of the weights, and the weights of colours in their loss."""
    states = [torch.load(path, map_location="cpu", weights_only=True)["states"] for path in checkpoints]
    network = PaletteColorizer(encoder, temperature=1.0)
    network.load_state_dict(average_states([state["ema"]["network"] for state in states]))
    rarity = Rarity(torch.zeros(1, 2, 1, 1))
    rarity.load_state_dict(states[-1]["rarity"])
    return network.eval(), rarity


def average_states(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of the floating-point tensors of each name; of the others the last."""
    mean = dict(states[-1])
    for name, last in mean.items():
        if last.is_floating_point():
            mean[name] = torch.stack([state[name] for state in states]).mean(0)
    return mean


if __name__ == "__main__":
    main()
