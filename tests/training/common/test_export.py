import json
import threading

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from training.common.export import export


def small():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def test_floats_are_stored_in_half_precision_and_counters_as_they_are(tmp_path):
    tensors = load_file(export("a", "u2netp", {}, small(), "test", "a.md", {}, tmp_path))
    counter = tensors.pop("1.num_batches_tracked")
    assert counter.dtype == torch.int64
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}


def test_a_value_too_large_for_half_precision_is_refused(tmp_path):
    network = small()
    network[0].weight.data[0, 0, 0, 0] = 1e6
    with pytest.raises(OverflowError):
        export("a", "u2netp", {}, network, "test", "a.md", {}, tmp_path)
    assert not (tmp_path / "manifest.json").exists()


def test_exports_at_the_same_time_keep_each_others_entries(tmp_path):
    def work(name):
        export(name, "u2netp", {}, small(), "test", f"{name}.md", {}, tmp_path)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(json.loads((tmp_path / "manifest.json").read_text())) == list("abcdef")


def test_the_released_file_can_be_read_by_another_user(tmp_path):
    assert export("a", "u2netp", {}, small(), "test", "a.md", {}, tmp_path).stat().st_mode & 0o044 == 0o044
