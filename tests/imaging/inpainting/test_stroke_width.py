"""Which pieces of a hole are thin, and that each is filled in its own way."""

import cv2
import numpy as np
import pytest

from imaging.inpainting.stroke_width import MIN_THIN_PIXELS, THIN_SHARE, fill_by_thickness, thin

SIDE = 400
LIMIT = int(THIN_SHARE * SIDE)


def line(thick: int, top: int = 100, side: int = SIDE) -> np.ndarray:
    hole = np.zeros((side, side), bool)
    hole[top : top + thick, side // 5 : side // 2] = True
    return hole


def test_a_line_is_thin_up_to_a_share_of_the_shorter_side():
    assert np.array_equal(thin(line(LIMIT - 1)), line(LIMIT - 1))
    assert not thin(line(LIMIT + 2)).any()


def test_it_goes_with_the_size_of_the_picture_and_with_nothing_else():
    hole = np.zeros((SIDE, 2 * SIDE), np.uint8)
    cv2.polylines(hole, [np.int32([(20, 30), (300, 200), (700, 100)])], False, 1, LIMIT - 3)
    cv2.circle(hole, (400, 330), LIMIT, 1, -1)
    found = thin(hole > 0)
    assert found.any() and not np.array_equal(found, hole > 0)
    assert np.array_equal(thin(found), found)  # each piece by itself
    larger = hole.repeat(3, 0).repeat(3, 1) > 0
    assert np.array_equal(thin(larger), found.repeat(3, 0).repeat(3, 1))


def test_a_scratch_that_touches_a_thing_belongs_to_it():
    both = line(3) | line(LIMIT + 10, 103)
    assert not thin(both).any()
    apart = line(3) | line(LIMIT + 10, 104)
    assert np.array_equal(thin(apart), line(3))


def test_scratches_that_cross_stay_scratches():
    hole = np.zeros((SIDE, SIDE), np.uint8)
    for begin, end in (((30, 70), (350, 110)), ((30, 110), (350, 60)), ((300, 20), (40, 380))):
        cv2.line(hole, begin, end, 1, LIMIT - 2)
    assert cv2.distanceTransform(hole, cv2.DIST_L2, 5).max() > (LIMIT + 1) / 2
    assert np.array_equal(thin(hole > 0), hole > 0)


def test_at_the_border_where_one_side_is_known_it_counts_twice():
    assert thin(line(LIMIT - 2)).any() and not thin(line(LIMIT - 2, 0)).any()


def test_a_few_pixels_are_thin_in_any_picture():
    assert thin(line(MIN_THIN_PIXELS, 10, 60)).any()
    assert not thin(line(MIN_THIN_PIXELS + 2, 10, 60)).any()


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 300), (3, 3)])
def test_it_takes_holes_of_any_shape(shape):
    hole = np.zeros(shape, bool)
    hole[0, 0] = True
    assert thin(hole).shape == shape


def test_the_thin_pieces_come_first_and_look_at_nothing_that_is_still_missing():
    scratch, thing = line(3), line(60, 150)
    hole, calls = scratch | thing, []

    def way(value: int):
        def fill(rgb, here, barred, report):
            calls.append((value, int(here.sum()), bool((barred & ~here).any())))
            report(1.0)
            return np.full_like(rgb, value)

        return fill

    heard = []
    photo = np.full((SIDE, SIDE, 3), 7, np.uint8)
    filled = fill_by_thickness(photo, hole, np.zeros_like(hole), way(50), way(200), heard.append)
    assert (filled[scratch] == 50).all() and (filled[thing] == 200).all() and (filled[~hole] == 7).all()
    assert [value for value, *_ in calls] == [50, 200]
    assert calls[0][1] > scratch.sum()  # the thing, where it lies in the crop, is missing as well
    assert calls[1][1] == thing.sum() and calls[1][2]  # the scratch is there, but must not be copied
    assert heard == sorted(heard) and heard[-1] == 1.0
