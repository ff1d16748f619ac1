"""Prints on pages: found to a part of a pixel, in perspective, beside dust; none in photos that fill their frame."""

import cv2
import numpy as np
import pytest

from benchmarks.scan import compare
from imaging.scanning import SURE, cut_out_print, find_prints, find_rim_widths
from imaging.scanning.refining import refine_corners
from tests.imaging.scanning.pages import add_rim, lay, make_page, read, turn


def find_sure(page: np.ndarray) -> list[np.ndarray]:
    """The corners of what is surely a print, in pixels."""
    return [each.corners * page.shape[1::-1] for each in find_prints(page) if each.confidence >= SURE]


@pytest.mark.parametrize("level", [235, 20, 120])
def test_every_print_on_a_page_is_found_with_its_corners(level):
    page, there = make_page(level)
    page[30:33, 500:503] = page[700:740, 420] = 128  # dust, and a hair
    found = find_sure(page)
    assert len(found) == 3
    for true, corners in zip(there, found, strict=True):
        assert compare(true, corners) < 0.005


def test_a_white_rim_on_a_white_lid_belongs_to_its_print():
    page = np.clip(np.random.default_rng(1).normal(240, 1, (500, 600, 3)), 0, 255).astype(np.uint8)
    corners = turn(320, 233, (290, 250), 3)
    lay(page, add_rim(read("coffee", 280), 247, 20), corners)
    (found,) = find_sure(page)
    assert compare(corners, found) < 0.005


def test_a_rim_of_which_one_side_is_hardly_seen_is_found_by_the_others():
    page = np.full((500, 600, 3), 240, np.uint8)
    corners = turn(320, 233, (290, 250), 3)
    rim = add_rim(read("coffee", 280), 246, 20)
    rim[-20:] = 241
    lay(page, rim, corners)
    page = cv2.GaussianBlur(page, (0, 0), 0.7)
    (found,) = find_sure(page)
    assert compare(corners, found) < 0.01


def test_the_corners_of_a_bent_print_are_where_its_bent_sides_meet():
    page = np.full((500, 700, 3), (90, 70, 50), np.uint8)
    picture, room, depth = read("coffee", 360), 8, 5
    height, width = picture.shape[:2]
    corners = turn(width, height + 2 * room, (350, 250), 2)
    inner = turn(width, height, (350, 250), 2)
    down, across = np.mgrid[-room : height + room, :width].astype(np.float32)
    bend = (depth * (1 - (2 * across / width - 1) ** 2)).astype(np.float32)
    opaque = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    bent = cv2.remap(opaque, across, down - bend, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    lay(page, bent, corners)
    (found,) = find_sure(page)
    assert compare(inner, found) < 0.006


def test_the_edge_of_a_print_is_told_from_that_of_its_shadow():
    page = np.full((400, 500, 3), 236, np.float32)
    page[100:300, 150:350] = 242
    shadow = np.zeros((400, 500), np.float32)
    shadow[102:302, 152:352] = 1
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1.2)[:, :, None]
    page[:] = np.where(page == 242, 242, page * (1 - 0.3 * shadow))
    lab = cv2.cvtColor(cv2.GaussianBlur(page, (0, 0), 0.6) / 255, cv2.COLOR_RGB2LAB) * np.float32(2.55)
    true = np.array([[150, 100], [350, 100], [350, 300], [150, 300]]) - 0.5
    began = true + np.array([[0, 0], [3, 0], [3, 3], [0, 3]])  # on the outer edge of the shadow
    assert np.abs(refine_corners(lab, began.astype(float), [False] * 4) - true).max() < 0.6


def test_a_print_that_was_photographed_from_the_side_gets_its_proportions_back():
    page = np.full((600, 800, 3), (120, 90, 60), np.uint8)
    page[:, ::2] += 6
    far, half = 2.0, np.array([[-1.5, -1], [1.5, -1], [1.5, 1], [-1.5, 1]]) / 3
    deep = half @ np.array([0.25, 0.45])  # how far behind the middle each corner lies
    corners = 520 * half * np.array([0.97, 0.88]) / (1 + deep[:, None] / far) + (400, 300)
    lay(page, read("coffee"), corners)
    (found,) = find_sure(page)
    assert compare(corners, found) < 0.01
    cut = cut_out_print(page, found / page.shape[1::-1])
    assert cut.shape[1] / cut.shape[0] == pytest.approx(1.5, rel=0.12)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "hopper", "rocket", "travellers", "librarian"])
def test_a_photo_that_fills_its_frame_has_no_print(name):
    assert find_sure(read(name, 600)) == []


@pytest.mark.parametrize("below", [14, 50])
def test_a_print_that_was_cut_out_with_its_rim_has_no_other_print_in_it(below):
    bordered = np.pad(read("coffee"), ((14, below), (14, 14), (0, 0)), constant_values=236)
    assert find_sure(bordered) == []


def test_an_empty_page_and_the_smallest_pictures_have_no_print():
    assert find_prints(np.full((300, 200, 3), 240, np.uint8)) == []
    assert all(find_prints(np.zeros((height, width, 3), np.uint8)) == [] for height, width in [(1, 1), (1, 90), (7, 3)])


def test_whole_pixels_are_cut_out_as_they_are():
    page = np.random.default_rng(2).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    corners = np.array([[20, 15], [60, 15], [60, 45], [20, 45]]) / (80, 60)
    assert np.array_equal(cut_out_print(page, corners), page[15:45, 20:60])


def test_a_light_rim_on_all_sides_is_measured_and_a_white_sky_is_none():
    picture = read("coffee")
    left, top, right, bottom = find_rim_widths(add_rim(picture, 244, 12))
    assert all(12 <= width <= 15 for width in (left, top, right, bottom))
    sky = picture.copy()
    sky[:40] = 250
    assert find_rim_widths(sky) == (0, 0, 0, 0)
