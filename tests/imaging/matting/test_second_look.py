"""Which parts of a photo are worth a second look, and how its output is put into the mask."""

import numpy as np
import pytest

from imaging.matting.second_look import (
    MAX_CROPS,
    MAX_MASK_SIDE,
    MAX_TILES,
    MIN_CROP_PIXELS,
    Box,
    cut_tiles,
    find_crops,
    join,
    merge,
)

SIZE = (400, 600)  # of the photo; the mask below has half of it


def look(*regions, shape=(200, 300)):
    mask = np.zeros(shape, np.float32)
    for rows, columns, value in regions:
        mask[slice(*rows), slice(*columns)] = value
    return mask


def covers(crop, top, left, bottom, right):
    return crop.top <= top and crop.left <= left and crop.bottom >= bottom and crop.right >= right


def test_a_person_who_is_sure_and_tall_needs_no_second_look():
    assert find_crops(look(((40, 200), (100, 160), 0.97)), SIZE) == []
    assert find_crops(look(), SIZE) == []


@pytest.mark.parametrize(("rows", "value"), [((80, 140), 0.97), ((40, 180), 0.3)])
def test_who_is_small_or_faint_is_seen_again_in_a_square_around_the_person(rows, value):
    [crop] = find_crops(look((rows, (100, 130), value)), SIZE)
    assert covers(crop, 2 * rows[0], 200, 2 * rows[1], 260)
    height, width = crop.size
    assert width == pytest.approx(height, abs=1) or height == SIZE[0]
    assert height < 1.5 * 2 * (rows[1] - rows[0])


def test_a_crop_stays_in_the_photo_and_has_enough_pixels():
    [crop] = find_crops(look(((0, 20), (290, 300), 0.5)), (100, 150))
    assert crop.top == 0 and crop.right == 150 and crop.size == (MIN_CROP_PIXELS, MIN_CROP_PIXELS)


def test_the_mask_of_an_upright_photo_is_a_square_and_the_crop_has_the_photos_proportions():
    [crop] = find_crops(look(((50, 100), (50, 100), 0.9), shape=(200, 200)), (800, 400))
    assert covers(crop, 200, 100, 400, 200) and crop.size == (260, 260)


def test_at_most_three_are_seen_again_the_largest_first_and_specks_never():
    people = [((50, 90 + 5 * number), (10 + 50 * number, 30 + 50 * number), 0.4) for number in range(5)]
    crops = find_crops(look(*people), SIZE)
    assert len(crops) == MAX_CROPS and covers(crops[0], 100, 420, 220, 460)
    person, speck = ((60, 160), (100, 150), 0.5), ((5, 12), (5, 12), 0.9)
    assert len(find_crops(look(person, speck), SIZE)) == 1


def test_what_fills_the_photo_is_not_seen_again():
    assert find_crops(look(((2, 198), (4, 296), 0.4)), SIZE) == []


def test_crops_that_show_the_same_are_one():
    assert len(find_crops(look(((50, 120), (100, 110), 0.5), ((50, 120), (115, 125), 0.5)), SIZE)) == 1


def test_without_a_second_look_the_mask_is_what_it_was():
    mask = look(((40, 200), (100, 160), 0.97))
    assert merge(mask, SIZE, [], []) is mask


def test_what_the_second_look_finds_is_added_where_it_looked_and_nothing_is_lost():
    mask = look(((80, 120), (100, 120), 0.3), ((20, 190), (200, 280), 0.9))
    output = np.zeros((64, 64), np.float32)
    output[16:48, 16:48] = 0.95
    merged = merge(mask, SIZE, [Box(120, 160, 280, 320)], [output])
    assert merged.shape == mask.shape  # the crop has no more detail than the mask
    assert merged[100, 120] == pytest.approx(0.95, abs=0.01) and merged[100, 240] == pytest.approx(0.9)
    assert (merged >= mask - 1e-6).all()


def test_the_merged_mask_is_fine_enough_for_the_crop_and_no_finer_than_allowed():
    mask, output = look(), np.ones((160, 160), np.float32)
    assert merge(mask, SIZE, [Box(0, 0, 160, 160)], [output]).shape == (400, 600)
    assert max(merge(mask, (4000, 6000), [Box(0, 0, 100, 100)], [output]).shape) == MAX_MASK_SIDE


def test_the_seam_of_a_crop_is_soft_inside_the_photo_and_none_at_its_edge():
    merged = merge(look(), SIZE, [Box(0, 200, 200, 400)], [np.ones((100, 100), np.float32)])
    row, column = merged[50], merged[:, 150]
    assert np.abs(np.diff(row)).max() < 0.2 and row[150] == 1 and row[90] == 0
    assert column[0] == 1 and column[150] == 0


@pytest.mark.parametrize("size", [(320, 240), (300, 300), (300, 400), (720, 1280), (200, 400), (100, 300), (100, 600)])
def test_tiles_cover_the_photo_and_are_few(size):
    boxes, covered = cut_tiles(size), np.zeros(size, bool)
    for box in boxes:
        assert box.size[0] == box.size[1] and min(box.top, box.left) >= 0
        covered[box.rows, box.columns] = True
    assert covered.all() and 1 < len(boxes) <= MAX_TILES


def test_a_strip_of_a_photo_is_not_looked_at_tile_by_tile():
    assert cut_tiles((100, 2000)) == []


def test_what_is_seen_in_a_tile_lies_in_the_mask_where_the_tile_does():
    boxes = [Box(0, 0, 100, 100), Box(0, 80, 100, 180)]
    mask = join((100, 180), boxes, [np.zeros((50, 50), np.float32), np.ones((50, 50), np.float32)])
    assert mask.shape == (50, 90) and mask[25, 70] == 1 and mask[25, 10] == 0
