"""Blur is read off kernels: how far they spread, and where they are looked for."""

import cv2
import numpy as np
import pytest
import torch

from imaging.deblurring import shake
from tests.imaging.deblurring.test_edges import scene, smear


def kernel(points, size=33):
    grid = torch.zeros(size, size)
    for row, column in points:
        grid[row, column] += 1
    return grid / grid.sum()


def test_a_point_has_no_spread():
    assert shake.measure_deviation(kernel([(16, 16)])) == 0


@pytest.mark.parametrize("direction", [(0, 1), (1, 0), (1, 1)])
def test_a_straight_motion_has_the_spread_of_its_length_whatever_its_direction(direction):
    points = [(12 + place * direction[0], 12 + place * direction[1]) for place in range(9)]
    step = np.hypot(*direction)
    assert shake.measure_deviation(kernel(points)) == pytest.approx(step * np.std(range(9)), rel=1e-4)


def test_faint_light_far_out_does_not_count():
    faint = kernel([(16, 16)])
    faint[0, 0] = 0.01
    assert shake.measure_deviation(faint) == 0


def test_the_windows_with_detail_are_looked_at():
    pixels = np.full((900, 1400, 3), 128, np.uint8)
    pixels[600:850, 1100:1390] = np.random.default_rng(0).integers(0, 256, (250, 290, 3))
    rows, columns = shake.pick_windows(pixels)[0]
    assert rows.stop > 600 and columns.stop > 1100
    assert len(shake.pick_windows(pixels)) == shake.MAX_WINDOWS


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (255, 257), (300, 200), (1000, 1000)])
def test_windows_lie_inside_pictures_of_any_shape(shape):
    for rows, columns in shake.pick_windows(np.zeros((*shape, 3), np.uint8)):
        assert 0 <= rows.start < rows.stop <= shape[0] and 0 <= columns.start < columns.stop <= shape[1]


def test_the_spread_of_a_picture_is_the_median_of_its_windows():
    distances, sizes = [0, 4, 20, 4, 24], []

    def kernels(tile):
        sizes.append(tuple(tile.shape))
        distance = distances.pop()
        return kernel([(16, 16 - distance // 2), (16, 16 + distance // 2)])[None]

    assert shake.estimate_blur(np.zeros((600, 1100, 3), np.uint8), kernels, 8, 64) == pytest.approx(2)
    assert sizes == [(1, 3, 256, 256)] * 5


def motion_of(pixels):
    """What a network would return that sees a straight motion of so many pixels everywhere."""
    points = [(16, 16 + place - pixels // 2) for place in range(pixels + 1)]
    return lambda tile: kernel(points)[None]


def test_a_shaken_picture_is_known():
    assert shake.is_shaken(smear(scene(300, 500), 3, 1), motion_of(6), 8, 64)


def test_a_picture_in_which_the_network_finds_no_motion_is_not_shaken():
    assert not shake.is_shaken(smear(scene(), 3, 1), motion_of(1), 8, 64)


@pytest.mark.parametrize("side", [120, 300, 900])
def test_a_sharp_face_before_a_soft_background_was_not_shaken(side):
    """Whatever the network says of the background."""
    pixels = cv2.GaussianBlur(scene(side, side), None, side / 50)
    face = (slice(side // 3, side // 3 + max(60, side // 5)),) * 2
    pixels[face] = scene(side, side)[face]
    assert not shake.is_shaken(pixels, motion_of(9), 8, 64)


def test_an_enlarged_picture_is_looked_at_as_it_was_before():
    sides = []

    def kernels(tile):
        sides.append(tile.shape[-1])
        return motion_of(6)(tile)

    small = smear(scene(150, 180), 5, 1)
    noisy = (small + np.random.default_rng(0).normal(0, 1, small.shape)).clip(0, 255).astype(np.uint8)
    assert shake.is_shaken(cv2.resize(noisy, (720, 600), interpolation=cv2.INTER_CUBIC), kernels, 8, 64)
    assert set(sides) == {120}


def test_a_tiny_picture_that_was_enlarged_is_left_alone():
    large = cv2.resize(scene(80, 80), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert not shake.is_shaken(large, lambda tile: pytest.fail("looked"), 8, 64)


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (3, 400), (400, 15)])
def test_no_blur_is_seen_in_a_few_pixels_whatever_the_network_says(size):
    smeared = lambda tile: kernel([(16, column) for column in range(4, 28)])[None]  # noqa: E731
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert not shake.is_shaken(pixels, smeared, 8, 64)
