"""Pictures that were enlarged a little are told from others by their interpolated pixels."""

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging.deblurring import shake
from imaging.deblurring.interpolation import measure_enlargement
from tests.imaging.deblurring.test_edges import scene, smear
from tests.imaging.deblurring.test_shake import motion_of

KERNELS = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "Lanczos": cv2.INTER_LANCZOS4}


def photo(height: int = 300, width: int = 360, motion: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Discs with a texture as fine as the pixels, shaken or not, with the noise of a sensor."""
    random = np.random.default_rng(1)
    texture = sum(cv2.GaussianBlur(random.normal(0, 30 * size, (height, width, 1)), None, size) for size in (0.6, 2, 6))
    seen = (scene(height, width) * 0.6 + 50 + texture[:, :, None]).clip(0, 255).astype(np.uint8)
    return (smear(seen, *motion) + random.normal(0, 1, seen.shape)).clip(0, 255).astype(np.uint8)


def compress(pixels: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("factor", [1.2, 4 / 3, 1.5, 1.8])
def test_a_picture_that_was_enlarged_is_known_with_its_factor(factor, kernel):
    large = cv2.resize(photo(), None, fx=factor, fy=factor, interpolation=KERNELS[kernel])
    assert measure_enlargement(compress(large, 95)) == pytest.approx(factor, rel=0.03)


@pytest.mark.parametrize("motion", [(0, 0), (2, 0), (3, 3), (4, 1)])
@pytest.mark.parametrize("quality", [40, 95])
def test_neither_a_sharp_nor_a_shaken_photo_counts_as_enlarged(motion, quality):
    assert measure_enlargement(compress(photo(motion=motion), quality)) == 1


@pytest.mark.parametrize("filter", [Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
def test_a_photo_that_was_made_smaller_does_not(filter):
    small = Image.fromarray(photo(500, 600, (3, 1))).resize((400, 333), filter)
    assert measure_enlargement(np.asarray(small)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (127, 400), (128, 128), (200, 3000)])
def test_nothing_is_claimed_of_flat_or_small_pictures(shape):
    assert measure_enlargement(np.full((*shape, 3), 90, np.uint8)) == 1


def test_a_shaken_picture_that_was_enlarged_a_little_is_judged_smaller_and_still_known():
    sides = []

    def kernels(tile):
        sides.append(tile.shape[2:])
        return motion_of(6)(tile)

    shaken = cv2.resize(photo(300, 300, (5, 1)), (450, 450), interpolation=cv2.INTER_CUBIC)
    assert shake.is_shaken(shaken, kernels, 8, 64) and set(sides) == {(200, 200)}
