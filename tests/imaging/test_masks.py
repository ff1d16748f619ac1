"""What people draw or upload becomes a map of the places that they mean."""

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging.io.files import Picture, decode
from imaging.masks import (
    UnusableMask,
    check_strength,
    feather_mask,
    grow_mask,
    invert_mask,
    read_mask,
    resize_mask,
    threshold_mask,
)
from tests.imaging.pictures import save


def square(side: int = 20, start: int = 8, stop: int = 12) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[start:stop, start:stop] = 255
    return mask


def photo(height: int = 60, width: int = 80) -> np.ndarray:
    """Something with shapes in it, uint8 (height, width, 3)."""
    down, across = np.mgrid[:height, :width]
    noise = np.random.default_rng(0).integers(0, 40, (height, width, 3))
    return (np.dstack([down * 2, across * 2, 60 + 40 * np.sin(across / 9)]) % 200 + noise).astype(np.uint8)


PHOTO = Picture(photo())
HOLE = np.zeros((60, 80), bool)
HOLE[20:30, 10:40] = True


def with_alpha(rgb: np.ndarray, alpha) -> Picture:
    return Picture(np.dstack([rgb, np.broadcast_to(np.asarray(alpha, np.uint8), rgb.shape[:2])]))


def in_grey(mask: np.ndarray) -> np.ndarray:
    return np.dstack([mask] * 3)


def test_white_is_chosen_and_black_is_not():
    assert np.array_equal(read_mask(Picture(in_grey(square())), PHOTO), square())


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 0), (90, 90, 90)])
def test_opaque_paint_of_any_colour_is_chosen(colour):
    paint = np.zeros((20, 20, 3), np.uint8) + np.uint8(colour)
    assert np.array_equal(read_mask(with_alpha(paint, square()), PHOTO), square())


def test_paint_of_several_colours_on_a_transparent_sheet_is_all_chosen():
    paint = in_grey(square())
    paint[8:10, 8:12] = (250, 20, 20)
    paint[10:12, 8:12] = (20, 20, 250)
    assert np.array_equal(read_mask(with_alpha(paint, square()), PHOTO), square())


@pytest.mark.parametrize("clear", [1, 40, 200])
def test_black_and_white_decides_however_many_pixels_are_clear(clear):
    alpha = np.full(400, 255, np.uint8)
    alpha[:clear] = 0
    mask = read_mask(with_alpha(in_grey(square()), alpha.reshape(20, 20)), PHOTO)
    assert np.array_equal(mask, np.where(alpha.reshape(20, 20) > 0, square(), 0))


def test_black_and_white_decides_under_an_even_veil_and_with_soft_edges():
    soft = np.clip(grow_mask(square(), 2).astype(int) - 60 * (square() == 0), 0, 255).astype(np.uint8)
    for alpha in (200, 254):
        assert np.array_equal(threshold_mask(read_mask(with_alpha(in_grey(soft), alpha), PHOTO)), threshold_mask(soft))


@pytest.mark.parametrize("scale", [1, 2, 0.5])
def test_the_hole_in_a_copy_of_the_photo_is_the_hole(scale):
    copy = Image.fromarray(np.dstack([photo(), np.where(HOLE, 0, 255).astype(np.uint8)]))
    copy = np.asarray(copy.resize((round(80 * scale), round(60 * scale)), Image.Resampling.BILINEAR))
    mask = resize_mask(read_mask(Picture(copy), PHOTO), 60, 80)
    assert (threshold_mask(mask) ^ HOLE).mean() < 0.02
    kept = resize_mask(read_mask(Picture(copy), PHOTO, keeps=True), 60, 80)
    assert (threshold_mask(kept) ^ ~HOLE).mean() < 0.02


@pytest.mark.parametrize("hidden", [0, 255])
def test_one_clear_pixel_in_a_copy_of_the_photo_is_a_hole_of_one_pixel(hidden):
    pixels = np.dstack([photo(), np.full((60, 80), 255, np.uint8)])
    pixels[7, 9] = (hidden, hidden, hidden, 0)
    mask = read_mask(Picture(pixels), PHOTO)
    assert mask[7, 9] == 255 and np.count_nonzero(mask) == 1


