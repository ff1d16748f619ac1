"""Sharp edges are told from smeared ones, and enlarged pictures from others."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from imaging.deblurring import edges
from imaging.deblurring.shake import pick_windows


def scene(height: int = 240, width: int = 240) -> np.ndarray:
    """Discs of random greys: edges in every direction."""
    random, pixels = np.random.default_rng(0), np.full((height, width), 128, np.uint8)
    for _ in range(height * width // 600):
        centre = int(random.integers(width)), int(random.integers(height))
        cv2.circle(pixels, centre, int(random.integers(5, 20)), int(random.integers(256)), -1, cv2.LINE_AA)
    return np.dstack([pixels] * 3)


def smear(pixels: np.ndarray, right: int, down: int) -> np.ndarray:
    kernel = np.zeros((11, 11), np.float32)
    cv2.line(kernel, (5 - right, 5 - down), (5 + right, 5 + down), 1)
    return cv2.filter2D(pixels, -1, kernel / kernel.sum())


def sharpness(pixels: np.ndarray) -> float:
    return edges.measure_sharpness(pixels, [(slice(None), slice(None))])[0]


def test_a_sharp_picture_has_sharp_edges():
    assert sharpness(scene()) > 0.65


@pytest.mark.parametrize("motion", [(2, 0), (0, 2), (2, 2), (-2, 2)])
def test_motion_in_any_direction_leaves_no_sharp_edges_across_it(motion):
    assert sharpness(smear(scene(), *motion)) < 0.5


def test_a_picture_out_of_focus_has_none():
    assert sharpness(cv2.GaussianBlur(scene(), None, 2)) < 0.4


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (2, 2, 3), (50, 50, 3)])
def test_nothing_is_claimed_of_pictures_without_edges(shape):
    assert sharpness(np.full(shape, 90, np.uint8)) == 0


@pytest.mark.parametrize("factor", [2, 4])
def test_an_enlarged_picture_is_known(factor):
    large = cv2.resize(scene(), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    assert edges.measure_enlargement(large, pick_windows(large)) == factor


@pytest.mark.parametrize("motion", [(0, 0), (2, 0), (3, 3), (4, 1)])
def test_neither_a_sharp_nor_a_shaken_photo_counts_as_enlarged(motion):
    photo = smear(scene(500, 500), *motion).astype(float) + np.random.default_rng(1).normal(0, 1, (500, 500, 3))
    pixels = photo.clip(0, 255).astype(np.uint8)
    assert edges.measure_enlargement(pixels, pick_windows(pixels)) == 1


def test_pictures_that_would_become_tiny_are_not_called_enlarged():
    large = cv2.resize(scene(60, 60), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert edges.measure_enlargement(large, pick_windows(large)) == 1


@pytest.mark.parametrize("length", [1, 96, 97, 144, 145, 512])
def test_parts_cover_a_side_and_overlap(length):
    spans = [columns for _, columns in edges.find_small_parts(1, length)]
    assert spans[0].start == 0 and spans[-1].stop == length
    assert all(later.start <= earlier.stop - edges.SIDE // 2 for earlier, later in pairwise(spans))
