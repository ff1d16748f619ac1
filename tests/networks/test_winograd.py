import pytest
import torch
import torch.nn.functional as F

from networks.layers import winograd
from networks.layers.winograd import MIN_POSITIONS, Convolution3x3, winograd_conv3x3


@pytest.fixture
def processor(monkeypatch):
    """Let the processor have AMX or not, as the value says."""
    return lambda amx: monkeypatch.setattr(winograd, "multiplies_tiles", lambda: amx)


def test_it_computes_a_convolution():
    torch.manual_seed(0)
    maps, weight, bias = torch.randn(2, 5, 6, 7), torch.randn(4, 5, 3, 3), torch.randn(4)
    expected = F.conv2d(maps, weight, bias, padding=1)
    torch.testing.assert_close(winograd_conv3x3(maps, weight, bias), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(
        winograd_conv3x3(maps, weight, None), F.conv2d(maps, weight, padding=1), atol=1e-4, rtol=1e-4
    )


def test_in_bfloat16_it_is_about_as_exact_as_the_plain_way(processor):
    processor(amx=False)
    torch.manual_seed(0)
    layer, maps = Convolution3x3(24, 24).requires_grad_(False), torch.randn(1, 24, 32, MIN_POSITIONS // 32)
    exact = layer(maps)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        quick, plain = layer(maps), F.conv2d(maps, layer.weight, layer.bias, padding=1)
    assert quick.dtype == torch.bfloat16 and not torch.equal(quick, plain)
    assert (quick - exact).std() < 2.5 * (plain - exact).std()


def test_odd_heights_and_small_maps_go_the_plain_way(processor):
    processor(amx=False)
    layer = Convolution3x3(3, 3).requires_grad_(False)
    for maps in (torch.randn(1, 3, 65, 64), torch.randn(1, 3, 8, 8)):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(layer(maps), F.conv2d(maps, layer.weight, layer.bias, padding=1))


def test_a_processor_that_multiplies_tiles_goes_the_plain_way(processor):
    processor(amx=True)
    layer, maps = Convolution3x3(24, 24).requires_grad_(False), torch.randn(1, 24, 32, MIN_POSITIONS // 32)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(maps), F.conv2d(maps, layer.weight, layer.bias, padding=1))


@pytest.mark.parametrize(("able", "tiles"), [({"amx_bf16": True}, True), ({"avx512_bf16": True}, False)])
def test_the_processor_is_asked_whether_it_multiplies_tiles(monkeypatch, able, tiles):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert winograd.multiplies_tiles.__wrapped__() is tiles
