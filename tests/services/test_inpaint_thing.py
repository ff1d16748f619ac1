"""A thing is found from a scribble, with its shadow; what a fill can hardly continue is said."""

import numpy as np
import pytest

from imaging.io.files import Picture
from services.base import InvalidOption
from tests.services.test_inpaint import HEIGHT, INPAINT, SCRATCH, WIDTH, mask, paint, photo, run


def test_a_scribble_grows_to_the_edges_of_the_thing_and_the_mask_says_so():
    result = run(mask=mask(38, 43, 43, 57), what="thing")
    assert result.mask[30:50, 40:60].all() and np.count_nonzero(result.mask) < 1.3 * 400
    assert not (result.picture.pixels[30:50, 40:60] == (255, 0, 255)).all(2).any()


def test_dots_all_over_are_no_scribble_so_just_they_are_filled_and_the_verdict_says_so():
    dots = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    dots[5::20, 5::12] = 255
    result = run(mask=Picture(dots), what="thing")
    assert result.verdict == "edges_unclear" and np.array_equal(result.mask, dots[:, :, 0])
    shown = run(mask=Picture(dots), what="thing", find_only=True)
    assert shown.picture is None and shown.verdict == "no_edges_found" in INPAINT.touched_up


def test_the_thing_is_shown_without_a_picture_and_filled_as_it_was_touched_up():
    scribble = mask(38, 43, 43, 57)
    shown = run(mask=scribble, what="thing", find_only=True, grow=5)
    assert shown.picture is None and shown.verdict == "thing_found" in INPAINT.touched_up
    assert np.array_equal(shown.mask, run(mask=scribble, what="thing").mask)
    touched = shown.mask.copy()
    touched[40:] = 0
    result = run(mask=scribble, what="thing", found_mask=Picture(np.dstack([touched] * 3)), find_only=True)
    assert np.array_equal(result.mask, touched)
    assert np.array_equal(result.picture.pixels[40:], photo().pixels[40:])


def test_a_shadow_is_filled_with_the_thing_where_it_is_asked_for(monkeypatch):
    shadow = np.zeros((HEIGHT, WIDTH), bool)
    shadow[50:56, 45:75] = True
    monkeypatch.setattr("services.inpaint.run.find_shadow", lambda pixels, thing: shadow)
    scribble = mask(38, 43, 43, 57)
    result, shown = (run(mask=scribble, what="thing", shadow=True, find_only=only) for only in (False, True))
    assert result.verdict == "shadow_filled" and result.mask[shadow].all()
    assert shown.verdict == "thing_and_shadow_found" in INPAINT.touched_up and shown.mask[shadow].all()
    without = run(mask=scribble, what="thing")
    assert without.verdict != "shadow_filled" and not without.mask[53:56, 65:75].any()


@pytest.mark.parametrize("option", ["mask", "found_mask"])
def test_an_empty_scribble_or_found_mask_is_refused_by_its_name(option):
    empty = {"mask": mask(), option: Picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8))}
    with pytest.raises(InvalidOption) as caught:
        run(what="thing", find_only=True, **empty)
    assert caught.value.field == option


@pytest.mark.parametrize("engine", ["automatic", "patch"])
def test_a_fill_that_cuts_a_line_or_a_face_may_not_look_right_and_says_so(monkeypatch, engine):
    pixels = photo().pixels.copy()
    pixels[36:44] = 0
    assert run(Picture(pixels), mask=mask(), engine=engine).verdict == "line_cut"
    monkeypatch.setattr("services.inpaint.warning._cuts_face", lambda rgb, hole: True)
    assert run(mask=mask(), engine=engine).verdict == "face_cut"
    assert INPAINT.verdicts["line_cut"].startswith("This may not look right")


def test_scratches_raise_no_warning(monkeypatch):
    monkeypatch.setattr("services.inpaint.warning._cuts_face", lambda rgb, hole: True)
    assert run(mask=paint(SCRATCH), engine="patch").verdict == ""
