"""How alike places of a photo are, and how far hints reach by it."""

import numpy as np
import pytest

from imaging.colorizing.hints import spread_hints
from imaging.colorizing.likeness import DESCRIPTOR_SIZE, compare_with_dabs, describe_places
from tests.imaging.colorizing.test_hints import RED, dab_at
from tests.imaging.colorizing.test_matching import draw_things

SIZE, CELL = (96, 144), 8


@pytest.fixture
def thirds():
    """A sleeve, a shirt's front and the other sleeve: things 0, 1 and 0 again."""
    kinds = np.zeros((SIZE[0] // CELL, SIZE[1] // CELL), int)
    kinds[:, 6:12] = 1
    return describe_places(draw_things(kinds, 1))


def test_descriptors_are_small_whole_numbers_of_one_length(thirds):
    assert thirds.dtype == np.int8 and thirds.shape == (12, 18, DESCRIPTOR_SIZE)
    assert np.linalg.norm(thirds.astype(float), axis=2) == pytest.approx(127, abs=3)


def test_the_same_thing_elsewhere_is_alike_and_another_thing_is_not(thirds):
    chroma, dabbed = dab_at(SIZE, ((48, 20), RED))
    similarity, wanted = compare_with_dabs(thirds, chroma, dabbed)
    assert similarity[:, 12:].min() > 0.25 > 0.1 > similarity[:, 6:12].max()
    assert np.allclose(wanted[:, 12:], RED, atol=0.02)


def test_of_two_dabs_each_place_takes_the_colour_of_its_likes(thirds):
    chroma, dabbed = dab_at(SIZE, ((48, 20), RED), ((48, 70), -RED))
    similarity, wanted = compare_with_dabs(thirds, chroma, dabbed)
    assert similarity.min() > 0.25
    assert np.allclose(wanted[:, 12:], RED, atol=0.03) and np.allclose(wanted[:, 6:12], -RED, atol=0.03)


def test_a_hint_stays_off_what_is_as_bright_but_looks_different(thirds):
    even = np.full(SIZE, 0.5, np.float32)
    chroma, dabbed = dab_at(SIZE, ((48, 44), RED))
    free = spread_hints(even, chroma, dabbed)
    limited = free.limit_to_likes(compare_with_dabs(thirds, chroma, dabbed)[0], dabbed)
    assert free.share[:, 60:70].min() > 0.8 and limited.share[:, 60:90].max() < 0.05
    assert limited.share[40:56, 10:40].min() > 0.8 and limited.share[dabbed].min() > 0.99


def test_a_dab_smaller_than_a_place_is_compared_by_the_place_that_it_is_in(thirds):
    chroma, dabbed = np.zeros((*SIZE, 2), np.float32), np.zeros(SIZE, bool)
    dabbed[50, 20], chroma[50, 20] = True, RED
    assert compare_with_dabs(thirds, chroma, dabbed)[0][:, 12:].min() > 0.25
