import json
import math

import pytest
import torch
from torch import nn

from training.common.run import NonFinite, Run


def start(tmp_path, minutes=None):
    run, network = Run("test", tmp_path / "out", minutes, logs=tmp_path), nn.Linear(2, 1)
    optimiser = torch.optim.AdamW(network.parameters())
    run.register(network=network, optimiser=optimiser)
    return run, network, optimiser


def train_one_step(network, optimiser):
    network(torch.ones(1, 2)).sum().backward()
    optimiser.step()


def test_a_run_resumes_where_its_checkpoint_left_it(tmp_path):
    run, network, optimiser = start(tmp_path)
    train_one_step(network, optimiser)
    run.checkpoint(1)
    again, restored, restored_optimiser = start(tmp_path)
    assert again.resume() == 1
    assert torch.equal(restored.weight, network.weight)
    assert len(restored_optimiser.state) == len(optimiser.state)


def test_a_checkpoint_to_keep_is_not_replaced_by_the_next(tmp_path):
    run, network, _ = start(tmp_path)
    run.checkpoint(1, keep=True)
    first = network.weight.clone()
    nn.init.zeros_(network.weight)
    run.checkpoint(2)
    kept = torch.load(tmp_path / "out" / "checkpoint-1.pt", weights_only=True)
    assert kept["step"] == 1 and torch.equal(kept["states"]["network"]["weight"], first)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["checkpoint-1.pt", "checkpoint.pt"]


def test_a_run_without_a_checkpoint_starts_at_nought(tmp_path):
    assert start(tmp_path)[0].resume() == 0


def test_the_time_already_spent_counts_after_resuming(tmp_path):
    run, *_ = start(tmp_path, minutes=1)
    run.started -= 59
    run.checkpoint(10)
    again, *_ = start(tmp_path, minutes=1)
    again.resume()
    assert 0.9 < again.progress() <= 1


def test_a_budget_of_nought_is_spent_at_once(tmp_path):
    run, *_ = start(tmp_path, minutes=0)
    assert run.out_of_time() and run.progress() == 1


def test_a_loss_that_is_not_finite_stops_the_run_and_is_not_logged(tmp_path):
    run, *_ = start(tmp_path)
    run.log(1, loss=0.5)
    with pytest.raises(NonFinite, match="step 2: loss is nan"):
        run.log(2, loss=math.nan)
    assert [json.loads(line)["step"] for line in (tmp_path / "test.jsonl").read_text().splitlines()] == [1]


def test_a_fresh_run_begins_a_fresh_log_and_a_resumed_one_goes_on(tmp_path):
    run, *_ = start(tmp_path)
    run.log(1, loss=1.0)
    run.checkpoint(1)
    again, *_ = start(tmp_path)
    again.resume()
    again.log(2, loss=0.9)
    assert len((tmp_path / "test.jsonl").read_text().splitlines()) == 2
    start(tmp_path)[0].log(1, loss=1.0)
    assert len((tmp_path / "test.jsonl").read_text().splitlines()) == 1
