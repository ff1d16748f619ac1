import pytest
import torch
from torch import nn

from training.common import half_precision


@pytest.fixture(params=[torch.bfloat16, torch.float16, None], ids=str)
def fast_type(request, monkeypatch):
    """What the processor is fast in; None: float32 alone."""
    monkeypatch.setattr(half_precision, "find_half_type", lambda device: request.param)
    return request.param


def test_bfloat16_is_chosen_where_it_is_fast_and_float16_never(fast_type):
    expected = torch.bfloat16 if fast_type is torch.bfloat16 else torch.float32
    assert half_precision.choose_type("cpu") is expected
    with half_precision.autocast("cpu"):
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype is expected


class Types(nn.Module):
    """Tells the types of its weights, and gives gradients to both."""

    def __init__(self):
        super().__init__()
        self.weight, self.damping = nn.Parameter(torch.full((2,), 1 / 3)), nn.Parameter(torch.ones(2))

    def forward(self, pictures):
        return self.weight.dtype, self.damping.dtype, (pictures * self.weight * self.damping).sum()


def test_weights_are_rounded_but_those_named_and_gradients_arrive_at_the_float32_ones(fast_type):
    network = Types()
    rounded, exact, total = half_precision.call_in_half(network, torch.ones(2), full_precision=("damping",))
    assert rounded is (torch.bfloat16 if fast_type is torch.bfloat16 else torch.float32) and exact is torch.float32
    total.backward()
    assert network.weight.grad.dtype is torch.float32 and (network.weight.grad == 1).all()
    assert network.damping.grad is not None
