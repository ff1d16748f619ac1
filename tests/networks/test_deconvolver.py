import pytest
import torch

from networks.deconvolver import Deconvolver


@pytest.fixture
def network():
    """A small network that does something: freshly made it is the identity."""
    torch.manual_seed(1)
    network = Deconvolver(width=4, restorer_width=4, middle=1).eval()
    for layer in (network.predictor.ending, network.restorer.ending):
        torch.nn.init.normal_(layer.weight, std=0.1)
    return network.requires_grad_(False)


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.8, 0.1, 0.4)])
def test_a_flat_picture_keeps_its_colour_exactly(network, colour):
    flat = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 64, 72).contiguous()
    assert torch.equal(network(flat), flat)


def test_a_fresh_network_is_the_identity():
    picture = torch.rand(1, 3, 64, 64)
    assert torch.equal(Deconvolver(width=4, restorer_width=4)(picture), picture)


def test_a_picture_with_detail_is_changed(network):
    picture = torch.rand(1, 3, 64, 64)
    assert (network(picture) - picture).abs().max() > 0.01


def test_kernels_are_light_that_is_shared_out(network):
    restored = network.restore(torch.rand(2, 3, 64, 96))
    assert restored.picture.shape == (2, 3, 64, 96) and restored.edges.shape == (2, 2, 64, 96)
    assert restored.kernels.shape == (2, 2, 33, 33)
    assert restored.kernels.min() >= 0
    assert torch.allclose(restored.kernels.sum((2, 3)), torch.ones(2, 2), atol=1e-5)


def test_the_kernel_alone_is_that_of_the_last_round(network):
    picture = torch.rand(1, 3, 64, 64)
    assert torch.allclose(network.kernel(picture), network.restore(picture).kernels[:, -1], atol=1e-6)


def test_the_declared_minimum_is_a_valid_size(network):
    side = Deconvolver.minimum_side
    assert side % Deconvolver.multiple_of == 0
    assert network(torch.rand(1, 3, side, side)).shape == (1, 3, side, side)


def test_gradients_reach_every_parameter():
    network = Deconvolver(width=4, restorer_width=4, middle=1)
    for weight in network.parameters():
        weight.data += 0.01 * torch.randn_like(weight)
    restored = network.restore(torch.rand(1, 3, 64, 64))
    (restored.picture.square().mean() + restored.kernels.square().sum() + restored.edges.mean()).backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())
