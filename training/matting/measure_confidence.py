"""Does the cut-out say so where parts of the people are missing? The limit is chosen on left-out sources with this.

    python -m training.matting.measure_confidence --data FOLDER [--state CHECKPOINT] [--at-most 20] [--report]

Asks both released networks as the service does, with --state the moving average of a run of
`training/matting/train_lite.py` in place of "people". Prints each picture's share of people, IoU and confidence; then,
for several limits of the confidence, how many of the results with an IoU below .7 are told, and how many of those above
.9 are told wrongly.
"""

from typing import NamedTuple

import numpy as np

from imaging.matting import matte
from imaging.matting.people import MIN_CONFIDENCE, find_by_both
from imaging.matting.predictors import Predictor
from networks import weights
from training.common.arguments import build_parser
from training.common.run import set_up
from training.matting.data import Example
from training.matting.left_out import load_sources
from training.matting.measure import compare
from training.matting.measure_left_out import load_ema, predict_with

BAD, GOOD = 0.7, 0.9  # IoU below which a result should be told of, and above which it should not
LIMITS = (0.7, 0.75, 0.78, MIN_CONFIDENCE, 0.82, 0.84, 0.86, 0.88, 0.9)


class Row(NamedTuple):
    source: str
    share: float  # of the frame that people fill
    iou: float
    confidence: float


def main() -> None:
    parser = build_parser(__doc__, "data", "state", threads=1)
    parser.add_argument("--at-most", type=int, default=20, help="pictures of each source")
    parser.add_argument("--report", action="store_true", help="the sources that only figures are read from")
    arguments = parser.parse_args()
    set_up(arguments.threads)
    finder = predict_with(load_ema(arguments.state) if arguments.state else weights.load("people"))
    fine = predict_with(weights.load("background"))
    rows: list[Row] = []
    for name, examples in load_sources(arguments.data, not arguments.report, arguments.at_most).items():
        for number, example in enumerate(examples):
            if (row := measure(finder, fine, name, example)) is not None:
                rows.append(row)
                print(format_row(number, row), flush=True)
    print("\n".join(format_table(rows)))


def measure(finder: Predictor, fine: Predictor, source: str, example: Example) -> Row | None:
    """Return the row of a picture; None where nobody is found, which is said anyway."""
    rgb, truth = example
    people = find_by_both(finder, fine, rgb)
    if people is None:
        return None
    alpha = matte.refine_alpha(people.mask / np.float32(255), rgb) / np.float32(255)
    return Row(source, float((truth > 127).mean()), compare(alpha, truth / 255)[0], people.confidence)


def format_row(number: int, row: Row) -> str:
    return f"{row.source:10} {number:3} {row.share:6.3f} {row.iou:6.3f} {row.confidence:6.3f}"


def format_table(rows: list[Row]) -> list[str]:
    """Return the lines of told and wrongly told results, for each limit."""
    bad, good = ([row for row in rows if row.iou < BAD], [row for row in rows if row.iou > GOOD])
    lines = [f"{len(rows)} results, {len(bad)} with an IoU below {BAD}, {len(good)} above {GOOD}"]
    for limit in LIMITS:
        told, wrongly = (sum(row.confidence < limit for row in group) for group in (bad, good))
        lines.append(f"below {limit:4.2f}: told {told:3}, wrongly {wrongly:3}")
    return lines


if __name__ == "__main__":
    main()
