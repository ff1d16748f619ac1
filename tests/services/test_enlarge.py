"""Enlarge: the size, and the limit that it is refused beyond."""

import numpy as np
import pytest

import services
from imaging.io.files import Picture
from services.base import MAX_MEGAPIXELS, ServiceError, ignore_progress

SERVICE = services.get("enlarge")
PHOTO = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def run(pixels: np.ndarray, factor: str, megapixels: float = 1.0):
    options = SERVICE.parse_options({"factor": factor}) | {MAX_MEGAPIXELS: megapixels}
    return SERVICE.run(Picture(pixels), options, ignore_progress)


def test_more_megapixels_than_a_picture_may_have_are_refused_in_words():
    assert run(PHOTO, "2", 0.008).picture.pixels.shape == (80, 100, 3)
    with pytest.raises(ServiceError) as caught:
        run(PHOTO, "4", 0.008)
    assert (caught.value.key, caught.value.field) == ("result_too_large", "factor")
    assert "megapixels" in caught.value.message


def test_four_times_the_size_is_compared_with_the_pixel_it_came_of_and_grey_stays_grey():
    grey = PHOTO[:, :, :1].repeat(3, 2)
    result = run(grey, "4")
    assert result.picture.pixels.shape == result.source.shape == (160, 200, 3)
    assert np.array_equal(result.source[2::4, 1::4], grey)
    assert (result.picture.rgb == result.picture.rgb[:, :, :1]).all()
