"""What a broken output looks like, and that a good one passes."""

import pytest
import torch
import torch.nn.functional as F

from imaging.deblurring import artifacts


@pytest.fixture
def source():
    torch.manual_seed(3)
    return F.interpolate(torch.rand(1, 3, 12, 16), scale_factor=8, mode="bilinear") * 0.6 + 0.2


def test_a_sharper_picture_is_no_fault(source):
    smooth = F.avg_pool2d(F.pad(source, (2, 2, 2, 2), mode="reflect"), 5, 1)
    assert artifacts.find_artifact(source, source) == ""
    assert artifacts.find_artifact(source, source + (source - smooth)) == ""


def test_a_value_that_is_no_number_is_found(source):
    restored = source.clone()
    restored[0, 1, 5, 5] = float("nan")
    assert artifacts.find_artifact(source, restored) == "not_finite"


@pytest.mark.parametrize("shift", [(0.0, 0.03, 0.0), (0.1, 0.1, 0.1), (-0.03, 0.0, 0.03)])
def test_a_colour_that_shifts_is_found(source, shift):
    assert artifacts.find_artifact(source, source + torch.tensor(shift).view(1, 3, 1, 1)) == "colour_shift"


def test_a_little_more_contrast_is_no_shift(source):
    assert artifacts.find_artifact(source, source + 0.02) == ""


@pytest.mark.parametrize("pattern", [[[1, -1], [-1, 1]], [[1, -1], [1, -1]], [[1, 1], [-1, -1]]])
def test_patterns_of_single_pixels_are_found(source, pattern):
    tiled = torch.tensor(pattern).repeat(48, 64).float()[None, None]
    assert artifacts.find_artifact(source, source + 0.05 * tiled) == "mosaic"


def test_halos_beyond_everything_around_are_found(source):
    restored = source.clone()
    restored[:, :, :, 40:44] = 1.0
    restored[:, :, :, 44:48] = 0.0
    assert artifacts.find_artifact(source, restored) == "ringing"


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 1)])
def test_tiny_tiles_are_looked_at_too(size):
    tile = torch.rand(1, 3, *size)
    assert artifacts.find_artifact(tile, tile) == ""
