"""The exponential moving average (EMA) of a network's weights."""

import copy

import torch
from torch import nn


class EMA:
    """Keeps `network`, a copy of the trained one whose weights are the moving average. Buffers are copied."""

    def __init__(self, network: nn.Module, decay: float):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take one step towards `network`; the first ones are longer, so that the start is soon forgotten."""
        self.steps += 1
        share = 1 - min(self.decay, self.steps / (self.steps + 10))
        torch._foreach_lerp_(list(self.network.parameters()), list(network.parameters()), share)
        for mean, value in zip(self.network.buffers(), network.buffers(), strict=True):
            mean.copy_(value)

    def state_dict(self) -> dict:
        return {"network": self.network.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.steps = state["steps"]
