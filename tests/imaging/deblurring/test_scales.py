"""A long blur is looked for in smaller copies, and what is done there comes back without a loss of detail."""

import numpy as np
import pytest

from imaging.deblurring import scales, shake
from tests.imaging.deblurring.test_edges import scene, smear

SIDE = 520
SMEARED = smear(scene(SIDE, SIDE), 5, 5)


@pytest.mark.parametrize("deviation, factor", [(2.0, 1), (4.5, 1), (7.0, 2), (14.0, 4), (90.0, 4)])
def test_the_largest_copy_in_which_the_blur_is_within_reach_is_taken(monkeypatch, deviation, factor):
    """The estimate of what is beyond reach is too small, as that of the network is."""
    seen = lambda copy, *rule: min(8.0, deviation * copy.shape[1] / SIDE)  # noqa: E731
    monkeypatch.setattr(shake, "estimate_blur", seen)
    monkeypatch.setattr(scales.edges, "is_sharp_somewhere", lambda *found: False)
    assert scales.choose_factor(SMEARED, lambda tile: tile, 8, 64) == factor


def test_a_copy_with_sharp_edges_is_not_taken(monkeypatch):
    monkeypatch.setattr(shake, "estimate_blur", lambda copy, *rule: 9.0)
    assert scales.choose_factor(scene(SIDE, SIDE), lambda tile: tile, 8, 64) == 1
    assert scales.choose_factor(SMEARED, lambda tile: tile, 8, 64) > 1


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (255, 130)])
def test_no_change_in_a_copy_is_none_in_the_picture(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    small = scales.shrink(pixels, 4)
    assert np.array_equal(scales.add_change(pixels, small, small), pixels)


def test_a_change_is_enlarged_and_the_pictures_own_detail_kept():
    pixels = np.random.default_rng(0).integers(60, 190, (80, 60, 3), dtype=np.uint8)
    small = scales.shrink(pixels, 4)
    changed = scales.add_change(pixels, small, small + np.uint8(9))
    assert np.array_equal(changed, pixels + np.uint8(9))
