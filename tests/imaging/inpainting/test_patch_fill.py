"""A hole is filled from the rest of the picture: what repeats goes on, and nothing else changes."""

import cv2
import numpy as np
import pytest

from imaging.inpainting.patch_fill import NoSource, fill_with_patches
from imaging.inpainting.regions import _label_regions, cut_regions, fill_by_regions
from services.base import Cancelled


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(8).integers(0, 256, (*shape, 3), dtype=np.uint8)


def grid(height: int = 96, width: int = 128) -> np.ndarray:
    """Squares of two colours, smaller than a patch, so that each patch shows where it belongs."""
    down, across = np.mgrid[:height, :width]
    light = ((down // 5 + across // 5) % 2).astype(bool)
    return np.where(light[:, :, None], np.uint8([220, 180, 60]), np.uint8([20, 60, 120])).astype(np.uint8)


def box(shape, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    hole = np.zeros(shape[:2], bool)
    hole[top:bottom, left:right] = True
    return hole


def spoilt(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The picture with something in the hole that must never be seen again."""
    return np.where(hole[:, :, None], np.uint8([255, 0, 255]), picture)


def by_patches(rgb, hole, barred, report) -> np.ndarray:
    return fill_with_patches(rgb, hole, 0, barred, report)


HOLES = {
    "in the middle": (34, 62, 40, 80),
    "at the border": (0, 30, 50, 90),
    "in the corner": (70, 96, 100, 128),
    "a scratch": (0, 96, 60, 63),
}


@pytest.mark.parametrize("place", HOLES.values(), ids=HOLES)
def test_a_pattern_goes_on_through_the_hole(place):
    picture = grid()
    hole = box(picture.shape, *place)
    filled = fill_with_patches(spoilt(picture, hole), hole)
    wrong = np.abs(filled[hole].astype(int) - picture[hole]).max(1) > 20
    assert wrong.mean() < 0.02
    assert np.array_equal(filled[~hole], picture[~hole])


def test_a_soft_gradient_meets_its_surroundings():
    across = np.linspace(40, 200, 160)
    picture = np.repeat(np.tile(across, (120, 1))[:, :, None], 3, 2).round().astype(np.uint8)
    hole = box(picture.shape, 40, 80, 60, 100)
    filled = fill_with_patches(spoilt(picture, hole), hole)
    assert np.abs(filled[hole].astype(int) - picture[hole]).mean() < 6
    jump = np.abs(filled[40:80, 60].astype(int) - filled[40:80, 59])
    assert jump.mean() < 6


def test_the_same_seed_gives_the_same_result_and_another_seed_another():
    picture = cv2.GaussianBlur(noise(90, 90), (0, 0), 2)
    hole = box(picture.shape, 25, 65, 25, 65)
    first, again, other = (
        fill_with_patches(picture, hole, 0),
        fill_with_patches(picture, hole, 0),
        fill_with_patches(picture, hole, 1),
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_what_is_barred_is_never_copied():
    picture = np.full((60, 80, 3), 100, np.uint8)
    picture[:, 50:] = (255, 0, 0)
    hole, barred = box(picture.shape, 20, 40, 20, 40), box(picture.shape, 0, 60, 50, 80)
    filled = fill_with_patches(picture, hole, 3, barred)
    assert (filled[hole] == 100).all()


def test_what_was_in_the_hole_leaves_no_trace():
    picture = cv2.GaussianBlur(noise(80, 80), (0, 0), 3)
    hole = box(picture.shape, 30, 60, 20, 60)
    fills = [fill_with_patches(np.where(hole[:, :, None], np.uint8(value), picture), hole) for value in (0, 255)]
    assert np.array_equal(*fills)


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (2, 9), (5, 5), (7, 200), (33, 21)])
def test_small_and_narrow_pictures_are_filled(shape):
    picture = noise(*shape)
    hole = np.zeros(shape, bool)
    hole[: max(1, shape[0] // 2), : max(1, shape[1] // 2)] = True
    filled = fill_with_patches(picture, hole)
    assert filled.shape == picture.shape and np.array_equal(filled[~hole], picture[~hole])


def test_with_nothing_to_copy_from_it_says_so():
    picture = np.zeros((20, 20, 3), np.uint8)
    hole = box(picture.shape, 5, 15, 5, 15)
    with pytest.raises(NoSource):
        fill_with_patches(picture, hole, 0, ~hole)


def test_a_hole_too_large_to_search_at_full_size_still_has_full_detail(monkeypatch):
    monkeypatch.setattr("imaging.inpainting.patch_fill.MAX_PIXELS", 4000)
    picture = grid(192, 256)
    hole = box(picture.shape, 61, 125, 80, 160)
    filled = fill_with_patches(spoilt(picture, hole), hole)
    wrong = np.abs(filled[hole].astype(int) - picture[hole]).max(1) > 20
    assert wrong.mean() < 0.1
    edges = np.abs(np.diff(filled[80:110, 90:150].astype(int), axis=1)).max(2)
    assert edges.max() > 150  # as sharp as the picture is


def test_progress_grows_and_cancelling_ends_the_work():
    picture, heard = grid(), []
    hole = box(picture.shape, 30, 70, 30, 80)
    fill_by_regions(picture, hole, hole, by_patches, heard.append)
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 4

    def cancelling(share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fill_with_patches(picture, hole, report=cancelling)


def many_holes() -> np.ndarray:
    hole = np.zeros((500, 1300), bool)
    hole[10:14, 5:1290] = True  # a long scratch
    hole[100:180, 300:500] = True  # a box
    hole[350::40, 20::60] = True  # dust
    return hole


def test_the_pieces_of_a_hole_are_the_hole_and_none_overlap():
    hole = many_holes()
    count = np.zeros(hole.shape, int)
    for region in cut_regions(hole):
        count[region.core][region.piece] += 1
        for core, crop, length in zip(region.core, region.crop, hole.shape, strict=True):
            assert max(0, core.start - region.margin) == crop.start
            assert min(length, core.stop + region.margin) == crop.stop
    assert np.array_equal(count, hole)
    assert len(list(cut_regions(hole))) < 20  # not one for each speck


def test_specks_cost_nothing_each_and_a_middle_decides_where_one_belongs():
    hole = np.zeros((1100, 1100), bool)
    hole[::2, ::2] = True  # three hundred thousand
    pieces = list(cut_regions(hole))
    assert len(pieces) == 9 and len(_label_regions(hole)[1]) == 9
    assert sum(region.piece.sum() for region in pieces) == hole.sum()
    few = np.zeros((600, 600), bool)
    few[10:13, 500:530] = True  # over the border of two cells, more in the second
    few[400, 3] = few[300, 200] = True
    assert [region.core for region in cut_regions(few)] == [np.s_[10:13, 500:530], np.s_[300:401, 3:201]]


def test_only_the_hole_changes_and_all_of_it_does():
    hole = many_holes()
    picture = np.full((*hole.shape, 3), 90, np.uint8)
    bars = np.zeros_like(hole)
    filled = fill_by_regions(spoilt(picture, hole), hole, bars, by_patches, lambda share: None)
    assert np.array_equal(filled, picture)
