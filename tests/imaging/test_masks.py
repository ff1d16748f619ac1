"""What people draw or upload becomes a map of the places that they mean."""

import numpy as np
import pytest

from imaging.io.files import Picture
from imaging.masks import chosen, drawn, feathered, grown, inverted


def square(side: int = 20, start: int = 8, stop: int = 12) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[start:stop, start:stop] = 255
    return mask


def test_white_is_chosen_and_black_is_not():
    assert np.array_equal(drawn(Picture(np.dstack([square()] * 3)), 20, 20), square())


def test_opaque_paint_of_any_colour_is_chosen():
    paint = np.zeros((20, 20, 4), np.uint8)
    paint[:, :, 3] = square()
    assert np.array_equal(drawn(Picture(paint), 20, 20), square())


def test_without_any_transparency_the_brightness_counts():
    opaque = np.dstack([square(), square(), square(), np.full((20, 20), 255, np.uint8)])
    assert np.array_equal(drawn(Picture(opaque), 20, 20), square())


def test_nothing_painted_on_a_transparent_sheet_chooses_nothing():
    for colour in (0, 255):
        sheet = np.full((20, 20, 4), colour, np.uint8)
        sheet[:, :, 3] = 0
        assert not drawn(Picture(sheet), 20, 20).any()


@pytest.mark.parametrize("height, width", [(5, 5), (40, 60), (1, 1), (20, 7)])
def test_a_mask_of_another_size_covers_the_whole_picture(height, width):
    full = Picture(np.full((20, 20, 3), 255, np.uint8))
    mask = drawn(full, height, width)
    assert mask.shape == (height, width) and mask.dtype == np.uint8 and (mask == 255).all()


def test_a_small_mask_keeps_its_place_on_a_large_picture():
    mask = chosen(drawn(Picture(np.dstack([square()] * 3)), 200, 400))
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max()) == (80, 119) and (columns.min(), columns.max()) == (160, 239)


def test_growing_reaches_as_far_as_it_says_in_every_direction():
    once = grown(square(), 3)
    assert once[10, 5] == 255 and once[10, 4] == 0 and once[5, 5] == 0  # a disc, not a square
    assert np.array_equal(grown(square(), 0), square())


def test_shrinking_takes_away_from_the_edge():
    assert np.array_equal(grown(square(), -1), square(20, 9, 11))


def test_an_empty_mask_stays_empty_and_a_full_one_full():
    empty = np.zeros((9, 9), np.uint8)
    assert not grown(empty, 5).any() and (grown(inverted(empty), -5) == 255).all()


def test_inverting_twice_gives_the_mask_back():
    assert np.array_equal(inverted(inverted(square())), square()) and inverted(square())[0, 0] == 255


def test_a_grown_edge_falls_softly_to_nothing_and_the_chosen_places_count_in_full():
    weight = feathered(square(), 4, 3)
    assert (weight[8:12, 8:12] == 1).all() and weight[10, 7] == 1
    falling = weight[10, 4:7][::-1]
    assert (np.diff(falling) < 0).all() and (falling > 0).all() and (falling < 1).all()
    assert not weight[10, :4].any()
    assert np.array_equal(feathered(square(), 0, 3), square() / 255)
