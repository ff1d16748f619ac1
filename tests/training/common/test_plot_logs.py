from xml.etree import ElementTree

from training.common import plot_logs


def test_a_sheet_has_a_panel_for_each_figure_and_a_line_for_each_log():
    lines = {
        "one": [{"minutes": m, "loss": 5 - m, "gain": m} for m in range(4)],
        "two & more": [{"minutes": m, "loss": 4 - m} for m in range(4)],
    }
    drawn = ElementTree.fromstring(plot_logs.draw_sheet(lines, ["loss", "gain"]))
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "loss: 1 to 5" in texts and "gain: 0 to 3" in texts and "two & more" in texts
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 4


def test_many_values_are_smoothed_and_few_are_not():
    few = [{"minutes": m, "loss": m % 2} for m in range(10)]
    many = [{"minutes": m, "loss": m % 2} for m in range(100)]
    assert plot_logs.smooth_points(few, "loss")[3] == (3, 1)
    assert 0.4 < plot_logs.smooth_points(many, "loss")[50][1] < 0.6
