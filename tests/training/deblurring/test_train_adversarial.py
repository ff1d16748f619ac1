import numpy as np
import pytest
import torch

from networks.deconvolver import Deconvolver
from networks.discriminators.deblur_critic import DeblurCritic
from training.common import perceptual
from training.deblurring import train
from training.deblurring.train_adversarial import CRITIC_ALONE, Trainer

SMALL = {"width": 4, "restorer_width": 4, "encoder": (1,), "middle": 1, "decoder": (1,), "rounds": 1}


@pytest.fixture
def batch():
    scene = np.kron(np.random.default_rng(4).integers(0, 256, (20, 22, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    return next(train.load_batches([scene], 64, 4, 0, (5,), 0))


@pytest.fixture
def trainer():
    torch.manual_seed(2)
    features = perceptual.FeatureNetwork(width=4).eval().requires_grad_(False)
    return Trainer(Deconvolver(**SMALL), DeblurCritic(side=64, width=4), features)


def test_at_first_the_critic_learns_alone(trainer, batch):
    before = [next(network.parameters()).clone() for network in (trainer.network, trainer.critic)]
    figures = trainer.step(0.0, *batch)
    after = [next(network.parameters()) for network in (trainer.network, trainer.critic)]
    assert torch.equal(before[0], after[0]) and not torch.equal(before[1], after[1])
    assert set(figures) == {"distance", "penalty"}


def test_then_the_network_learns_from_it_and_from_the_features_too(trainer, batch):
    before = trainer.network.restorer.ending.weight.clone()
    figures = [trainer.step(CRITIC_ALONE + 0.1, *batch) for _ in range(2)][-1]
    assert not torch.equal(before, trainer.network.restorer.ending.weight)
    assert figures["perceptual"] > 0 and all(torch.isfinite(value) for value in figures.values())


def test_a_picture_has_no_distance_to_itself_and_some_to_its_blur():
    network = perceptual.FeatureNetwork(width=4)
    sharp = torch.rand(2, 3, 32, 32)
    assert perceptual.measure_distance(network, sharp, sharp) == 0
    assert perceptual.measure_distance(network, torch.nn.functional.avg_pool2d(sharp, 5, 1, 2), sharp) > 0
