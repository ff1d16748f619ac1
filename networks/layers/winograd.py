"""A 3x3 convolution with a third of the multiplications left out, for processors that do these in bfloat16 one by one.

Lavin, Gray: "Fast Algorithms for Convolutional Neural Networks", CVPR 2016: F(2, 3), here along the rows only. Two rows
of the output are made of four sums of four rows, each convolved by a 1x3 kernel, where six would be needed.
In both dimensions more could be left out, but the sums then cost as much as they save. On processors that multiply
whole tiles of bfloat16 (AMX) the multiplications are the smaller part and nothing is left out.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MIN_POSITIONS = 1024  # of a map: with fewer the sums of the kernels cost more than they save


class Convolution3x3(nn.Conv2d):
    """nn.Conv2d(channels, out, 3, padding=1), which under autocast to bfloat16 on the CPU takes the shorter way."""

    def __init__(self, channels: int, out: int, bias: bool = True):
        super().__init__(channels, out, 3, padding=1, bias=bias)

    def forward(self, maps: Tensor) -> Tensor:
        height, width = maps.shape[2:]
        quick = maps.device.type == "cpu" and torch.is_autocast_enabled("cpu") and not torch.is_grad_enabled()
        if not quick or height % 2 or height * width < MIN_POSITIONS or multiplies_tiles():
            return super().forward(maps)
        dtype = torch.get_autocast_dtype("cpu")
        return winograd_conv3x3(maps.to(dtype), self.weight, self.bias)


@cache
def multiplies_tiles() -> bool:
    """Return whether the processor has AMX for bfloat16."""
    return torch.cpu.get_capabilities().get("amx_bf16", False)


def winograd_conv3x3(maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the 3x3 convolution of (N, C, H, W) with (O, C, 3, 3), zeros around, H even; in the dtype of `maps`.

    Channels lie last in what is returned.
    """
    rows = maps.permute(0, 2, 3, 1)
    count, height, width, _ = rows.shape
    around = F.pad(rows, (0, 0, 0, 0, 1, 1))
    first, second, third, fourth = (around[:, start : start + height : 2] for start in range(4))
    sums = first - third, second + third, third - second, second - fourth
    upper, middle, lower = weight.unbind(2)
    kernels = upper, (upper + middle + lower) / 2, (upper - middle + lower) / 2, lower
    biases = None, bias, None, None  # what the second sum adds goes to both rows
    one, two, three, four = (_convolve_rows(*each, maps.dtype) for each in zip(sums, kernels, biases, strict=True))
    output = one.new_empty((count, height // 2, 2, width, len(weight)))
    torch.add(one.add_(two), three, out=output[:, :, 0])
    torch.sub(two.sub_(three), four, out=output[:, :, 1])
    return output.view(count, height, width, -1).permute(0, 3, 1, 2)


def _convolve_rows(rows: Tensor, kernel: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Tensor:
    """Convolve each row of (N, H, W, C) with (O, C, 3); return (N, H, W, O)."""
    kernel = kernel.unsqueeze(2).to(dtype, memory_format=torch.channels_last)
    bias = None if bias is None else bias.to(dtype)
    return F.conv2d(rows.permute(0, 3, 1, 2), kernel, bias, padding=(0, 1)).permute(0, 2, 3, 1)
