"""Boxes around a head, and the parts of a photo that they cut."""

import numpy as np
import pytest

from imaging.idphoto.framing import (
    Box,
    Wanted,
    compute_rotation,
    cut,
    cut_out,
    fit_inside,
    pick_nearest,
    place_around,
    shows,
)
from imaging.idphoto.heads import Head

PASSPORT = Wanted(35, 45, (32, 36), 4)


def alpha_with(head: Head, height: int = 900, width: int = 700, side: str = "") -> np.ndarray:
    """An outline that is cut off below, and with `side` also there."""
    alpha = np.zeros((height, width), np.uint8)
    alpha[round(head.crown) :, round(head.centre) - 100 : round(head.centre) + 100] = 255
    if side == "left":
        alpha[round(head.crown) + 50 :, :200] = 255
    return alpha


def test_the_head_is_placed_as_the_document_asks_for():
    head = Head(crown=200, chin=540, centre=350)
    box = place_around(head, PASSPORT, alpha_with(head), may_reach_out=False)
    millimetre = box.height / 45
    assert box.width / box.height == pytest.approx(35 / 45)
    assert head.height / millimetre == pytest.approx(34)
    assert (head.crown - box.top) / millimetre == pytest.approx(4)
    assert box.left + box.width / 2 == pytest.approx(head.centre)


def test_where_there_is_little_room_the_head_becomes_as_large_as_allowed_and_no_larger():
    head = Head(crown=60, chin=400, centre=170)
    box = place_around(head, PASSPORT, alpha_with(head), may_reach_out=False)
    assert box.left == pytest.approx(0, abs=1e-6) and 34 < head.height / (box.height / 45) <= 36
    assert place_around(Head(60, 400, 150), PASSPORT, alpha_with(Head(60, 400, 150)), may_reach_out=False) is None


def test_before_a_new_background_the_box_may_leave_the_photo_where_nobody_is_cut_off():
    head = Head(crown=10, chin=350, centre=130)
    box = place_around(head, PASSPORT, alpha_with(head), may_reach_out=True)
    assert box.top < 0 and box.left < 0
    assert place_around(head, PASSPORT, alpha_with(head, side="left"), may_reach_out=True) is None


def test_a_photo_that_ends_at_the_chin_is_refused():
    head = Head(crown=100, chin=440, centre=350)
    assert place_around(head, PASSPORT, alpha_with(head, height=450), may_reach_out=True) is None


def test_a_drawn_frame_keeps_its_middle_and_takes_the_aspect():
    box = fit_inside((0.25, 0.2, 0.5, 0.6), 0.5, 1000, 2000)
    assert (box.width, box.height) == (300, 600)
    assert box.left + box.width / 2 == 1000 and box.top + box.height / 2 == 500


def test_a_part_is_cut_at_the_exact_size_and_place():
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[20:60, 30:70] = 255
    part = cut(rgb, Box(30, 20, 40, 40), (80, 80))
    assert part.shape == (80, 80, 3) and (part > 127).all() and (part[8:-8, 8:-8] == 255).all()
    assert cut(rgb, Box(99.5, 99.5, 0.5, 0.5), (35, 45)).shape == (35, 45, 3)


def test_beyond_the_photo_there_is_the_new_background():
    rgb, alpha = np.full((50, 50, 3), 90, np.uint8), np.full((50, 50), 255, np.uint8)
    result = cut_out(rgb, alpha, Box(-50, -50, 100, 100), (100, 100), lambda rows: np.array([9, 200, 30], np.uint8))
    assert (result[:45, :45] == (9, 200, 30)).all() and (result[-45:, -45:] == 90).all()


def test_dark_hair_at_the_photos_upper_edge_gets_no_halo_from_what_is_not_there():
    rgb, alpha = np.full((120, 120, 3), 240, np.uint8), np.zeros((120, 120), np.uint8)
    alpha[8:, 40:80], alpha[7, 40:80] = 255, 128
    rgb[8:, 40:80], rgb[7, 40:80] = 20, 130
    result = cut_out(rgb, alpha, Box(20, -40, 80, 120), (120, 80), lambda rows: np.zeros(3, np.uint8))
    assert result[47, 22:58].max() < 20


