import torch
from torch import nn

from training.common.ema import EMA


def fill(network: nn.Linear, value: float) -> nn.Linear:
    with torch.no_grad():
        network.weight.fill_(value)
    return network


def test_the_moving_average_forgets_its_start_and_follows_the_network():
    network = nn.Linear(2, 1)
    ema = EMA(network, decay=0.9)
    fill(network, 3.0)
    for _ in range(100):
        ema.update(network)
    assert torch.allclose(ema.network.weight, network.weight, atol=1e-3)


def test_the_first_updates_are_longer_than_the_later_ones_unless_there_is_no_warm_up():
    means = {}
    for warm_up in (0, 9):
        network = fill(nn.Linear(1, 1), 0.0)
        ema = EMA(network, decay=0.5, warm_up=warm_up)
        fill(network, 1.0)
        means[warm_up] = []
        for _ in range(3):
            ema.update(network)
            means[warm_up].append(round(ema.network.weight.item(), 4))
    assert means[0] == [0.5, 0.75, 0.875]
    assert means[9] == [0.9, round(1 - 0.1 * 2 / 11, 4), round(1 - 0.1 * 2 / 11 * 3 / 12, 4)]


def test_without_a_number_for_the_warm_up_the_first_update_copies():
    network = fill(nn.Linear(1, 1), 0.0)
    ema = EMA(network, decay=0.75, warm_up=None)
    ema.update(fill(network, 4.0))
    assert ema.network.weight.item() == 4
    ema.update(fill(network, 8.0))
    assert ema.network.weight.item() == 5


def test_statistics_are_copied_or_averaged_and_counters_copied():
    network = nn.BatchNorm1d(2)
    copied, averaged = EMA(network, 0.5, warm_up=0), EMA(network, 0.5, warm_up=0, average_buffers=True)
    network.running_mean.fill_(4.0)
    network.num_batches_tracked.fill_(7)
    for ema in (copied, averaged):
        ema.update(network)
        assert ema.network.num_batches_tracked == 7
    assert copied.network.running_mean.tolist() == [4, 4] and averaged.network.running_mean.tolist() == [2, 2]


def test_a_restored_average_goes_on_where_it_was():
    network = fill(nn.Linear(1, 1), 0.0)
    ema, again = EMA(network, 0.9), EMA(nn.Linear(1, 1), 0.9)
    ema.update(fill(network, 1.0))
    again.load_state_dict(ema.state_dict())
    for one in (ema, again):
        one.update(fill(network, 2.0))
    assert torch.equal(ema.network.weight, again.network.weight) and again.steps == 2
