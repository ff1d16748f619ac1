import numpy as np
import pytest

from imaging.colorizing.diffusion import smooth_chroma


def chroma_with_a_patch(height=96, width=144):
    """Nothing but a strong blue patch in the left half."""
    chroma = np.zeros((height, width, 2), np.float32)
    chroma[30:60, 20:50] = (0.1, -0.5)
    return chroma


def test_an_even_sky_shares_the_colour_of_a_patch():
    chroma = chroma_with_a_patch()
    found = smooth_chroma(np.full(chroma.shape[:2], 0.4, np.float32), chroma)
    assert np.ptp(found[:, :, 1]) < 0.5 * np.ptp(chroma[:, :, 1])
    assert found[:, :, 1].mean() == pytest.approx(chroma[:, :, 1].mean(), rel=0.05)
    assert found[10, 35, 1] < -0.03


def test_colours_do_not_pass_an_edge():
    chroma = chroma_with_a_patch()
    lightness = np.where(np.arange(chroma.shape[1]) < 72, 0.4, 0.6)[None].repeat(len(chroma), 0).astype(np.float32)
    found = smooth_chroma(lightness, chroma)
    assert np.abs(found[:, 73:]).max() < 0.01
    assert found[:, :71, 1].mean() == pytest.approx(chroma[:, :71, 1].mean(), rel=0.05)


def test_a_single_speck_of_brightness_holds_no_colour_back():
    lightness = np.full((64, 64), 0.4, np.float32)
    lightness[20, 20] = 1.0
    chroma = np.zeros((64, 64, 2), np.float32)
    chroma[20, 20] = 1.0
    assert smooth_chroma(lightness, chroma).max() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (200, 64)])
def test_one_colour_stays_as_it_is_at_any_size(shape):
    lightness = np.random.default_rng(0).random(shape).astype(np.float32)
    chroma = np.full((*shape, 6), 0.25, np.float32)
    assert np.allclose(smooth_chroma(lightness, chroma), chroma, atol=1e-5)
