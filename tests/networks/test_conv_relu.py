import pytest
import torch

from networks.layers import conv_relu


@pytest.mark.parametrize("dilation", [1, 4])
@pytest.mark.parametrize("one_pass", [True, False])
def test_it_computes_the_convolution_and_its_relu(dilation, one_pass, monkeypatch):
    if one_pass:
        assert conv_relu.has_one_pass(torch.float32)  # the torch that is pinned has the operator
    else:
        monkeypatch.setattr(conv_relu, "has_one_pass", lambda dtype: False)
    conv = torch.nn.Conv2d(5, 7, 3, padding=dilation, dilation=dilation)
    features = torch.randn(2, 5, 20, 14).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        torch.testing.assert_close(conv_relu.ConvReLU(conv)(features), torch.relu(conv(features)))


@pytest.mark.parametrize("one_pass", [True, False])
def test_under_autocast_it_returns_bfloat16(one_pass, monkeypatch):
    """In two passes where the processor, or the test, has no bfloat16 for one."""
    if not one_pass:
        monkeypatch.setattr(conv_relu, "has_one_pass", lambda dtype: False)
    conv, features = torch.nn.Conv2d(5, 7, 3, padding=1), torch.randn(1, 5, 20, 14)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        output = conv_relu.ConvReLU(conv)(features)
    assert output.dtype == torch.bfloat16
    with torch.inference_mode():
        torch.testing.assert_close(output.float(), torch.relu(conv(features)), atol=0.03, rtol=0.03)
