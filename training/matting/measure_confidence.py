"""Does the cut-out say so where parts of the people are missing? Thresholds are chosen on left-out sources with this.

    python -m training.matting.measure_confidence --data FOLDER [--state CHECKPOINT] [--at-most 20] [--report]

Asks the released network, or the moving average of a run of `training/matting/train_lite.py`, as the service does, and
prints each picture's IoU with the signals of `imaging/matting/confidence.py`; then for limits of each signal and of the
confidence, of the results with an IoU below .7 how many are told, and of those above .9 how many are told wrongly.
"""

from typing import NamedTuple

import numpy as np

from imaging.matting import matte
from imaging.matting.confidence import Signals, combine_signals, measure_signals
from imaging.matting.people import judge, look
from imaging.matting.predictors import Predictor
from networks import weights
from training.common.arguments import build_parser
from training.common.run import set_up
from training.matting.data import Example
from training.matting.left_out import load_sources
from training.matting.measure import compare
from training.matting.measure_left_out import load_ema, predict_with

BAD, GOOD = 0.7, 0.9  # IoU below which a result should be told of, and above which it should not
LIMITS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)


class Row(NamedTuple):
    source: str
    share: float
    iou: float
    signals: Signals


def main() -> None:
    parser = build_parser(__doc__, "data", "state", threads=1)
    parser.add_argument("--at-most", type=int, default=20, help="pictures of each source")
    parser.add_argument("--report", action="store_true", help="the sources that only figures are read from")
    arguments = parser.parse_args()
    set_up(arguments.threads)
    predictor = predict_with(load_ema(arguments.state) if arguments.state else weights.load("background"))
    sources = load_sources(arguments.data, not arguments.report, arguments.at_most)
    rows: list[Row] = []
    for name, examples in sources.items():
        for number, example in enumerate(examples):
            if (row := measure(predictor, name, example)) is not None:
                rows.append(row)
                print(format_row(number, row), flush=True)
    print("\n".join(format_table(rows)))


def measure(predictor: Predictor, source: str, example: Example) -> Row | None:
    """Return the row of a picture; None where nobody is found, which is said anyway."""
    rgb, truth = example
    found = look(predictor, rgb)
    if judge(found, predictor.presence) is None:
        return None
    alpha = matte.refine_alpha(found.mask / np.float32(255), rgb) / np.float32(255)
    return Row(source, float((truth > 127).mean()), compare(alpha, truth / 255)[0], measure_signals(*found))


def format_row(number: int, row: Row) -> str:
    signals = " ".join(f"{value:.3f}" for value in (*row.signals, combine_signals(row.signals)))
    return f"{row.source:10} {number:3} {row.share:6.3f} {row.iou:6.3f} {signals}"


def format_table(rows: list[Row]) -> list[str]:
    """Return the lines of told and wrongly told results, for each signal and limit."""
    bad, good = ([row for row in rows if row.iou < BAD], [row for row in rows if row.iou > GOOD])
    lines = [f"{len(rows)} results, {len(bad)} with an IoU below {BAD}, {len(good)} above {GOOD}"]
    for name in (*Signals._fields, "confidence"):
        for limit in LIMITS:
            told, wrongly = (sum(get_value(row, name) < limit for row in group) for group in (bad, good))
            lines.append(f"{name:10} below {limit:4.2f}: told {told:3}, wrongly {wrongly:3}")
    return lines


def get_value(row: Row, name: str) -> float:
    return combine_signals(row.signals) if name == "confidence" else getattr(row.signals, name)


if __name__ == "__main__":
    main()
