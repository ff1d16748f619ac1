"""A person who was cut out, elsewhere, larger or smaller, and their shadow."""

import numpy as np
import pytest

from imaging.matting import matte, placing

RGB = np.random.default_rng(3).integers(0, 256, (60, 90, 3), dtype=np.uint8)
ALPHA = np.zeros((60, 90), np.uint8)
ALPHA[20:50, 30:50] = 255
NOT = 1, (0, 0)


def test_the_neutral_place_is_the_picture_itself():
    colours, alpha = placing.place_person(RGB, ALPHA, *NOT)
    assert colours is RGB and alpha is ALPHA
    assert placing.cast_shadow(ALPHA, 0) is None
    assert np.array_equal(placing.add_shadow(RGB, ALPHA, None), np.dstack([RGB, ALPHA]))


def test_a_moved_person_keeps_each_pixel_and_is_cut_off_at_the_edge():
    colours, alpha = placing.place_person(RGB, ALPHA, 1, (0.1, -0.5))
    assert np.array_equal(alpha[:20, 39:59], ALPHA[30:50, 30:50]) and alpha.sum() == 255 * 400
    assert np.array_equal(colours[:20, 39:59], RGB[30:50, 30:50])


@pytest.mark.parametrize("scale, across, down", [(0.5, (35, 45), (35, 50)), (1.5, (25, 55), (5, 50))])
def test_a_person_grows_and_shrinks_from_where_they_stand(scale, across, down):
    colours, alpha = placing.place_person(np.full_like(RGB, 200), ALPHA, scale, (0, 0))
    rows, columns = (np.flatnonzero((alpha > 127).any(axis)) for axis in (1, 0))
    assert (columns[0], columns[-1] + 1) == pytest.approx(across, abs=1)
    assert (rows[0], rows[-1] + 1) == pytest.approx(down, abs=1)
    assert np.abs(colours[alpha > 20].astype(int) - 200).max() <= 6 and not colours[alpha == 0].any()


@pytest.mark.parametrize("scale", [1, 0.2, 3])
def test_who_is_moved_out_of_the_picture_leaves_nothing(scale):
    assert not placing.place_person(RGB, ALPHA, scale, (-4, 0))[1].any()


def test_a_shadow_darkens_what_is_behind_and_nothing_of_the_person():
    shadow = placing.cast_shadow(ALPHA, 0.5)
    laid = matte.composite(RGB, ALPHA, placing.darken(lambda rows: np.full(3, 240, np.uint8), shadow))
    assert np.array_equal(laid[ALPHA > 0], RGB[ALPHA > 0])
    assert laid[51, 40, 0] < 200 and laid[5, 80, 0] == 240
    assert laid[51, 40, 0] < laid[18, 40, 0]  # it lies below


def test_a_shadow_on_nothing_is_black_and_half_transparent():
    pixels = placing.add_shadow(RGB, ALPHA, placing.cast_shadow(ALPHA, 0.5))
    assert np.array_equal(pixels[ALPHA == 255], np.dstack([RGB, ALPHA])[ALPHA == 255])
    assert 20 < pixels[51, 40, 3] < 128 and not pixels[51, 40, :3].any()
