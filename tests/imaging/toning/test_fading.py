"""Faded photos are put right, their colours come back, and what is as it should be is left alone."""

import cv2
import numpy as np
import pytest

from imaging.toning.fading import apply_correction, find_correction


def make_photo(height: int = 120, width: int = 160) -> np.ndarray:
    """A scene with black and white in it, grey between, and things in several colours."""
    ramp = np.linspace(0, 255, width)[None, :, None]
    rgb = np.broadcast_to(ramp, (height, width, 3)).copy()
    for number, colour in enumerate([(180, 40, 40), (40, 140, 60), (50, 80, 190), (220, 190, 60)]):
        rgb[20 + number * 22 : 38 + number * 22, 20 + number * 30 : 60 + number * 30] = colour
    return cv2.GaussianBlur(rgb, (0, 0), 1.0).round().astype(np.uint8)


def fade(rgb: np.ndarray) -> np.ndarray:
    """A print that lost a third of its density, more of cyan, and whose paper yellowed."""
    light = np.maximum((rgb / 255) ** 2.2, 0.008)
    density = -np.log10(light) * (0.6, 0.66, 0.7) + (0.03, 0.06, 0.16)
    return np.rint(255 * (10**-density) ** (1 / 2.2)).astype(np.uint8)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference in CIE L*a*b*."""
    return float(np.linalg.norm(to_lab(one) - to_lab(other), axis=2).mean())


def tint(grey: np.ndarray, warmth: float) -> np.ndarray:
    shares = np.array([1, 1 - warmth / 2, 1 - warmth])
    return np.rint(grey[..., None] * shares).astype(np.uint8)


def test_a_faded_colour_photo_comes_back_and_is_not_taken_for_black_and_white():
    photo = make_photo()
    faded = fade(photo)
    correction = find_correction(faded)
    assert correction is not None and not correction.is_monochrome
    restored = apply_correction(faded, correction)
    assert distance(restored, photo) < 0.6 * distance(faded, photo)
    half = apply_correction(faded, correction, 0.5)
    assert distance(restored, photo) < distance(half, photo) < distance(faded, photo)
    spread = [to_lab(each)[:, :, 1:].std(axis=(0, 1)).sum() for each in (faded, restored)]
    assert spread[1] > spread[0]


@pytest.mark.parametrize("shares", [(1, 1, 1), (1, 0.75, 0.45), (0.5, 0.9, 1)])
def test_a_scene_with_a_deep_black_is_left_alone_whatever_its_colours(shares):
    assert find_correction(np.rint(make_photo() * shares).astype(np.uint8)) is None


def test_sepia_stays_sepia_unless_it_is_to_go():
    grey = make_photo()[:, :, 1]
    print_ = tint(grey, 0.3)
    assert find_correction(print_) is None
    faded = tint(60 + grey * 0.6, 0.3)
    correction = find_correction(faded)
    assert correction is not None and correction.is_monochrome
    restored = apply_correction(faded, correction)
    assert np.ptp(restored[:, :, 0]) > np.ptp(faded[:, :, 0]) + 30
    assert to_lab(restored)[:, :, 2].mean() > 0.6 * to_lab(faded)[:, :, 2].mean()
    for each in (print_, faded):
        out = find_correction(each, neutral=True)
        assert out is not None and np.ptp(apply_correction(each, out).astype(int), axis=2).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (30, 30)])
def test_a_plain_surface_is_not_faded(shape):
    assert find_correction(np.full((*shape, 3), 128, np.uint8), anyway=True) is None
