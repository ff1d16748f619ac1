"""How many processors this process may use, and how many threads a network takes of them."""

import math
import os
from collections.abc import Mapping
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def count_processors(cgroups: Path = _CGROUPS) -> int:
    """Return how many processors this process may keep busy: by its affinity and by the quotas of its cgroups."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        allowed = os.cpu_count() or 1
    return max(1, min([allowed, *(math.ceil(quota) for quota in _list_quotas(cgroups))]))


def choose_threads(setting: int | None, jobs_at_once: int, environment: Mapping[str, str] = os.environ) -> int:
    """Return how many threads a network takes: CPU_THREADS, else OMP_NUM_THREADS, else a job's part of the processors.

    Jobs that run side by side share the processors instead of fighting for them.
    """
    if setting:
        return setting
    wanted = environment.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    return max(1, count_processors() // jobs_at_once)


def _list_quotas(cgroups: Path) -> list[float]:
    """Return the quotas, in processors, of this process's cgroup and of those above it: cgroup v2, then v1."""
    found = []
    for folder in _list_folders(cgroups):
        words = _read(folder / "cpu.max").split()
        if len(words) == 2 and words[0].isdigit():
            found.append(int(words[0]) / int(words[1]))
    quota, period = (_read(cgroups / "cpu" / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
    if quota.isdigit() and period.isdigit():
        found.append(int(quota) / int(period))
    return found


def _list_folders(cgroups: Path) -> list[Path]:
    lines = _read(Path("/proc/self/cgroup")).splitlines()
    own = next((line[4:] for line in lines if line.startswith("0::/")), "")
    folder = cgroups / own
    return [each for each in (folder, *folder.parents) if each == cgroups or cgroups in each.parents]


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
