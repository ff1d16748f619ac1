"""Denoise: a clean photo is left alone, and strength mixes in the original."""

import numpy as np
import pytest

import services
from imaging.denoising.restore import denoise
from imaging.io.files import Picture
from services import inference, runtime
from services.base import ServiceError, ignore_progress
from training.common.degradation import compress_jpeg

SERVICE = services.get("denoise")
RANDOM = np.random.default_rng(3)
SLOPE = np.linspace(60, 190, 160).astype(np.float32)[None, :, None].repeat(120, 0).repeat(3, 2)
NOISY = np.clip(SLOPE + 12 * RANDOM.standard_normal(SLOPE.shape), 0, 255).astype(np.uint8)


def run(pixels: np.ndarray, **chosen):
    return SERVICE.run(Picture(pixels), SERVICE.parse_options(chosen), ignore_progress)


def test_a_clean_photo_has_no_result_but_a_verdict():
    result = run(SLOPE.astype(np.uint8))
    assert (result.picture, result.verdict) == (None, "no_noise_found") and result.verdict in SERVICE.verdicts


def test_half_the_strength_lies_in_the_middle_and_none_is_refused():
    whole, half = (run(NOISY, strength=strength).picture.rgb.astype(float) for strength in (1, 0.5))
    assert np.abs(half - (NOISY + whole) / 2).max() <= 1
    with pytest.raises(ServiceError) as caught:
        run(NOISY, strength=0)
    assert caught.value.key == "nothing_to_change"


def test_blocks_of_jpeg_have_weights_of_their_own_which_see_whole_blocks(monkeypatch):
    compressed = compress_jpeg(NOISY, 20)
    for pixels, weights in ((NOISY, "denoise"), (compressed[:, 5:], "denoise-jpeg")):
        runtime.begin_use()
        run(pixels)
        assert list(runtime.get_used_weights()) == [weights]
    seen = []
    monkeypatch.setattr("imaging.denoising.restore.run_tiled", lambda pixels, *_, **__: seen.append(pixels) or pixels)
    assert denoise(compressed[:, 5:], inference.networks.get("denoise-jpeg"), grid=(0, 3)).shape == (120, 155, 3)
    assert np.array_equal(seen[0][:, 8:], compressed[:, 8:])


def test_a_picture_in_grey_stays_grey():
    grey = NOISY[:, :, :1].repeat(3, 2)
    result = run(grey).picture.rgb
    assert not np.array_equal(result, grey) and (result == result[:, :, :1]).all()


def test_noise_that_is_not_sure_and_hardly_changes_the_photo_is_none(monkeypatch):
    monkeypatch.setattr("services.denoise.run.denoise", lambda rgb, network, strength, grid, report: rgb + np.uint8(1))
    assert run(NOISY).verdict == "no_noise_found"
    assert np.array_equal(run(NOISY, anyway=True).picture.rgb, NOISY + np.uint8(1))
    assert run(compress_jpeg(NOISY, 20)).picture is not None, "blocks of JPEG are always noise"
