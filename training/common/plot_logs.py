"""Draw the logs of runs: `python -m training.common.plot_logs LOG... --figures NAME... --out FILE.svg`.

One panel for each figure, one line for each log of training/logs, over the minutes of the run: an SVG that needs
nothing but a browser. Figures that a recipe writes at every few steps are smoothed by a running mean.
"""

import json
from html import escape
from pathlib import Path

from training.common.arguments import build_parser
from training.common.run import LOGS

WIDTH, HEIGHT, MARGIN = 420, 260, 46
COLOURS = ("#2563a8", "#b4531f", "#3d7a36", "#7a3d77")
SMOOTHED = 9  # values of a running mean, where there are many


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("logs", nargs="+", help="names of logs, without .jsonl")
    parser.add_argument("--figures", nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    lines = {name: read_rows(LOGS / f"{name}.jsonl") for name in arguments.logs}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(draw_sheet(lines, arguments.figures), encoding="utf-8")


def read_rows(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def draw_sheet(lines: dict[str, list[dict[str, float]]], figures: list[str]) -> str:
    """Return an SVG with a panel for each figure, side by side."""
    panels = [draw_panel(lines, figure, place * WIDTH) for place, figure in enumerate(figures)]
    legend = [
        f'<text x="{MARGIN + 150 * place}" y="{HEIGHT + 14}" fill="{colour}">{escape(name)}</text>'
        for place, (name, colour) in enumerate(zip(lines, COLOURS, strict=False))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(figures)} {HEIGHT + 24}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(panels)}{''.join(legend)}</svg>\n"
    )


def draw_panel(lines: dict[str, list[dict[str, float]]], figure: str, left: float) -> str:
    """Return one panel: axes with their least and greatest values, and the curves."""
    curves = {name: smooth_points(found, figure) for name, found in lines.items()}
    everything = [point for curve in curves.values() for point in curve]
    if not everything:
        return ""
    latest = max(minutes for minutes, _ in everything) or 1.0
    low, high = (extreme(value for _, value in everything) for extreme in (min, max))
    span = (high - low) or 1.0

    def to_xy(minutes: float, value: float) -> str:
        x = left + MARGIN + (WIDTH - 1.5 * MARGIN) * minutes / latest
        y = HEIGHT - MARGIN - (HEIGHT - 1.7 * MARGIN) * (value - low) / span
        return f"{x:.1f},{y:.1f}"

    drawn = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{" ".join(to_xy(*p) for p in curve)}"/>'
        for curve, colour in zip(curves.values(), COLOURS, strict=False)
    )
    (near, bottom), (far, top) = to_xy(0, low).split(","), to_xy(latest, high).split(",")
    return (
        f'<path d="M{near} {top}V{bottom}H{far}" fill="none" stroke="#888"/>{drawn}'
        f'<text x="{near}" y="{float(top) - 8}">{escape(figure)}: {low:.3g} to {high:.3g}</text>'
        f'<text x="{far}" y="{float(bottom) + 16}" text-anchor="end">{latest:.0f} minutes</text>'
    )


def smooth_points(found: list[dict[str, float]], figure: str) -> list[tuple[float, float]]:
    """Return (minutes, value) of every row that has the figure, smoothed where there are many."""
    raw = [(row["minutes"], row[figure]) for row in found if figure in row]
    if len(raw) < 4 * SMOOTHED:
        return raw
    near = SMOOTHED // 2
    windows = [raw[max(0, place - near) : place + near + 1] for place in range(len(raw))]
    return [(raw[place][0], sum(v for _, v in window) / len(window)) for place, window in enumerate(windows)]


if __name__ == "__main__":
    main()
