"""Turning by any angle, and cutting a frame out."""

import numpy as np
import pytest
from PIL import Image

from imaging.adjusting.shape import crop, fit_upright, straighten

WHITE = Image.new("RGB", (300, 200), "white")


@pytest.mark.parametrize("degrees", [-20, -7.3, 0.1, 3, 20])
def test_a_straightened_picture_has_no_empty_corner_and_keeps_its_proportions(degrees):
    result = straighten(WHITE, degrees)
    assert np.asarray(result).min() == 255
    assert result.width / result.height == pytest.approx(1.5, abs=0.01)
    assert result.width < 300 or abs(degrees) < 0.2


def test_no_larger_picture_of_these_proportions_would_fit():
    width, height = fit_upright(3000, 2000, 10)
    sine, cosine = np.sin(np.radians(10)), np.cos(np.radians(10))
    assert width * sine + height * cosine == pytest.approx(2000, abs=2)


def test_positive_degrees_turn_clockwise_around_the_middle():
    pixels = np.zeros((201, 301, 3), np.uint8)
    pixels[100:] = 255  # a horizon through the middle
    result = np.asarray(straighten(Image.fromarray(pixels), 10))[:, :, 0]
    horizon = (result < 128).sum(0)
    slope = np.polyfit(np.arange(len(horizon)), horizon, 1)[0]
    assert slope == pytest.approx(np.tan(np.radians(10)), abs=0.01)
    assert horizon[len(horizon) // 2] == pytest.approx(result.shape[0] / 2, abs=1)


def test_transparency_is_straightened_too_and_hides_no_dark_rim():
    pixels = np.full((200, 300, 4), 255, np.uint8)
    pixels[:, :150] = (0, 0, 0, 0)
    result = np.asarray(straighten(Image.fromarray(pixels), 5))
    assert set(np.unique(result[:, :, 3])) >= {0, 255}
    assert result[result[:, :, 3] > 40][:, :3].min() > 245


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2)])
def test_the_smallest_pictures_are_straightened(size):
    assert np.asarray(straighten(Image.new("L", size, 255), 20)).min() >= 0


def test_a_frame_is_cut_out_to_the_nearest_pixel():
    pixels = np.arange(200, dtype=np.uint8).reshape(10, 20)
    result = np.asarray(crop(Image.fromarray(pixels), (0.249, 0.2, 0.5, 0.31)))
    assert np.array_equal(result, pixels[2:5, 5:15])


def test_a_frame_thinner_than_a_pixel_holds_one():
    assert crop(WHITE, (0.999, 0.999, 0.001, 0.001)).size == (1, 1)
    assert crop(WHITE, (0.0, 0.0, 1.0, 1.0)).size == WHITE.size
