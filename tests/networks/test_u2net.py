import numpy as np
import pytest
import torch

from networks.u2net import U2Net, U2NetP, find_official_name
from tests.fixtures import parity


@pytest.mark.parametrize(("release", "network_class"), [("u2netp", U2NetP), ("u2net", U2Net)])
def test_it_computes_what_the_authors_implementation_computes(release, network_class):
    network, official, arrays = network_class().eval(), parity.checkpoint(release), parity.arrays(release)
    network.load_state_dict({name: official[find_official_name(network, name)] for name in network.state_dict()})
    with torch.inference_mode():
        maps = network.predict_maps(torch.from_numpy(arrays["in_normalized"]))
    np.testing.assert_allclose(torch.sigmoid(maps[0]), arrays["out_d0"], atol=1e-4)
    np.testing.assert_allclose(torch.sigmoid(maps[6]), arrays["out_d6"], atol=1e-4)


@pytest.mark.parametrize(("release", "network_class"), [("u2netp", U2NetP), ("u2net", U2Net)])
def test_every_official_tensor_has_one_place(release, network_class):
    network = network_class()
    names = [find_official_name(network, name) for name in network.state_dict()]
    assert sorted(names) == sorted(parity.checkpoint(release))


def test_the_normalisation_inside_is_the_one_the_authors_apply_outside():
    network, arrays = U2NetP().eval(), parity.arrays("u2netp")
    brightest = arrays["in_image"] / arrays["in_image"].max()
    normalised = (torch.from_numpy(brightest) - network.mean) / network.std
    np.testing.assert_allclose(normalised, arrays["in_normalized"], atol=1e-5)


def test_training_mode_gives_seven_maps_of_logits_at_the_input_size():
    maps = U2NetP().train()(torch.rand(2, 3, 64, 96))
    assert [tuple(logits.shape) for logits in maps] == [(2, 1, 64, 96)] * 7
    assert min(logits.min().item() for logits in maps) < 0


def test_eval_mode_gives_one_mask_between_nought_and_one():
    with torch.inference_mode():
        mask = U2NetP().eval()(torch.rand(1, 3, 64, 96))
    assert mask.shape == (1, 1, 64, 96)
    assert 0 <= mask.min() and mask.max() <= 1


def test_a_size_that_is_no_multiple_of_32_still_gives_a_mask_of_that_size():
    with torch.inference_mode():
        assert U2NetP().eval()(torch.rand(1, 3, 101, 77)).shape == (1, 1, 101, 77)


def test_the_normalisation_is_not_part_of_the_weights():
    assert {"mean", "std"}.isdisjoint(U2NetP().state_dict())


def test_the_small_network_has_the_published_number_of_parameters():
    assert sum(parameter.numel() for parameter in U2NetP().parameters()) == 1_131_181


def test_with_its_norms_folded_it_computes_the_same():
    torch.manual_seed(0)
    network, rgb = U2NetP(), torch.rand(2, 3, 64, 64)
    for _ in range(3):
        network.train()(rgb)  # norms that do something
    with torch.inference_mode():
        before = network.eval().predict_maps(rgb)[0]
        after = network.fold_norms().predict_maps(rgb)[0]
    assert not any(isinstance(unit, torch.nn.BatchNorm2d) for unit in network.modules())
    torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)
