import numpy as np
import pytest

from imaging.colorizing.hints import find_dabs, spread_hints

RED = np.float32((0.5, 0.3))


@pytest.fixture
def halves():
    """A dark and a light half, each a little uneven."""
    lightness = np.where(np.arange(120) < 60, 0.3, 0.7)[None].repeat(90, 0)
    return (lightness + np.random.default_rng(0).normal(0, 0.004, lightness.shape)).astype(np.float32)


def dab_at(shape, *places):
    dabbed, chroma = np.zeros(shape, bool), np.zeros((*shape, 2), np.float32)
    for (row, column), colour in places:
        dabbed[row - 2 : row + 3, column - 2 : column + 3] = True
        chroma[row - 2 : row + 3, column - 2 : column + 3] = colour
    return chroma, dabbed


def test_a_dab_spreads_as_far_as_the_next_edge_and_no_further(halves):
    chroma, dabbed = dab_at(halves.shape, ((45, 30), RED))
    found = spread_hints(halves, chroma, dabbed)
    assert found.share[20:70, 10:50].min() > 0.8 and found.share[:, 66:].max() < 0.05
    assert np.allclose(found.chroma[20:70, 10:50], RED, atol=0.02)


def test_it_fades_with_the_distance(halves):
    wide = np.full((100, 600), 0.5, np.float32)
    chroma, dabbed = dab_at(wide.shape, ((50, 20), RED))
    share = spread_hints(wide, chroma, dabbed).share[50]
    assert share[20] == pytest.approx(1, abs=0.01) and share[400:].max() < 0.05


def test_two_dabs_share_the_picture_by_its_edges(halves):
    chroma, dabbed = dab_at(halves.shape, ((45, 30), RED), ((45, 90), -RED))
    found = spread_hints(halves, chroma, dabbed)
    assert np.allclose(found.chroma[45, 15], RED, atol=0.03) and np.allclose(found.chroma[45, 105], -RED, atol=0.03)


def test_what_is_not_reached_keeps_its_guess_in_every_variant(halves):
    chroma, dabbed = dab_at(halves.shape, ((45, 30), RED))
    guess = np.full((*halves.shape, 6), 0.1, np.float32)
    result = spread_hints(halves, chroma, dabbed).apply_to(guess)
    assert np.allclose(result[45, 30], np.tile(RED, 3), atol=0.02) and np.allclose(result[:, 70:], 0.1, atol=0.03)


def test_without_a_dab_nothing_changes(halves):
    nothing = spread_hints(halves, *dab_at(halves.shape))
    guess = np.full((*halves.shape, 2), 0.1, np.float32)
    assert np.array_equal(nothing.apply_to(guess), guess)


def test_paint_of_another_size_becomes_dabs_of_its_own_colour():
    paint = np.zeros((400, 600, 4), np.uint8)
    paint[100:140, 200:260] = (10, 200, 30, 255)
    colours, dabbed = find_dabs(paint, (100, 150))
    assert dabbed[25:35, 50:65].all() and not dabbed[:24].any() and not dabbed[:, 66:].any()
    assert (colours[dabbed] == (10, 200, 30)).all()


def test_hardly_any_paint_is_no_dab():
    paint = np.zeros((400, 600, 4), np.uint8)
    paint[100, 200] = 255
    assert not find_dabs(paint, (100, 150))[1].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (97, 33)])
def test_any_shape_is_solved(shape):
    dabbed = np.zeros(shape, bool)
    dabbed[0, 0] = True
    found = spread_hints(np.random.default_rng(0).random(shape, np.float32), np.ones((*shape, 2), np.float32), dabbed)
    assert np.isfinite(found.share).all() and found.share[0, 0] > 0.9