def test_what_was_transparent_in_the_photo_itself_is_no_hole():
    own = np.where(np.arange(80) < 20, 0, 255)
    alpha = np.where(HOLE, 0, own)
    mask = read_mask(with_alpha(photo(), alpha), with_alpha(photo(), own))
    assert np.array_equal(threshold_mask(mask), HOLE & (own > 0))


def test_a_copy_of_the_photo_without_a_hole_is_refused_in_words():
    for copy in (PHOTO, with_alpha(photo(), 255), with_alpha(photo(), 254)):
        with pytest.raises(UnusableMask) as caught:
            read_mask(copy, PHOTO)
        assert "copy of the photo" in caught.value.message


COLOURS = {"red": (255, 0, 0), "blue": (0, 0, 255), "a label": (128, 0, 0), "magenta": (250, 10, 240)}


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("clear", [0, 1])
def test_a_colour_on_black_is_chosen_as_white_is(colour, clear):
    mask = np.where(HOLE[:, :, None], np.uint8(colour), np.uint8(0))
    alpha = np.full(HOLE.shape, 255, np.uint8)
    alpha.flat[:clear] = 0
    upload = with_alpha(mask, alpha) if clear else Picture(mask)
    assert np.array_equal(threshold_mask(read_mask(upload, PHOTO)), HOLE)


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 200, 0)])
def test_a_colour_on_a_ground_that_is_not_black_is_refused_in_words(colour, ground):
    with pytest.raises(UnusableMask, match="in colours"):
        read_mask(Picture(np.where(HOLE[:, :, None], np.uint8(colour), np.uint8(ground))), PHOTO)


@pytest.mark.parametrize("colour", [(255, 255, 255), (255, 0, 0), (0, 0, 0)])
def test_a_copy_of_the_photo_that_is_painted_over_is_refused_in_words(colour):
    """Its bright places would be filled, and not what was painted."""
    painted = np.where(HOLE[:, :, None], np.uint8(colour), PHOTO.pixels)
    with pytest.raises(UnusableMask, match="copy of the photo"):
        read_mask(Picture(painted), PHOTO)


@pytest.mark.parametrize("label", [2, 3, 7])
def test_a_map_of_one_label_is_understood(label):
    assert np.array_equal(threshold_mask(read_mask(Picture(in_grey(HOLE * np.uint8(label))), PHOTO)), HOLE)


def test_a_mask_of_zeros_and_ones_is_understood():
    ones = square() // 255
    assert np.array_equal(read_mask(Picture(in_grey(ones)), PHOTO), square())
    assert np.array_equal(read_mask(with_alpha(in_grey(ones), 255), PHOTO), square())
    assert np.array_equal(read_mask(with_alpha(in_grey(square()), ones), PHOTO), square())


@pytest.mark.parametrize("kind", ["1", "L", "P", "I;16"])
def test_a_file_of_zeros_and_ones_is_understood_at_every_depth(kind):
    ones = square() // 255
    image = Image.fromarray(ones.astype(np.uint16) if kind == "I;16" else ones)
    if kind == "1":
        image = Image.fromarray(ones > 0)
    if kind == "P":
        image = Image.fromarray(ones).convert("P")
    assert np.array_equal(read_mask(decode(save(image, "PNG")), PHOTO), square())


