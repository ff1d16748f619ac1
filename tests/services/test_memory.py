"""A 24-megapixel photo in every service, each in a process of its own, within 3 GiB."""

import json
import subprocess
import sys

import pytest

import services
from benchmarks.memory import BOUND_MIB, synthetic_photo
from tests.jobs.support import ROOT

# Half a minute of a processor's time for the slowest; several minutes where many share it.
pytestmark = pytest.mark.timeout(1500)
KEYS = [service.key for service in services.SERVICES]
# Imports once what every run needs, then runs each service in a process that is forked for it, one after the other.
ONE_PROCESS_EACH = """
import json, os, sys, traceback
from pathlib import Path
from benchmarks.memory import measure
import services.inference
photo, weights, *keys = sys.argv[1:]
for key in keys:
    if not os.fork():
        try:
            print(json.dumps([key, measure(key, Path(photo), Path(weights))]), flush=True)
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory, small_weights) -> dict[str, dict[str, float]]:
    """Run every service on the photo; return what each took by its key."""
    photo = tmp_path_factory.mktemp("photo") / "photo.jpg"
    photo.write_bytes(synthetic_photo())
    command = [sys.executable, "-c", ONE_PROCESS_EACH, photo, small_weights, *KEYS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures = dict(json.loads(line) for line in done.stdout.splitlines())
    assert list(figures) == KEYS, done.stderr
    return figures


@pytest.mark.parametrize("key", KEYS)
def test_twenty_four_megapixels_stay_within_three_gibibytes(key, figures):
    assert 0 < figures[key]["peak_mib"] <= BOUND_MIB
