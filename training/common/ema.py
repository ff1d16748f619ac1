"""The exponential moving average (EMA) of a network's weights."""

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class EMA(Generic[Network]):
    """Keeps `network`, a copy of the trained one, in eval mode, whose weights are the moving average.

    Of the average the k-th update keeps the part `decay`, or k / (k + warm_up) while that is less, so that the start is
    soon forgotten. With `warm_up` 0 it is `decay` from the first update on; with None the first update copies.
    Buffers, such as the statistics of batch normalisation, are copied, or averaged too with `average_buffers`;
    counters are always copied.
    """

    def __init__(self, network: Network, decay: float, warm_up: int | None = 10, average_buffers: bool = False):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.warm_up, self.average_buffers = decay, warm_up, average_buffers
        self.steps = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take one step towards `network`."""
        self.steps += 1
        share = 1 - self._decay_now()
        torch._foreach_lerp_(list(self.network.parameters()), list(network.parameters()), share)
        for mean, value in zip(self.network.buffers(), network.buffers(), strict=True):
            if self.average_buffers and value.is_floating_point():
                mean.lerp_(value, share)
            else:
                mean.copy_(value)

    def _decay_now(self) -> float:
        if self.warm_up is None:
            return self.decay if self.steps > 1 else 0.0
        return min(self.decay, self.steps / (self.steps + self.warm_up))

    def state_dict(self) -> dict:
        return {"network": self.network.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.steps = state["steps"]