@pytest.mark.parametrize("reduction", [1, 4])
def test_a_box_that_ends_where_the_photo_ends_shows_nothing_from_beyond(reduction):
    rgb, alpha = np.full((200, 200, 3), 30, np.uint8), np.full((200, 200), 255, np.uint8)
    shape = 120 // reduction, 100 // reduction
    result = cut_out(rgb, alpha, Box(50, 80, 100, 120), shape, lambda rows: np.full(3, 255, np.uint8))
    assert (result == 30).all()


def test_a_box_shows_somebody_or_nobody():
    alpha = np.zeros((100, 100), np.uint8)
    alpha[50:, 40:60] = 255
    assert shows(alpha, Box(-10, 20, 90, 90))
    assert not shows(alpha, Box(0, 0, 30, 40)) and not shows(alpha, Box(-50, -50, 20, 20))


def eyes_height(head: Head, box: Box, wanted: Wanted) -> float:
    return (box.top + box.height - head.eyes) / (box.height / wanted.height)


def test_eyes_that_would_be_too_low_are_raised_by_a_little_less_space_above():
    head, wanted = Head(200, 540, 350, eyes=200 + 0.56 * 340), Wanted(35, 45, (32, 36), 4, eyes=(22.5, 31.5))
    box = place_around(head, wanted, alpha_with(head), may_reach_out=False)
    millimetre = box.height / 45
    assert 22.5 <= eyes_height(head, box, wanted) <= 23
    assert 32 <= head.height / millimetre <= 36 and 2 <= (head.crown - box.top) / millimetre < 4


def test_eyes_in_their_place_change_nothing_and_impossible_ones_neither():
    wanted = Wanted(35, 45, (32, 36), 4, eyes=(22.5, 31.5))
    for share in (0.5, 0.9):
        head = Head(200, 540, 350, eyes=200 + share * 340)
        box = place_around(head, wanted, alpha_with(head), may_reach_out=False)
        assert box == place_around(Head(200, 540, 350), wanted, alpha_with(head), may_reach_out=False)


def test_eyes_are_set_right_within_the_room_there_is():
    head = Head(crown=200, chin=540, centre=350, eyes=200 + 0.56 * 340)
    wanted = Wanted(35, 45, (32, 36), 4, eyes=(22.5, 31.5))
    height = 200 + round(340 / 34 * 41)  # the usual placing ends where the photo does
    box = place_around(head, wanted, alpha_with(head, height=height), may_reach_out=False)
    assert box.top + box.height <= height + 1e-6 and eyes_height(head, box, wanted) >= 22.5


def test_the_nearest_pixels_of_a_box_are_the_photos_own_and_what_lies_beyond_is_told():
    pixels = np.arange(80 * 60, dtype=np.uint16).reshape(80, 60)
    found, outside = pick_nearest(pixels, Box(10, 20, 30, 40), (40, 30))
    assert np.array_equal(found, pixels[20:60, 10:40]) and not outside.any()
    half, _ = pick_nearest(pixels, Box(10, 20, 30, 40), (20, 15))
    assert set(half.ravel()) <= set(pixels[20:60, 10:40].ravel()) and half.shape == (20, 15)
    beyond, outside = pick_nearest(pixels, Box(-5, 0, 10, 10), (10, 10))
    assert outside[:, :5].all() and not outside[:, 5:].any()
    assert np.array_equal(beyond[:, 5:], pixels[:10, :5])


def test_the_nearest_pixels_of_a_photo_that_was_turned_are_looked_up_where_they_were():
    pixels = np.arange(61 * 61, dtype=np.uint16).reshape(61, 61)
    move = compute_rotation(np.array([30.0, 30.0]), 90)
    found, outside = pick_nearest(pixels, Box(0, 0, 61, 61), (61, 61), move)
    assert not outside.any()
    assert any(np.array_equal(found, np.rot90(pixels, quarters)) for quarters in (1, 3))
