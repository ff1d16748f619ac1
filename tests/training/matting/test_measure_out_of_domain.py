"""Measuring on photographs of other projects, which are known by their SHA-256."""

import hashlib
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from training.matting.measure_out_of_domain import (
    OURS,
    TABLE,
    evaluate,
    fill_outlines,
    find_files,
    format_table,
    load_photo,
)

SQUARE = [20, 20, 79, 20, 79, 79, 20, 79]
HOLE = [40, 40, 59, 40, 59, 59, 40, 59]


class Seer(torch.nn.Module):
    """Finds what is red."""

    def forward(self, rgb):
        return (rgb[:, :1] > rgb[:, 1:2] + 0.2).float()


def png(people=True):
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[..., 1] = 90
    if people:
        rgb[20:80, 20:80] = (220, 30, 30)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return out.getvalue()


def row(name, data, people=(), left_out=()):
    return {
        "file": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "shows": "a square",
        "source": "drawn",
        "people": list(people),
        "left_out": list(left_out),
    }


def test_an_outline_within_another_is_a_hole():
    mask = fill_outlines([SQUARE, HOLE], (100, 100))
    assert mask[30, 30] and not mask[50, 50] and not mask[10, 10]


def test_a_person_who_is_found_has_good_figures():
    iou, error, boundary = evaluate(Seer(), load_photo(row("a.png", png(), [SQUARE]), png()), (128,))
    assert iou > 0.95 and error < 0.02 and boundary > 0.95


def test_what_may_be_counted_either_way_is_not_counted():
    half = [20, 20, 79, 20, 79, 49, 20, 49]
    rest = [18, 49, 81, 49, 81, 81, 18, 81]
    strict = evaluate(Seer(), load_photo(row("a.png", png(), [half]), png()), (128,))
    lenient = evaluate(Seer(), load_photo(row("a.png", png(), [half], [rest]), png()), (128,))
    assert strict[0] < 0.6 and lenient[0] > 0.9


def test_a_namesake_with_other_bytes_is_not_taken(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.png").write_bytes(png())
    (tmp_path / "b.png").write_bytes(b"another")
    assert list(find_files([row("a.png", png()), row("b.png", png())], [tmp_path])) == ["a.png"]


def test_the_table_tells_of_people_and_of_pictures_without():
    rows = [row("a.png", png(), [SQUARE]), row("b.png", png(people=False)), row("c.png", png())]
    text = format_table(Seer(), rows, {"a.png": png(), "b.png": png(people=False), "c.png": png()}, (128,))
    assert "a.png: a square" in text and "mean" in text
    assert "of 2 without people nothing is taken for one in 1; taken: c.png" in text


@pytest.mark.parametrize("one", json.loads(TABLE.read_text()), ids=lambda one: one["file"])
def test_every_picture_of_the_table_is_whole_and_its_outlines_lie_in_it(one):
    width, height = one["size"]
    assert len(one["sha256"]) == 64 and one["source"] and one["shows"]
    for outline in one["people"] + one["left_out"]:
        points = np.reshape(outline, (-1, 2))
        assert (points >= 0).all() and (points < (width, height)).all()
    assert fill_outlines(one["people"], (height, width)).any() == bool(one["people"])


def test_the_demo_pictures_are_those_of_the_table():
    rows = [one for one in json.loads(TABLE.read_text()) if one["source"].startswith("docs/demo")]
    assert set(find_files(rows, [OURS])) == {one["file"] for one in rows}
