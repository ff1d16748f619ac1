"""The shadow that a thing casts on the ground is found, and what is none is left."""

import cv2
import numpy as np

from imaging.inpainting.shadows import find_shadow

HEIGHT, WIDTH = 180, 240
THING = np.zeros((HEIGHT, WIDTH), bool)
THING[60:130, 110:135] = True
SHADOW = cv2.fillPoly(
    np.zeros((HEIGHT, WIDTH), np.uint8), [np.array([(110, 130), (135, 130), (180, 150), (150, 155)])], 1
).astype(bool)


def lay(light: float, colour: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    """A red thing on a grey ground, with a place of other light where its shadow would be."""
    grain = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 1))
    pixels = np.full((HEIGHT, WIDTH, 3), 170.0) + grain
    pixels[SHADOW] *= light ** (1 / 2.2) * np.array(colour)
    pixels[THING] = (200, 40, 40)
    return pixels.clip(0, 255).astype(np.uint8)


def test_the_shadow_is_found_and_hardly_anything_else():
    found = find_shadow(lay(0.4), THING)
    assert (found & SHADOW).sum() > 0.8 * (SHADOW & ~THING).sum()
    assert (found & ~SHADOW).sum() < 0.3 * SHADOW.sum() and not (found & THING).any()


def test_without_a_shadow_nothing_is_found():
    assert not find_shadow(lay(1), THING).any()
    assert not find_shadow(lay(0.4), np.zeros_like(THING)).any()


def test_a_place_of_another_colour_is_no_shadow():
    assert not find_shadow(lay(0.5, (1, 0.6, 0.6)), THING).any()


def test_a_dark_place_that_does_not_touch_the_thing_is_no_shadow():
    pixels = lay(1)
    pixels[140:160, 30:70] = 100
    assert not find_shadow(pixels, THING).any()


def test_a_dark_ground_is_no_shadow():
    pixels = lay(1)
    pixels[120:][~THING[120:]] = 70
    assert not find_shadow(pixels, THING).any()
