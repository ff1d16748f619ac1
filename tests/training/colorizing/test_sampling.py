"""What a colorizer is shown, and how much each colour of it counts."""

import numpy as np
import pytest
import torch

from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.resample_by_greenness import GREEN_SHARES, measure_green_share, resample_by_greenness
from training.common.degradation import degrade


def test_degradation_leaves_about_two_thirds_of_the_pictures_alone():
    rgb = torch.rand(40, 3, 32, 32)
    lightness = rgb.mean(1, keepdim=True)
    untouched = (degrade(rgb, lightness, np.random.default_rng(3)) == lightness).flatten(1).all(1)
    assert 18 <= untouched.sum() <= 36


def test_rare_colours_weigh_more_and_the_average_weight_is_about_one():
    chroma = 0.2 * torch.randn(1, 2, 100, 100, generator=torch.Generator().manual_seed(0))
    weight, distance = Rarity(chroma).weight(chroma), chroma.norm(dim=1)
    assert weight[distance > 0.5].mean() > 1.5 * weight[distance < 0.1].mean()
    assert weight.mean().item() == pytest.approx(1, abs=0.1)


def test_pictures_are_drawn_again_until_they_are_as_green_as_nature():
    chroma = torch.zeros(20, 2, 10, 10)
    chroma[10:, 0, :6], chroma[10:, 1, :6] = -0.2, 0.2  # three fifths are green
    few = Batch(torch.rand(20, 1, 10, 10), torch.rand(20, 1, 10, 10), chroma, torch.arange(20))
    shares = measure_green_share(resample_by_greenness(few, 100).chroma)
    assert len(shares) == 40 and (shares > GREEN_SHARES[2]).sum() == 17  # of the two kinds that there are
