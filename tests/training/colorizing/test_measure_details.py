"""Where colours end, and whether a face and an arm agree: on pictures for which both are known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from training.colorizing.measure_details import FACE, FOREARMS, compare_places, compute_edge_share, find_pairs


def paint_step(shift: int) -> Tensor:
    """CIELAB planes (1, 3, 64, 64): light from column 32 on, and green `shift` columns later."""
    lab = torch.zeros(1, 3, 64, 64)
    lab[:, 0], lab[:, 1] = 30, 40
    lab[:, 0, :, 32:] = 70
    lab[:, 1, :, 32 + shift :] = -40
    return lab


def test_colours_that_end_at_an_edge_lie_there_and_others_do_not():
    assert compute_edge_share(paint_step(0)) > 0.95
    assert compute_edge_share(paint_step(16)) < 0.3


@pytest.fixture
def joints() -> np.ndarray:
    """One person: all joints seen, a face at (30, 20) and one forearm at (20, 60); the other arm is not seen."""
    rows = np.zeros((14, 3))
    rows[list(FACE)] = (30, 30, 1), (30, 10, 1)
    rows[list(FOREARMS[0])] = (20, 70, 1), (20, 50, 1)
    return rows


def paint_person(arm: tuple[float, float]) -> Tensor:
    lab = torch.tensor((60.0, 18.0, 20.0)).view(3, 1, 1).repeat(1, 80, 60)
    lab[1, 40:], lab[2, 40:] = arm
    return lab


def test_an_arm_of_the_same_colour_does_not_differ_even_in_another_light(joints):
    lab = paint_person((18, 20))
    lab[0, 40:] = 45
    ((face, arm),) = find_pairs(lab, joints)
    assert compare_places(lab, face, arm) == pytest.approx(0, abs=1e-3)


def test_a_grey_arm_differs_in_the_result_though_it_was_skin_in_the_original(joints):
    ((face, arm),) = find_pairs(paint_person((16, 18)), joints)
    assert compare_places(paint_person((0, 0)), face, arm) > 8


def test_a_sleeve_is_no_forearm(joints):
    assert not find_pairs(paint_person((-5, -30)), joints)
