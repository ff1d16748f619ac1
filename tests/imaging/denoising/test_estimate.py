"""What noise a photo has, without any network."""

from pathlib import Path

import numpy as np
import pytest

from imaging.denoising.estimate import MIN_BLOCKINESS, MIN_FINE, MIN_SCREEN, estimate_noise
from training.common.archives import read_file
from training.common.degradation import compress_jpeg
from training.denoising import noise

PICTURES = Path(__file__).resolve().parents[3] / "docs" / "demo" / "pictures"


def make_clean() -> np.ndarray:
    """A smooth sky over a few sharp walls, uint8 (256, 320, 3)."""
    random = np.random.default_rng(2)
    clean = np.linspace(90, 200, 256)[:, None, None] + np.linspace(0, 25, 320)[None, :, None] * [0.2, 0.6, 1]
    for left in range(20, 300, 70):
        clean[120:, left : left + 40] = random.integers(30, 220, 3)
    return clean.round().astype(np.uint8)


def test_a_clean_picture_has_none_and_neither_has_one_that_is_too_small_to_tell():
    assert not estimate_noise(make_clean()).is_found
    for shape in ((1, 1), (1, 300), (40, 9)):
        assert not estimate_noise(np.resize(make_clean(), (*shape, 3))).is_found


@pytest.mark.parametrize("deviation", [5, 25])
def test_the_deviation_of_white_noise_is_measured(deviation):
    white = deviation / 255 * np.random.default_rng(0).standard_normal(make_clean().shape)
    found = estimate_noise(noise.to_bytes(make_clean() / 255 + white))
    assert found.is_found and found.fine == pytest.approx(deviation, rel=0.2)


def test_blocks_of_jpeg_are_found_and_so_is_the_screen_of_a_print():
    grain = 8 / 255 * np.random.default_rng(0).standard_normal(make_clean().shape)
    grainy = noise.to_bytes(make_clean() / 255 + grain)
    found = estimate_noise(compress_jpeg(grainy, 30))
    assert found.blockiness > MIN_BLOCKINESS and found.fine < MIN_FINE
    printed = noise.print_halftone(make_clean().astype(np.float32) / 255, np.random.default_rng(1), False)
    assert estimate_noise(noise.to_bytes(printed)).screen > MIN_SCREEN


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket"])
def test_fur_wood_and_lattices_are_no_noise(name):
    assert not estimate_noise(read_file(PICTURES / f"{name}.jpg")).is_found


def test_where_the_blocks_begin_is_found_in_a_crop_too():
    compressed = compress_jpeg(make_clean(), 30)
    for top, left in ((0, 0), (3, 6), (7, 1)):
        found = estimate_noise(compressed[top:, left:])
        assert found.is_only_blocks and found.grid == (-top % 8, -left % 8)
