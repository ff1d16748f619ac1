"""What is settled before torch is there."""

import os
import subprocess
import sys

import pytest

from services import runtime

CONFIGURED = "from services import runtime; runtime.configure(); from services import inference"


@pytest.mark.parametrize(("given", "spins"), [({}, "1000"), ({"GOMP_SPINCOUNT": "77"}, "77")])
def test_waiting_threads_soon_sleep_unless_the_environment_says_otherwise(given, spins):
    clean = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    ran = subprocess.run(
        [sys.executable, "-c", CONFIGURED],
        env=clean | {"OMP_DISPLAY_ENV": "VERBOSE"} | given,
        capture_output=True,
        text=True,
        check=True,
    )
    told = {line.partition("=")[2].strip(" '") for line in ran.stderr.splitlines() if "GOMP_SPINCOUNT" in line}
    assert told <= {spins}  # nothing is told where torch runs with another OpenMP
    if sys.platform == "linux":
        assert told


def test_a_policy_of_waiting_is_left_alone(monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    runtime.configure()
    assert "GOMP_SPINCOUNT" not in os.environ
