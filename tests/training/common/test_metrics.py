import numpy as np
import pytest

from training.common.metrics import psnr, ssim


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, (32, 40, 3), dtype=np.uint8)


def test_a_picture_is_like_itself(picture):
    assert psnr(picture, picture) == 100
    assert ssim(picture, picture) == pytest.approx(1)


def test_psnr_of_a_known_error_is_the_known_figure():
    dark = np.full((16, 16, 3), 100, np.uint8)
    assert psnr(dark, dark + 10) == pytest.approx(20 * np.log10(255 / 10))


def test_ssim_falls_with_noise(picture):
    noise = np.random.default_rng(2).normal(0, 20, picture.shape)
    noisier = np.clip(picture + noise, 0, 255).astype(np.uint8)
    much_noisier = np.clip(picture + 4 * noise, 0, 255).astype(np.uint8)
    assert 1 > ssim(picture, noisier) > ssim(picture, much_noisier)


def test_ssim_of_two_flat_pictures_compares_their_brightness():
    dark, light = np.full((16, 16, 3), 51, np.uint8), np.full((16, 16, 3), 102, np.uint8)
    expected = (2 * 0.2 * 0.4 + 1e-4) / (0.2**2 + 0.4**2 + 1e-4)
    assert ssim(dark, light) == pytest.approx(expected)
