"""Measuring what decontamination is worth, on a drawn person."""

import numpy as np
import pytest
import torch

from training.matting import measure_alpha, sheet
from training.matting.data import Collection


def draw():
    rows, columns = np.mgrid[:200, :160]
    alpha = np.clip((60 - np.hypot(rows - 100, columns - 80)) / 8 + 0.5, 0, 1)
    rgb = np.empty((200, 160, 3), np.uint8)
    rgb[:] = (200, 150, 120)
    return rgb, np.rint(alpha * 255).astype(np.uint8)


class Blind(torch.nn.Module):
    def forward(self, rgb):
        return torch.full((len(rgb), 1, *rgb.shape[-2:]), 0.5)


def pictures():
    places = [np.full((90, 90, 3), colour, np.uint8) for colour in ((10, 200, 30), (40, 60, 220), (250, 250, 250))]
    return Collection([draw()] * 30, [draw()] * 30, [draw()], places, [])


@pytest.fixture(scope="module")
def figures():
    return measure_alpha.measure_figures(Blind(), pictures(), sides=[64])


def test_the_step_makes_the_edge_more_like_the_truth_with_the_true_mask(figures):
    for background in measure_alpha.NEW:
        before, after = (figures[f"true mask, {background}, {label}"] for label in ("as they were", "after the step"))
        assert after < 0.5 * before


def test_the_same_seed_gives_the_same_figures(figures):
    assert measure_alpha.measure_figures(Blind(), pictures(), sides=[64]) == figures


def test_a_person_stands_four_times_beside_each_other_on_the_sheet():
    strip = sheet.draw_strip(Blind(), draw()[0])
    assert strip.shape == (sheet.HEIGHT, 4 * sheet.WIDTH, 3)
