"""What can stand behind a person."""

import numpy as np
import pytest

from imaging.io.files import Picture
from imaging.matting.backgrounds import blur_background, draw_gradient, fill_solid

PHOTO = Picture(np.full((90, 120, 3), (30, 160, 60), np.uint8))
ALL = slice(0, 90)


def test_a_colour_is_that_colour():
    assert (fill_solid("#123456", PHOTO)(ALL) == (0x12, 0x34, 0x56)).all()


@pytest.mark.parametrize("direction", ["down", "right", "diagonal", "middle"])
def test_a_gradient_goes_from_the_first_colour_to_the_second(direction):
    pixels = draw_gradient("#000000", "#ffffff", direction, PHOTO)(ALL).astype(int)
    start, end = {
        "down": (pixels[0], pixels[-1]),
        "right": (pixels[:, 0], pixels[:, -1]),
        "diagonal": (pixels[0, 0], pixels[-1, -1]),
        "middle": (pixels[44:46, 59:61], pixels[0, 0]),
    }[direction]
    assert start.max() <= 6 and end.min() >= 249


def test_a_gradient_does_not_depend_on_how_its_rows_are_asked_for():
    backdrop = draw_gradient("#204060", "#306080", "down", PHOTO)
    joined = np.concatenate([backdrop(slice(start, min(start + 32, 90))) for start in range(0, 90, 32)])
    assert np.array_equal(joined, backdrop(ALL))


def test_a_slow_gradient_has_no_bands():
    pixels = draw_gradient("#606060", "#646464", "down", Picture(np.zeros((400, 64, 3), np.uint8)))(slice(0, 400))
    whole_rows = [row for row in pixels[:, :, 0] if np.ptp(row) == 0]
    assert len(whole_rows) < 200  # without the dither it would be all of them
    assert np.abs(np.diff(pixels[:, :, 0].reshape(25, 16, 64).mean(axis=(1, 2)))).max() < 0.3


def test_a_blurred_background_has_no_glow_of_the_person():
    pixels, alpha = np.full((200, 300, 3), (30, 160, 60), np.uint8), np.zeros((200, 300), np.uint8)
    pixels[60:, 100:200], alpha[60:, 100:200] = (255, 0, 0), 255
    behind = blur_background(Picture(pixels), alpha, 0.02)(slice(0, 200)).astype(int)
    assert np.abs(behind - (30, 160, 60)).max() <= 2


def test_a_blurred_background_keeps_its_light_and_loses_its_detail():
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    behind = blur_background(Picture(noise), np.zeros((200, 300), np.uint8), 0.02)(slice(0, 200)).astype(float)
    assert behind.std() < 0.15 * noise.std()
    assert np.mean(behind**2) == pytest.approx(np.mean(noise.astype(float) ** 2), rel=0.03)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
def test_thin_photos_pass_and_so_does_one_that_is_all_person(shape):
    behind = blur_background(Picture(np.full((*shape, 3), 99, np.uint8)), np.full(shape, 255, np.uint8), 0.04)
    assert behind(slice(0, shape[0])).shape == (*shape, 3)
