"""Blur is read off kernels: how far they spread, and where they are looked for."""

import numpy as np
import pytest
import torch

from imaging.deblurring import shake


def kernel(points, size=33):
    grid = torch.zeros(size, size)
    for row, column in points:
        grid[row, column] += 1
    return grid / grid.sum()


def test_a_point_has_no_spread():
    assert shake.deviation(kernel([(16, 16)])) == 0


@pytest.mark.parametrize("direction", [(0, 1), (1, 0), (1, 1)])
def test_a_straight_motion_has_the_spread_of_its_length_whatever_its_direction(direction):
    points = [(12 + place * direction[0], 12 + place * direction[1]) for place in range(9)]
    step = np.hypot(*direction)
    assert shake.deviation(kernel(points)) == pytest.approx(step * np.std(range(9)), rel=1e-4)


def test_faint_light_far_out_does_not_count():
    faint = kernel([(16, 16)])
    faint[0, 0] = 0.01
    assert shake.deviation(faint) == 0


def test_the_windows_with_detail_are_looked_at():
    pixels = np.full((900, 1400, 3), 128, np.uint8)
    pixels[600:850, 1100:1390] = np.random.default_rng(0).integers(0, 256, (250, 290, 3))
    rows, columns = shake.windows(pixels)[0]
    assert rows.stop > 600 and columns.stop > 1100
    assert len(shake.windows(pixels)) == shake.MAX_WINDOWS


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (255, 257), (300, 200), (1000, 1000)])
def test_windows_lie_inside_pictures_of_any_shape(shape):
    for rows, columns in shake.windows(np.zeros((*shape, 3), np.uint8)):
        assert 0 <= rows.start < rows.stop <= shape[0] and 0 <= columns.start < columns.stop <= shape[1]


def test_the_spread_of_a_picture_is_the_median_of_its_windows():
    distances, sizes = [0, 4, 20, 4, 24], []

    def kernels(tile):
        sizes.append(tuple(tile.shape))
        distance = distances.pop()
        return kernel([(16, 16 - distance // 2), (16, 16 + distance // 2)])[None]

    assert shake.estimate_blur(np.zeros((600, 1100, 3), np.uint8), kernels, 8, 64) == pytest.approx(2)
    assert sizes == [(1, 3, 256, 256)] * 5
