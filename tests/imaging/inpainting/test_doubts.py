"""A strong line that a hole interrupts raises a doubt, and so does a face of which it hides a part."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from imaging.inpainting import doubts

HEIGHT, WIDTH = 200, 260
HOLE = np.zeros((HEIGHT, WIDTH), bool)
HOLE[70:130, 100:160] = True


def draw(*lines: tuple[tuple[int, int], tuple[int, int]], thing: bool = True) -> np.ndarray:
    grain = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 3))
    pixels = (np.full((HEIGHT, WIDTH, 3), 160.0) + grain).clip(0, 255).astype(np.uint8)
    for begin, end in lines:
        cv2.line(pixels, begin, end, (30, 30, 30), 6)
    if thing:
        pixels[HOLE] = (200, 40, 40)
    return pixels


@pytest.mark.parametrize("thing", [True, False])
def test_a_line_that_goes_on_beyond_the_hole_is_cut(thing):
    assert doubts.cuts_line(draw(((0, 100), (260, 100)), thing=thing), HOLE)
    assert doubts.cuts_line(draw(((30, 40), (250, 165)), thing=thing), HOLE)


def test_a_line_that_ends_there_or_passes_by_is_not_cut():
    assert not doubts.cuts_line(draw(), HOLE)
    assert not doubts.cuts_line(draw(((0, 100), (110, 100))), HOLE)
    assert not doubts.cuts_line(draw(((0, 40), (260, 40))), HOLE)


def test_a_hole_over_everything_or_nothing_cuts_none():
    assert not doubts.cuts_line(draw(), np.ones_like(HOLE)) and not doubts.cuts_line(draw(), np.zeros_like(HOLE))


@pytest.mark.parametrize(("left", "is_cut"), [(100, True), (60, False), (135, False)])
def test_a_face_is_cut_where_the_hole_hides_a_part_of_it(monkeypatch, left, is_cut):
    def find(rgb, network):
        window = doubts.find_window(HOLE)
        centre = (left - window[1].start, 100 - window[0].start)
        return [SimpleNamespace(pose=SimpleNamespace(centre=centre, side=20 if left == 135 else 60))]

    monkeypatch.setattr(doubts, "find_upright_faces", find)
    assert doubts.cuts_face(draw(), HOLE, None) == is_cut
