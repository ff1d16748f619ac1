"""What recipes share has one home: no recipe has a moving average, a parser or a schedule of its own."""

import re
from pathlib import Path

import pytest

TRAINING = Path(__file__).resolve().parents[3] / "training"
HOMES = {
    r"ArgumentParser\(": "arguments.py",
    r"_foreach_lerp_|AveragedModel|deepcopy\(.*\)\.eval\(\)": "ema.py",
    r"math\.cos\(math\.pi": "schedule.py",
    r'\["lr"\] =': "schedule.py",
    r"torch\.autocast\(|\.bfloat16\(\)|functional_call\(": "half_precision.py",
    r"set_num_threads\(|setNumThreads\(": "run.py",
    r"ZipFile\(": "archives.py",
}


@pytest.mark.parametrize("pattern", HOMES)
def test_what_recipes_share_has_one_home(pattern):
    found = [path for path in sorted(TRAINING.rglob("*.py")) if re.search(pattern, path.read_text())]
    assert found == [TRAINING / "common" / HOMES[pattern]]
