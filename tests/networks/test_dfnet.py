import numpy as np
import pytest
import torch

from networks.dfnet import DFNet, find_official_name, laplace_fill
from tests.fixtures import parity


def test_it_computes_what_the_authors_implementation_computes():
    network, official, arrays = DFNet().eval(), parity.checkpoint("dfnet"), parity.arrays("dfnet")
    network.load_state_dict({name: official[find_official_name(network, name)] for name in network.state_dict()})
    holed = arrays["in_image"] * arrays["in_mask"]
    given = torch.from_numpy(np.concatenate([holed, arrays["in_mask"]], axis=1))
    with torch.inference_mode():
        finest = network.predict_scales(given)[0]
        alone = network(given)
    np.testing.assert_allclose(finest.result, arrays["out_result"], atol=1e-4)
    np.testing.assert_allclose(finest.alpha[:, :, 96:160, 96:160], arrays["out_alpha"], atol=1e-4)
    np.testing.assert_allclose(finest.raw[:, :, 96:160, 96:160], arrays["out_raw"], atol=1e-4)
    np.testing.assert_allclose(alone, finest.result, atol=1e-6)


def test_every_official_tensor_has_one_place():
    network = DFNet()
    names = [find_official_name(network, name) for name in network.state_dict()]
    assert sorted(names) == sorted(parity.checkpoint("dfnet"))


def test_training_mode_gives_six_scales_each_half_the_one_before():
    scales = DFNet(width=4).train()(torch.rand(2, 4, 256, 512))
    assert [tuple(scale.result.shape) for scale in scales] == [(2, 3, 256 >> i, 512 >> i) for i in range(6)]
    for scale in scales:
        assert scale.alpha.shape == scale.raw.shape == scale.result.shape
        assert 0 <= scale.alpha.min() and scale.alpha.max() <= 1 and 0 <= scale.raw.min() and scale.raw.max() <= 1


@pytest.mark.parametrize("height, width", [(256, 256), (512, 256)])
def test_eval_mode_gives_one_picture_of_the_size_of_the_input(height, width):
    with torch.inference_mode():
        picture = DFNet(width=4).eval()(torch.rand(1, 4, height, width))
    assert picture.shape == (1, 3, height, width) and 0 <= picture.min() and picture.max() <= 1


def test_the_full_network_has_the_published_number_of_parameters():
    assert round(sum(parameter.numel() for parameter in DFNet().parameters()) / 1e6) == 33


def test_a_smooth_start_keeps_what_is_known_and_goes_evenly_from_side_to_side():
    across = torch.linspace(0, 1, 45).expand(1, 3, 31, 45)
    known = torch.ones(1, 1, 31, 45)
    known[:, :, 8:22, 10:33] = 0
    film = laplace_fill(across * known, known)
    assert torch.equal(film * known, across * known)
    np.testing.assert_allclose(film, across, atol=0.06)


def test_with_a_smooth_start_an_untrained_network_is_near_it_and_never_sees_the_hole():
    torch.manual_seed(0)
    network = DFNet(width=4, levels=6, smooth=True).eval()
    assert network.multiple_of == network.minimum_side == 64
    picture, known = torch.rand(1, 3, 128, 64), torch.ones(1, 1, 128, 64)
    known[:, :, 30:60, 20:40] = 0
    with torch.inference_mode():
        output = network(torch.cat((picture * known, known), 1))
        whole_or_holed = [network(torch.cat((planes, known), 1)) for planes in (picture, picture * known)]
    assert (output - laplace_fill(picture * known, known)).abs().mean() < 0.1
    assert torch.equal(*whole_or_holed)
