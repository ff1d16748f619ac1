"""A decoder that has learnt on one encoder goes on working on another."""

import copy

import pytest
import torch

from networks.palette_colorizer import PaletteColorizer
from training.colorizing.transfer_decoder import transfer_decoder


@pytest.fixture(scope="module")
def old() -> PaletteColorizer:
    torch.manual_seed(0)
    return PaletteColorizer("efficientnet_lite0").eval()


def test_channels_in_another_order_and_scale_give_the_same_colours(old):
    """The other encoder is the same one whose third level puts out its channels backwards and doubled."""
    network = copy.deepcopy(old)
    network.encoder = "efficientnet_lite2"
    project = network.levels[2][-1].project
    expand = network.levels[3][0].expand.convolution
    with torch.no_grad():
        for block in network.levels[2]:
            block.residual = False
        project.norm.weight.copy_(2 * project.norm.weight.flip(0))
        project.convolution.weight.copy_(project.convolution.weight.flip(0))
        expand.weight.copy_(expand.weight.flip(1) / 2)
        for module in (network.decoder, network.head, network.skips):
            for weight in module.parameters():
                weight.normal_(0, 0.02)
    straight = copy.deepcopy(old)
    for block in straight.levels[2]:
        block.residual = False
    batches = [torch.rand(4, 1, 64, 64) for _ in range(6)]
    transfer_decoder(network, straight, batches)
    with torch.no_grad():
        expected, seen = (each.logits(each.encode(batches[0])) for each in (straight, network.eval()))
    assert (seen - expected).norm() < 0.1 * (expected - expected.mean()).norm()


def test_the_same_encoder_is_copied_whole(old):
    network = PaletteColorizer("efficientnet_lite0").eval()
    transfer_decoder(network, old, [])
    with torch.no_grad():
        grey = torch.rand(1, 1, 64, 64)
        assert torch.equal(network(grey), old(grey))


def test_the_decoder_fits_an_encoder_of_other_widths(old):
    network = PaletteColorizer("efficientnet_lite2")
    transfer_decoder(network, old, [torch.rand(2, 1, 64, 64)])
    assert torch.equal(network.head[-1].weight, old.head[-1].weight)
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
