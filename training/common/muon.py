"""Muon: momentum whose matrices are made orthogonal before they are stepped along.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks". A convolution's kernel counts as the
matrix of its outputs by all its inputs. Steps are scaled to the size that AdamW's have, so that both follow one rate
(Liu et al. 2025, "Muon is Scalable for LLM Training").
"""

from collections import defaultdict

import torch
from torch import Tensor, nn

from training.common.half_precision import choose_type

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan's: steep at nothing, and about 1 after five rounds
ROUNDS = 5
LIKE_ADAM = 0.2


class Muon:
    """Muon for a network's matrices and kernels, AdamW for its vectors and for what has one output or one input."""

    def __init__(self, network: nn.Module, lr: float, weight_decay: float = 0.0):
        matrices: list[Tensor] = [weight for weight in network.parameters() if is_matrix(weight)]
        others = [weight for weight in network.parameters() if not is_matrix(weight)]
        self.parts = (
            Orthogonal(matrices, lr, weight_decay),
            torch.optim.AdamW(others, lr, betas=(0.9, 0.99), weight_decay=weight_decay),
        )

    @property
    def param_groups(self) -> list[dict]:
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none)

    def step(self) -> None:
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict:
        return {str(number): part.state_dict() for number, part in enumerate(self.parts)}

    def load_state_dict(self, state: dict) -> None:
        for number, part in enumerate(self.parts):
            part.load_state_dict(state[str(number)])


class Orthogonal(torch.optim.Optimizer):
    """Nesterov's momentum, made orthogonal; for weights that `is_matrix` says yes to."""

    def __init__(self, weights: list[Tensor], lr: float, weight_decay: float, momentum: float = 0.95):
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nobody gives it a closure
        for group in self.param_groups:
            alike = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    alike[weight.shape].append(weight)
            for weights in alike.values():
                self._step(group, weights)

    def _step(self, group: dict, weights: list[Tensor]) -> None:
        """Step along all matrices of one shape at once."""
        directions = []
        for weight in weights:
            assert weight.grad is not None
            state = self.state[weight]
            if not state:
                state["average"] = torch.zeros_like(weight)
            average = state["average"].lerp_(weight.grad, 1 - group["momentum"])
            directions.append(weight.grad.lerp(average, group["momentum"]).flatten(1))
        steps = orthogonalize(torch.stack(directions))
        size = group["lr"] * LIKE_ADAM * max(steps.shape[1:]) ** 0.5
        for weight, step in zip(weights, steps, strict=True):
            weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(step.view_as(weight), alpha=-size)


def is_matrix(weight: Tensor) -> bool:
    return weight.ndim > 1 and min(weight.flatten(1).shape) > 1


def orthogonalize(matrices: Tensor) -> Tensor:
    """Return for each of (N, R, C) about the nearest matrix whose singular values are all 1."""
    tall = matrices.shape[1] > matrices.shape[2]
    found = matrices.mT if tall else matrices
    found = found / found.norm(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    found = found.to(choose_type(found.device.type))
    first, third, fifth = NEWTON_SCHULZ
    for _ in range(ROUNDS):
        product = found @ found.mT
        found = first * found + (third * product + fifth * product @ product) @ found
    return (found.mT if tall else found).to(matrices.dtype)