def test_a_faint_mask_is_told_to_be_too_faint():
    faint = in_grey(square() // 5)
    for mask in (Picture(faint), with_alpha(np.zeros((20, 20, 3), np.uint8), square() // 4)):
        with pytest.raises(UnusableMask) as caught:
            check_strength(read_mask(mask, PHOTO))
        assert "too faint" in caught.value.message


NEARLY_ALL = np.where(np.arange(60 * 80) % 80 < 78, np.uint8(1), np.uint8(0)).reshape(60, 80)


@pytest.mark.parametrize("strength", [2, 3, 7, 8, 20, 60, 127])
@pytest.mark.parametrize("places", [NEARLY_ALL, np.ones_like(NEARLY_ALL)], ids=["nearly all", "all"])
def test_a_faint_mask_over_nearly_everything_is_told_to_be_too_faint(strength, places):
    faint = places * np.uint8(strength)
    red = np.dstack([faint, faint * 0, faint * 0])
    uploads = [Picture(in_grey(faint)), Picture(red), with_alpha(in_grey(faint), 255)]
    uploads += [with_alpha(np.zeros((60, 80, 3), np.uint8), faint), with_alpha(in_grey(faint * 0 + 255), faint)]
    if strength >= 8:
        uploads.append(with_alpha(photo(), 255 - faint))  # a hole that is hardly cut
    for upload in uploads:
        with pytest.raises(UnusableMask, match="too faint"):
            check_strength(read_mask(upload, PHOTO))


def test_a_mask_of_ones_over_nearly_everything_is_no_faint_mask():
    mask = read_mask(Picture(in_grey(NEARLY_ALL)), PHOTO)
    check_strength(mask)
    assert np.array_equal(mask, NEARLY_ALL * np.uint8(255))


def test_soft_edges_and_noise_of_compression_are_not_too_faint():
    check_strength(cv2.GaussianBlur(square(60, 20, 40), (0, 0), 5))
    check_strength(square() + np.random.default_rng(0).integers(0, 7, (20, 20)).astype(np.uint8) * (square() == 0))
    check_strength(np.zeros((9, 9), np.uint8))


def test_without_any_transparency_the_brightness_counts():
    assert np.array_equal(read_mask(with_alpha(in_grey(square()), 255), PHOTO), square())


def test_nothing_painted_on_a_transparent_sheet_chooses_nothing():
    for colour in (0, 255):
        assert not read_mask(with_alpha(np.full((20, 20, 3), colour, np.uint8), 0), PHOTO).any()


@pytest.mark.parametrize("height, width", [(5, 5), (40, 60), (1, 1), (20, 7)])
def test_a_mask_of_another_size_covers_the_whole_picture(height, width):
    mask = resize_mask(read_mask(Picture(np.full((20, 20, 3), 255, np.uint8)), PHOTO), height, width)
    assert mask.shape == (height, width) and mask.dtype == np.uint8 and (mask == 255).all()


def test_a_small_mask_keeps_its_place_on_a_large_picture():
    mask = threshold_mask(resize_mask(read_mask(Picture(in_grey(square())), PHOTO), 200, 400))
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max()) == (80, 119) and (columns.min(), columns.max()) == (160, 239)


def test_growing_reaches_as_far_as_it_says_in_every_direction():
    once = grow_mask(square(), 3)
    assert once[10, 5] == 255 and once[10, 4] == 0 and once[5, 5] == 0  # a disc, not a square
    assert np.array_equal(grow_mask(square(), 0), square())


def test_shrinking_takes_away_from_the_edge():
    assert np.array_equal(grow_mask(square(), -1), square(20, 9, 11))


def test_an_empty_mask_stays_empty_and_a_full_one_full():
    empty = np.zeros((9, 9), np.uint8)
    assert not grow_mask(empty, 5).any() and (grow_mask(invert_mask(empty), -5) == 255).all()


def test_inverting_twice_gives_the_mask_back():
    assert np.array_equal(invert_mask(invert_mask(square())), square()) and invert_mask(square())[0, 0] == 255


def test_a_grown_edge_falls_softly_to_nothing_and_the_chosen_places_count_in_full():
    weight = feather_mask(square(), 4, 3)
    assert (weight[8:12, 8:12] == 1).all() and weight[10, 7] == 1
    falling = weight[10, 4:7][::-1]
    assert (np.diff(falling) < 0).all() and (falling > 0).all() and (falling < 1).all()
    assert not weight[10, :4].any()
    assert np.array_equal(feather_mask(square(), 0, 3), square() / 255)
