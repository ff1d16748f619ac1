"""Stages 2 and 3 of NoGAN on a critic that sees features: who learns when."""

import copy

import pytest
import torch
from torch import Tensor, nn

from networks.palette_colorizer import PaletteColorizer
from training.colorizing.class_rebalancing import Rarity
from training.colorizing.crops import Batch
from training.colorizing.train_joint import CHANNELS, JointStage, render


class Pools(nn.Module):
    """Maps with the channels and sizes of VGG-16's: random mixtures of a picture made smaller."""

    def __init__(self):
        super().__init__()
        self.mixtures = nn.ModuleList(nn.Conv2d(3, each, 1).requires_grad_(False) for each in CHANNELS)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        return [
            mixture(nn.functional.avg_pool2d(rgb, 2**number)).relu() for number, mixture in enumerate(self.mixtures, 1)
        ]


@pytest.fixture(scope="module")
def stage() -> JointStage:
    torch.manual_seed(0)
    return JointStage(PaletteColorizer("efficientnet_lite0"), Pools(), Rarity(torch.rand(4, 2, 8, 8)))


@pytest.fixture(scope="module")
def batch() -> Batch:
    torch.manual_seed(1)
    lightness = torch.rand(2, 1, 64, 64)
    return Batch(lightness, lightness, torch.rand(2, 2, 64, 64) / 4, torch.full((2,), -1))


def test_the_generator_waits_while_the_critic_learns_alone_and_then_learns_too(stage, batch):
    generator, critic = (copy.deepcopy(module.state_dict()) for module in (stage.network, stage.critic))
    figures = stage.step(batch, 1.0, joint=False)
    assert set(figures) == {"critic_loss", "critic_right"}
    learnt = {name for name, _ in stage.network.named_parameters()}
    assert all(
        torch.equal(generator[name], value) for name, value in stage.network.state_dict().items() if name in learnt
    )
    assert any(not torch.equal(critic[name], value) for name, value in stage.critic.state_dict().items())
    figures = stage.step(batch, 1.0, joint=True)
    assert {"colour_loss", "perceptual_loss", "adversarial_loss"} < set(figures)
    assert any(not torch.equal(generator[name], value) for name, value in stage.network.state_dict().items())


def test_a_picture_without_chroma_is_rendered_grey():
    rgb = render(torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 4, 4))
    assert torch.allclose(rgb, rgb.mean(1, keepdim=True), atol=1e-4)
