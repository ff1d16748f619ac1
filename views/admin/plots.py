"""The geometry of the plots: numbers in, rectangles out. The templates draw them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160
GAP = 3


@dataclass(frozen=True)
class Bar:
    """One rectangle in units of the plot; `kind` is the place of its number in the stack."""

    x: float
    y: float
    width: float
    height: float
    kind: int


@dataclass(frozen=True)
class Plot:
    """Bars, and the round number that the top of the plot stands for."""

    bars: tuple[Bar, ...]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def draw_columns(numbers: Sequence[int], kind: int = 0) -> Plot:
    """One bar of this kind for each number."""
    return draw_stacks([(0,) * kind + (number,) for number in numbers])


def draw_stacks(rows: Sequence[Sequence[int]]) -> Plot:
    """For each row, bars for its numbers standing on each other, the first one lowest."""
    top = round_up(max((sum(row) for row in rows), default=0))
    step = WIDTH / max(1, len(rows))
    bars = []
    for place, row in enumerate(rows):
        ground = float(HEIGHT)
        for kind, number in enumerate(row):
            height = HEIGHT * number / top
            ground -= height
            if number:
                bars.append(
                    Bar(
                        round(place * step + GAP / 2, 2), round(ground, 2), round(step - GAP, 2), round(height, 2), kind
                    )
                )
    return Plot(tuple(bars), top)


def round_up(number: int) -> int:
    """The next of 4, 6, 8, 10, 20, 40, 60, 80, 100, 200 …: tops whose halves are whole."""
    scale = 1
    while True:
        for step in (4, 6, 8, 10, 20):
            if number <= step * scale:
                return step * scale
        scale *= 10
