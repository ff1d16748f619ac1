"""The 16 bits that networks learn in: bfloat16 where that pays, with float32 weights behind it. Losses are float32."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from networks.precision import find_half_type


def choose_type(device: str) -> torch.dtype:
    """Return bfloat16 where "cpu" or "cuda" has fast instructions for it, else float32.

    Never float16: its gradients would vanish without a scaled loss.
    """
    return torch.bfloat16 if find_half_type(device) is torch.bfloat16 else torch.float32


def autocast(device: str) -> torch.autocast:
    """Return the context in which networks compute on `device`."""
    return torch.autocast(device, torch.bfloat16, enabled=choose_type(device) is torch.bfloat16)


def call_in_half(network: nn.Module, pictures: Tensor, full_precision: tuple[str, ...] = ()):
    """Return what the network makes of the pictures with its weights rounded; gradients arrive at the float32 ones.

    Unlike under autocast every operation is of that type. full_precision: weights whose names end so stay float32.
    """
    kind = choose_type(pictures.device.type)
    weights = {
        name: weight if name.endswith(full_precision) else weight.to(kind)
        for name, weight in network.named_parameters()
    }
    return functional_call(network, weights, (pictures,))
