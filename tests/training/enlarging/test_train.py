import numpy as np
import torch

from networks.restoration.enlarger import Enlarger
from training.common.schedule import set_rate
from training.enlarging import measure, train
from training.enlarging.pairs import make_pair


def test_a_network_that_has_learnt_nothing_interpolates_and_training_makes_it_sharper(scene):
    torch.manual_seed(1)
    trainer = train.Trainer(Enlarger(8, 1))
    figures = measure.measure(trainer.network, iter([scene[:64, :64]]))
    assert all(abs(figures[f"x{factor}_rgb_network"] - figures[f"x{factor}_rgb_bicubic"]) < 1 for factor in (2, 4))
    set_rate(trainer.optimiser, 1e-2)
    for factor in (2, 4):
        batch = train.draw_batch([scene], factor, 2, 0)
        losses = [trainer.step(*batch, factor).item() for _ in range(25)]
        assert losses[-1] < losses[0]


def test_a_small_crop_is_the_large_one_reduced(scene):
    for factor in (2, 4):
        small, large = make_pair(scene, 20, factor, np.random.default_rng(3))
        assert small.shape == (20, 20, 3) and large.shape == (20 * factor, 20 * factor, 3)
        means = large.reshape(20, factor, 20, factor, 3).mean((1, 3))
        assert np.abs(means - small).mean() < 6
