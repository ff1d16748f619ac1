"""The network for outside pictures: EfficientNet-Lite0 under U2-Net's decoder."""

import pytest
import torch

from networks import weights
from networks.lite_u2net import LiteU2Net


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return weights.build("lite_u2net")


def test_training_mode_gives_seven_maps_of_logits_at_the_input_size(network):
    maps = network.train()(torch.rand(2, 3, 64, 96))
    assert [tuple(logits.shape) for logits in maps] == [(2, 1, 64, 96)] * 7
    assert min(logits.min().item() for logits in maps) < 0


def test_eval_mode_gives_one_mask_between_nought_and_one(network):
    with torch.inference_mode():
        mask = network.eval()(torch.rand(1, 3, 96, 64))
    assert mask.shape == (1, 1, 96, 64) and 0 <= mask.min() and mask.max() <= 1


def test_with_its_norms_folded_it_computes_the_same(network):
    rgb = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before = network.eval()(rgb)
        folded = LiteU2Net().eval()
        folded.load_state_dict(network.state_dict())
        assert torch.allclose(folded.fold_norms()(rgb), before, atol=1e-4)
        assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())


def test_gradients_under_autocast_are_those_of_float32(network):
    """What is slow in bfloat16 is computed in float32, and its result has the type of its input again."""
    unit = next(unit for unit in network.levels.modules() if getattr(unit, "is_slow_in_half", False))
    maps = torch.rand(1, unit.convolution.in_channels, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        half = unit(maps.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), unit(maps), atol=0.05, rtol=0.05)
