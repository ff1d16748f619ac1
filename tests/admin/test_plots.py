"""The geometry of the plots."""

import pytest

from views.admin.plots import HEIGHT, WIDTH, draw_columns, draw_stacks, round_up


@pytest.mark.parametrize(
    ("number", "top"), [(0, 4), (4, 4), (5, 6), (11, 20), (21, 40), (99, 100), (401, 600), (1001, 2000)]
)
def test_the_top_is_a_round_number(number, top):
    assert round_up(number) == top


def test_bars_stand_on_the_ground_and_on_each_other():
    plot = draw_stacks([(10, 5, 5), (0, 0, 20)])
    lowest, middle, upper, alone = plot.bars
    assert lowest.y + lowest.height == HEIGHT and alone.y + alone.height == HEIGHT
    assert middle.y + middle.height == lowest.y and upper.y + upper.height == middle.y
    assert upper.y == alone.y == 0
    assert [bar.kind for bar in plot.bars] == [0, 1, 2, 2]


def test_bars_stay_within_the_plot():
    plot = draw_columns(range(30))
    assert all(0 <= bar.x and bar.x + bar.width <= WIDTH and bar.y >= 0 for bar in plot.bars)


def test_nothing_is_drawn_for_nothing():
    assert draw_columns([0] * 30).bars == () and draw_columns([]).bars == ()
