"""What a worker takes of its machine: processors, a device, memory."""

import pytest

import config
from jobs.scheduling import processors
from services import inference, runtime
from tests.jobs.support import make_job, make_user, wait_until
from worker import memory


def test_threads_follow_the_setting_then_the_environment_then_affinity_and_quota(tmp_path, monkeypatch):
    monkeypatch.setattr(processors.os, "sched_getaffinity", lambda _: set(range(8)))
    assert processors.count_processors(tmp_path) == 8
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert processors.count_processors(tmp_path) == 8
    (tmp_path / "cpu.max").write_text("250000 100000\n")
    assert processors.count_processors(tmp_path) == 3
    assert processors.choose_threads(5, 2, {"OMP_NUM_THREADS": "4"}) == 5
    assert processors.choose_threads(None, 2, {"OMP_NUM_THREADS": "4,2"}) == 4
    assert processors.choose_threads(None, 200, {}) == 1


def test_a_device_is_one_that_pytorch_knows_and_finds(tmp_path):
    given = {"INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "k" * 64}
    assert config.load(given | {"DEVICE": "cuda:1"})["DEVICE"] == "cuda:1"
    with pytest.raises(config.WrongSetting, match="cuda:1"):
        config.load(given | {"DEVICE": "gpu"})
    runtime.configure(device="cpu")
    assert inference.choose_device() == "cpu" and runtime.is_device_there()
    runtime.configure(device="mps")
    assert not runtime.is_device_there()


def test_a_worker_that_grew_past_its_cap_finishes_its_job_and_starts_anew(environment, endless, gate, start_worker):
    assert memory.find_cap_megabytes(300) == 300 and memory.measure_megabytes() > 10
    environment["WORKER_MEMORY_MEGABYTES"] = "256"
    environment["GROW_MEGABYTES"] = "400"
    worker = start_worker().ready()
    wait_until(endless, "running")
    worker.says("finishes what it has and starts anew")
    gate.touch()
    assert wait_until(endless).status == "done"
    assert wait_until(make_job(make_user("67890"))).status == "done"
    assert worker.log.read_text().count("is ready") == 2 and worker.process.poll() is None
