import numpy as np
import pytest

from training.matting.measure import compare


def square(top=20, left=20, side=40):
    mask = np.zeros((100, 100))
    mask[top : top + side, left : left + side] = 1
    return mask


def test_a_perfect_mask_has_perfect_figures():
    assert compare(square(), square()) == (1.0, 0.0, 1.0)


def test_half_the_area_is_half_the_iou():
    half = square()
    half[40:] = 0
    iou, error, _ = compare(half, square())
    assert iou == pytest.approx(0.5) and error == pytest.approx(0.08)


def test_an_outline_one_pixel_off_is_within_tolerance_and_ten_off_is_not():
    assert compare(square(top=21), square())[2] == 1.0
    assert compare(square(top=30, left=30), square())[2] < 0.2


def test_nobody_found_where_nobody_is_counts_as_right():
    assert compare(np.zeros((9, 9)), np.zeros((9, 9))) == (1.0, 0.0, 1.0)


def test_somebody_found_where_nobody_is_counts_as_wrong():
    iou, _, boundary = compare(square(), np.zeros((100, 100)))
    assert iou == 0 and boundary == 0
