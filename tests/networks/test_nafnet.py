import numpy as np
import pytest
import torch

from networks.nafnet import LayerNorm, NAFNet
from tests.fixtures import parity


def test_it_computes_what_the_authors_implementation_computes():
    network, arrays = NAFNet().eval(), parity.arrays("nafnet-gopro-width32")
    network.load_state_dict(parity.checkpoint("nafnet-gopro-width32"))
    with torch.inference_mode():
        output = network(torch.from_numpy(arrays["in_image"]).contiguous(memory_format=torch.channels_last))
    assert np.abs(output.numpy() - arrays["out_image"]).max() < 1e-4 * np.ptp(arrays["out_image"])


def test_the_default_has_the_published_number_of_parameters():
    assert sum(parameter.numel() for parameter in NAFNet().parameters()) == 17_111_907


def test_layer_normalisation_is_that_of_each_pixel_over_its_channels():
    features = torch.randn(2, 6, 3, 5)
    centred = features - features.mean(1, keepdim=True)
    expected = centred / (features.var(1, unbiased=False, keepdim=True) + 1e-6).sqrt()
    assert torch.allclose(LayerNorm(6)(features), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(16, 16), (17, 40), (63, 21)])
def test_any_size_comes_back_as_it_went_in(size):
    network = NAFNet(width=4, encoder=(1, 1), middle=1, decoder=(1, 1)).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 3, *size)).shape == (1, 3, *size)


def test_fresh_blocks_pass_their_input_on():
    network = NAFNet(width=4, encoder=(1,), middle=2, decoder=(1,))
    features = torch.randn(1, 8, 4, 4)
    assert torch.equal(network.middle_blks(features), features)
