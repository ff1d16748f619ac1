"""A scribble grows to the edges of what it lies on."""

import cv2
import numpy as np

from imaging.inpainting.growing import MAX_PIECES, grow_to_edges

NOISE = np.random.default_rng(0).normal(0, 8, (180, 240, 3))


def lay_disc() -> tuple[np.ndarray, np.ndarray]:
    disc = cv2.circle(np.zeros((180, 240), np.uint8), (120, 90), 30, 1, -1) > 0
    return np.where(disc[:, :, None], 170 + NOISE, 90 + NOISE).clip(0, 255).astype(np.uint8), disc


def scribble(*places: tuple[int, int]) -> np.ndarray:
    return cv2.polylines(np.zeros((180, 240), np.uint8), [np.array(places)], False, 1, 7) > 0


def test_a_scribble_becomes_the_thing_and_nothing_else():
    pixels, disc = lay_disc()
    grown = grow_to_edges(pixels, scribble((105, 80), (135, 100)))
    assert (grown & disc).sum() / (grown | disc).sum() > 0.95


def test_the_same_scribble_gives_the_same_mask():
    first, second = (grow_to_edges(lay_disc()[0], scribble((105, 80), (135, 100))) for _ in range(2))
    assert np.array_equal(first, second)


def test_what_is_no_scribble_does_not_grow():
    dots = np.zeros((180, 240), bool)
    dots[::20, ::20] = True
    assert dots.sum() > MAX_PIECES and grow_to_edges(lay_disc()[0], dots) is None
