"""EfficientNet-Lite as an encoder of grey pictures: the published parameters mean the same there."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from networks.layers import efficientnet_lite
from networks.layers.encoders import build_levels, list_pretrained
from networks.palette_colorizer import PaletteColorizer

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def size(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def published(size) -> dict[str, Tensor]:
    """Parameters of the published network's form, drawn at random; its stem reads three planes."""
    torch.manual_seed(0)
    levels = efficientnet_lite.build_efficientnet_lite(size)
    blocks = [block for level in levels for block in level]
    parts = [(blocks[0], "_conv_stem", "_bn0")]
    for number, block in enumerate(blocks[1:]):
        names = (("expand", "_expand_conv", "_bn0"), ("depthwise", "_depthwise_conv", "_bn1"))
        names += (("project", "_project_conv", "_bn2"),)
        for part, convolution, norm in names:
            if isinstance(getattr(block, part), efficientnet_lite.ConvNorm):
                prefix = f"_blocks.{number}."
                parts.append((getattr(block, part), prefix + convolution, prefix + norm))
    found = {}
    for module, convolution, norm in parts:
        kernel = torch.randn(module.convolution.weight.shape)
        found[convolution + ".weight"] = kernel.repeat(1, 3, 1, 1) if convolution == "_conv_stem" else kernel
        found |= {f"{norm}.{name}": torch.rand(tensor.shape) for name, tensor in module.norm.state_dict().items()}
    return found


def test_a_grey_picture_has_the_maps_of_the_same_plane_three_times(size, published):
    levels = efficientnet_lite.build_efficientnet_lite(size).eval()
    efficientnet_lite.load_efficientnet_lite(levels, published)
    plane = torch.rand(1, 1, 64, 96)
    # "SAME" with stride 2 on even sides: one more row below and one more column to the right
    padded = F.pad(plane.expand(-1, 3, -1, -1), (0, 1, 0, 1))
    stem = F.conv2d(padded, published["_conv_stem.weight"], stride=2)
    mean, variance, weight, bias = (
        published[f"_bn0.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
    )
    expected = F.relu6(F.batch_norm(stem, mean, variance, weight, bias, eps=1e-3))
    with torch.no_grad():
        assert torch.allclose(levels[0][0](plane), expected, atol=1e-4)


def test_every_pretrained_parameter_is_filled(size, published):
    network = PaletteColorizer(f"efficientnet_{size}")
    pretrained = list_pretrained(network.encoder, network.levels)
    before = [weight.clone() for module in pretrained for weight in module.parameters()]
    efficientnet_lite.load_efficientnet_lite(network.levels, published)
    after = [weight for module in pretrained for weight in module.parameters()]
    assert all(not torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_the_colorizer_keeps_the_size_of_its_input_and_is_small(size):
    network = PaletteColorizer(f"efficientnet_{size}").eval()
    with torch.no_grad():
        assert network.variants(torch.rand(1, 1, 64, 96)).shape == (1, 6, 64, 96)
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 15 * 2**20


def test_the_resnets_have_nothing_pretrained():
    with pytest.raises(ValueError, match="no pretrained"):
        list_pretrained("resnet18", build_levels("resnet18"))
