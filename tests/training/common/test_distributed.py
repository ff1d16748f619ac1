"""Processes that train together end each step with the same gradients."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.servers import free_port

ROOT = Path(__file__).resolve().parents[3]
MEMBER = """
import torch
from training.common.distributed import ProcessGroup
processes, network = ProcessGroup(), torch.nn.Linear(2, 1)
network.weight.data.fill_(processes.rank)
network(torch.ones(1, 2) * (1 + 2 * processes.rank)).sum().backward()
processes.average_gradients(network)
processes.wait()
leads, value = processes.leads, processes.broadcast(0.5 + processes.rank)
print(leads, value, network.weight.grad.tolist(), processes.gather([processes.rank]))
processes.close()
"""


def test_two_processes_agree_on_the_clock_and_on_the_mean_gradient():
    surroundings = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "WORLD_SIZE": "2",
        "GLOO_SOCKET_IFNAME": "lo",
        "OMP_NUM_THREADS": "1",
    }
    members = [
        subprocess.Popen(
            [sys.executable, "-c", MEMBER],
            cwd=ROOT,
            env={**surroundings, "RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [member.communicate(timeout=280)[0].strip() for member in members]
    finally:
        for member in members:
            member.kill()
    assert said == ["True 0.5 [[2.0, 2.0]] [0, 1]", "False 0.5 [[2.0, 2.0]] [0, 1]"]
