"""Release the network of a run of `training/matting/train_lite.py`: half precision, hashed, listed in the manifest.

    python -m training.matting.export_lite --data FOLDER --state runs/background-lite/checkpoint.pt [--weights weights]

Exported is the moving average of the weights, as "people"; its figures are measured first as the recipe validates it,
on the sources for choices and on those of the report.
"""

from training.common.arguments import build_parser
from training.common.export import export
from training.common.run import set_up
from training.matting.left_out import AT_MOST, load_sources, measure_sources
from training.matting.measure_left_out import load_ema
from training.matting.train import LICENCE


def main() -> None:
    parser = build_parser(__doc__, "data", "state", "weights", threads=1)
    parser.add_argument("--at-most", type=int, default=AT_MOST, help="pictures of each source that are measured")
    arguments = parser.parse_args()
    set_up(arguments.threads)
    network = load_ema(arguments.state)
    figures: dict[str, float] = {}
    for prefix, choice in (("report_", False), ("", True)):
        sources = load_sources(arguments.data, choice, arguments.at_most)
        measured = measure_sources(network, sources)
        figures |= {f"{prefix}{name}": round(value, 4) for name, value in measured.items()}
    print(figures)
    export("people", "lite_u2net", {}, network, LICENCE, "people.md", figures, arguments.weights)


if __name__ == "__main__":
    main()
