"""Which colours of a reference a photo takes, and which places keep their own."""

import numpy as np
import pytest

from imaging.colorizing.matching import Matches, blend_matches, match_colours

RED, BLUE = np.float32((0.5, 0.3)), np.float32((0.1, -0.5))
UNIT = (1.0,)


def draw_things(kinds: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return feature maps of two levels in which each kind of thing, int (h, w), has a direction of its own."""
    directions = np.random.default_rng(5).normal(size=(8, 48))
    noise = np.random.default_rng(seed).normal(0, 0.2, (*kinds.shape, 48))
    whole = (directions[kinds] + noise).astype(np.float32)
    return [whole[:, :, :20], whole[:, :, 20:]]


def halves(left: int, right: int, shape=(12, 16)) -> np.ndarray:
    kinds = np.full(shape, left)
    kinds[:, shape[1] // 2 :] = right
    return kinds


def paint(kinds: np.ndarray, **colours) -> np.ndarray:
    chroma = np.zeros((*kinds.shape, 2), np.float32)
    for kind, colour in colours.items():
        chroma[kinds == int(kind[1:])] = colour
    return chroma


def match(photo: np.ndarray, reference: np.ndarray, chroma: np.ndarray, usable: np.ndarray | None = None) -> Matches:
    usable = np.ones(reference.shape, bool) if usable is None else usable
    return match_colours(draw_things(photo, 1), draw_things(reference, 2), chroma, usable)


def test_each_place_takes_the_colour_of_the_same_thing_wherever_it_is():
    reference = halves(1, 0, (10, 20))
    found = match(halves(0, 1), reference, paint(reference, k0=RED, k1=BLUE))
    assert found.confidence.min() > 0.9 and not found.is_empty
    assert np.allclose(found.chroma[:, :8], RED, atol=0.03) and np.allclose(found.chroma[:, 8:], BLUE, atol=0.03)


def test_a_thing_that_the_reference_lacks_takes_nothing():
    reference = halves(0, 2)
    found = match(halves(0, 1), reference, paint(reference, k0=RED, k2=BLUE))
    assert found.confidence[:, :8].min() > 0.9 and found.confidence[:, 8:].max() < 0.1


def test_pictures_of_other_things_have_nothing_in_common():
    reference = halves(2, 3)
    assert match(halves(0, 1), reference, paint(reference, k2=RED, k3=BLUE)).is_empty


def test_a_thing_of_several_colours_takes_none_of_them():
    reference = halves(0, 1)
    chroma = paint(reference, k1=BLUE)
    chroma[:, :8][::2], chroma[:, :8][1::2] = RED, -RED
    found = match(halves(0, 1), reference, chroma)
    assert found.confidence[:, :8].max() < 0.1 and found.confidence[:, 8:].min() > 0.9


def test_what_is_transparent_in_the_reference_is_not_taken():
    reference = halves(0, 1)
    found = match(halves(0, 1), reference, paint(reference, k0=RED, k1=BLUE), reference == 1)
    assert found.confidence[:, :8].max() < 0.1 and found.confidence[:, 8:].min() > 0.9


def test_pictures_that_are_even_all_over_have_nothing_to_be_compared_by():
    even = [np.ones((4, 6, 5), np.float32)]
    assert match_colours(even, even, np.zeros((4, 6, 2), np.float32), np.ones((4, 6), bool)).is_empty


@pytest.fixture
def photo():
    """A light sky over dark ground, float32 (96, 128), with a little noise."""
    lightness = np.where(np.arange(96) < 48, 0.8, 0.3)[:, None].repeat(128, 1)
    return (lightness + np.random.default_rng(0).normal(0, 0.003, lightness.shape)).astype(np.float32)


def test_a_sky_that_is_matched_in_patches_stays_even(photo):
    confidence = np.random.default_rng(1).integers(0, 2, (12, 16)).astype(np.float32)
    sky = blend_matches(photo, np.zeros((96, 128, 2), np.float32), _of(confidence, BLUE), UNIT)[4:40, :, 1]
    assert sky.mean() < 0.35 * BLUE[1] and sky.std() < 0.15 * -BLUE[1]


def test_colours_end_where_the_photo_has_an_edge(photo):
    confidence = np.zeros((12, 16), np.float32)
    confidence[:6] = 1
    own = np.full((96, 128, 2), 0.1, np.float32)
    found = blend_matches(photo, own, _of(confidence, BLUE), UNIT)
    assert np.abs(found[:46] - BLUE).max() < 0.06 and np.abs(found[50:] - 0.1).max() < 0.06


def test_without_matches_the_colours_stay(photo):
    own = np.random.default_rng(0).normal(0, 0.1, (96, 128, 6)).astype(np.float32)
    found = blend_matches(photo, own, _of(np.zeros((12, 16), np.float32), BLUE), (1.0, 0.75, 1.25))
    assert np.abs(found - own).max() < 1e-4


def test_every_variant_has_its_own_strength(photo):
    found = blend_matches(photo, np.zeros((96, 128, 4), np.float32), _of(np.ones((12, 16), np.float32), RED), (1, 0.5))
    assert np.allclose(found[..., :2], RED, atol=0.01) and np.allclose(found[..., 2:], RED / 2, atol=0.01)


def _of(confidence: np.ndarray, colour: np.ndarray) -> Matches:
    return Matches(confidence, np.broadcast_to(colour, (*confidence.shape, 2)).astype(np.float32))
