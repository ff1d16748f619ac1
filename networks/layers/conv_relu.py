"""A convolution and its ReLU in one pass over memory, which oneDNN can do and `nn.Sequential` does not ask for."""

import torch
from torch import Tensor, nn


class ConvReLU(nn.Module):
    """The convolution `conv`, then ReLU, for inference. (N, C, H, W) -> (N, O, H, W).

    On the CPU in one pass, where this torch has the operator for it and the processor the type: torch's own compiler
    uses it, but it is not documented, so that without it, and on a graphics card, there are two passes. The outputs are
    the same.
    """

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv

    def forward(self, features: Tensor) -> Tensor:
        conv = self.conv
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else conv.weight.dtype
        if features.device.type != "cpu" or not has_one_pass(dtype):
            return torch.relu_(conv(features))
        assert conv.bias is not None
        return torch.ops.mkldnn._convolution_pointwise(
            features.to(dtype),
            conv.weight.to(dtype),
            conv.bias.to(dtype),
            conv.padding,
            conv.stride,
            conv.dilation,
            conv.groups,
            "relu",
            [],
            "",
        )


def has_one_pass(dtype: torch.dtype) -> bool:
    """Return whether this build of torch, on this processor, can convolve and cut off in one pass in `dtype`."""
    if not (torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")):
        return False
    return dtype == torch.float32 or dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
