"""Draw the stages of a NoGAN run and its inflection point: `python -m training.colorizing.plot_stages LOG --out
FILE.svg`.

LOG is the name of a log of training/logs, as `training/colorizing/nogan.py` writes it. Over the minutes of the run
stand the losses and the figures of validation; the stages are shaded, and a line marks the validation at which the
joint stage was best.
"""

from html import escape
from pathlib import Path

from training.common.arguments import build_parser
from training.common.plot_logs import read_rows, smooth_points
from training.common.run import LOGS

WIDTH, HEIGHT, MARGIN = 860, 150, 40
PANELS = (("colour_loss",), ("error", "rmse", "colourful"), ("critic_loss", "adversarial_loss"))
COLOURS = ("#2563a8", "#b4531f", "#3d7a36")
SHADES = {"generator alone": "#f4f1ea", "critic alone": "#e3e8ee", "joint": "#f6e6dc"}


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("log", help="name of a log, without .jsonl")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.write_text(draw_svg(read_rows(LOGS / f"{arguments.log}.jsonl")), encoding="utf-8")


def draw_svg(found: list[dict[str, float]]) -> str:
    """Return the SVG of a run's rows."""
    spans, latest = find_stages(found), max(row["minutes"] for row in found) or 1.0
    panels = [draw_panel(found, names, place * HEIGHT, spans, latest) for place, names in enumerate(PANELS)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT * len(PANELS) + 20}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(panels)}{draw_legend(found, spans, latest)}</svg>\n"
    )


def find_stages(found: list[dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Return from which to which minute each stage lasted: rows tell them apart by the losses they have."""
    minutes: dict[str, list[float]] = {name: [] for name in SHADES}
    for row in found:
        if "critic_loss" in row:
            minutes["joint" if "colour_loss" in row or minutes["joint"] else "critic alone"].append(row["minutes"])
        elif "colour_loss" in row:
            minutes["generator alone"].append(row["minutes"])
    return {name: (min(those), max(those)) for name, those in minutes.items() if those}


def find_inflection(found: list[dict[str, float]], spans: dict[str, tuple[float, float]]) -> float | None:
    """Return the minute of the joint stage's best validation, None without a joint stage."""
    validations = [row for row in found if "score" in row and row["minutes"] >= spans.get("joint", (float("inf"),))[0]]
    return min(validations, key=lambda row: row["score"])["minutes"] if validations else None


def draw_panel(found: list, names: tuple[str, ...], top: float, spans: dict, latest: float) -> str:
    curves = {name: smooth_points(found, name) for name in names}
    values = [value for curve in curves.values() for _, value in curve]
    if not values:
        return ""
    low, high = min(values), max(values)
    bottom, tall = top + HEIGHT - 14, HEIGHT - 40

    def to_y(value: float) -> float:
        return bottom - tall * (value - low) / ((high - low) or 1.0)

    shades = "".join(
        f'<rect x="{to_x(start, latest):.1f}" y="{top + 26:.1f}" height="{tall}" fill="{SHADES[name]}" '
        f'width="{to_x(end, latest) - to_x(start, latest):.1f}"/>'
        for name, (start, end) in spans.items()
    )
    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="'
        + " ".join(f"{to_x(minute, latest):.1f},{to_y(value):.1f}" for minute, value in curve)
        + '"/>'
        for colour, curve in zip(COLOURS, curves.values(), strict=False)
    )
    keys = "".join(
        f'<text x="{MARGIN + 150 * place}" y="{top + 20}" fill="{colour}">{escape(name)}</text>'
        for place, (colour, name) in enumerate(zip(COLOURS, names, strict=False))
    )
    scale = f'<text x="2" y="{bottom:.0f}">{low:.3g}</text><text x="2" y="{top + 34:.0f}">{high:.3g}</text>'
    return shades + lines + keys + scale


def draw_legend(found: list, spans: dict, latest: float) -> str:
    foot = HEIGHT * len(PANELS)
    names = "".join(
        f'<text x="{to_x(start, latest):.1f}" y="{foot + 4 + 12 * (place % 2)}">{escape(name)}</text>'
        for place, (name, (start, _)) in enumerate(spans.items())
    )
    minute = find_inflection(found, spans)
    if minute is None:
        return names
    x = to_x(minute, latest)
    return names + (
        f'<path d="M{x:.1f} 26V{foot - 14}" stroke="#a33" stroke-dasharray="4 3"/>'
        f'<text x="{x - 4:.1f}" y="14" text-anchor="end" fill="#a33">inflection point, {minute:.0f} minutes</text>'
    )


def to_x(minute: float, latest: float) -> float:
    return MARGIN + (WIDTH - 1.5 * MARGIN) * minute / latest


if __name__ == "__main__":
    main()
