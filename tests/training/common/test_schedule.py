import numpy as np
import pytest
import torch

from training.common.muon import Muon
from training.common.schedule import decay_by_cosine, hold_and_decay, rise_and_decay, set_rate, warm_up


def test_the_warm_up_is_linear_and_ends_at_the_peak():
    assert [warm_up(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]


def test_a_cosine_falls_from_the_peak_to_the_last_rate():
    rates = [decay_by_cosine(part, 0.01) for part in (0, 0.5, 1)]
    assert rates == pytest.approx([1, 0.505, 0.01])
    assert decay_by_cosine(1) == 0


def test_the_rate_rises_shortly_and_falls_to_nothing():
    rates = [rise_and_decay(part, 0.03) for part in np.linspace(0, 1, 200)]
    assert rates[0] < 0.1 * max(rates) and rates[-1] == pytest.approx(0) and np.argmax(rates) < 10
    assert rise_and_decay(1.2, 0.03) == 0


def test_a_held_rate_falls_along_a_line_at_the_end():
    assert [hold_and_decay(part, 0.6, 0.1) for part in (0, 0.6, 0.8, 1)] == pytest.approx([1, 1, 0.55, 0.1])


@pytest.mark.parametrize("kind", [Muon, torch.optim.AdamW])
def test_a_rate_is_that_of_every_group(kind):
    network = torch.nn.Linear(3, 2)
    optimiser = Muon(network, 1e-3) if kind is Muon else kind(network.parameters(), 1e-3)
    set_rate(optimiser, 0.5)
    assert {group["lr"] for group in optimiser.param_groups} == {0.5}
