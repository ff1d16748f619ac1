import copy

import torch
from torch import nn

from training.common.muon import Muon, orthogonalize


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 1))


def test_matrices_become_about_orthogonal():
    torch.manual_seed(0)
    for shape in ((3, 16, 144), (2, 40, 12)):
        values = torch.linalg.svdvals(orthogonalize(torch.randn(shape)))
        assert 0.6 < values.min() and values.max() < 1.3


def test_nothing_stays_nothing():
    assert not orthogonalize(torch.zeros(1, 4, 9)).any()


def test_kernels_are_stepped_by_muon_and_everything_else_by_adamw():
    matrices, others = (part.param_groups[0]["params"] for part in Muon(network(), 1e-3).parts)
    assert [tuple(weight.shape) for weight in matrices] == [(8, 3, 3, 3)]
    assert len(others) == 5


def test_a_step_has_about_the_size_of_adamws():
    torch.manual_seed(0)
    conv = nn.Conv2d(16, 32, 3)
    before, optimiser = conv.weight.detach().clone(), Muon(conv, 1e-2)
    conv(torch.randn(2, 16, 8, 8)).square().mean().backward()
    optimiser.step()
    assert 1e-3 < (conv.weight - before).square().mean().sqrt() < 3e-3


def test_it_learns_and_goes_on_from_its_state():
    torch.manual_seed(0)
    model, pictures = network(), torch.rand(4, 3, 12, 12)
    optimiser, losses = Muon(model, 1e-2), []

    def step() -> None:
        loss = (model(pictures) - pictures[:, :1, 1:-1, 1:-1]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    for _ in range(20):
        step()
    saved, weights = copy.deepcopy(optimiser.state_dict()), copy.deepcopy(model.state_dict())
    step()
    once = losses[-1]
    step()
    after = losses[-1]
    model.load_state_dict(weights)
    optimiser = Muon(model, 1e-2)
    optimiser.load_state_dict(saved)
    step()
    step()
    assert losses[0] > 2 * once
    assert losses[-2:] == [once, after]
