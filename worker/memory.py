"""How much memory this worker occupies, and how much it may."""

import os
from pathlib import Path

_CGROUP_V2, _CGROUP_V1 = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
# Of a limit that would kill the process: a worker starts anew before.
_SHARE_OF_LIMIT = 0.85
# cgroup v1 says "no limit" by a number near 2**63.
_NO_LIMIT_BYTES = 1 << 60


def measure_megabytes() -> int:
    """Return the resident memory of this process in MiB, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def find_cap_megabytes(setting: int | None) -> int:
    """Return the cap in MiB: the setting, else most of the limit of this process's cgroup, 0 for none."""
    if setting:
        return setting
    limit = _read_limit_bytes()
    return int(limit * _SHARE_OF_LIMIT) >> 20 if limit else 0


def _read_limit_bytes() -> int:
    for path in (*_list_own_limits(), _CGROUP_V2, _CGROUP_V1):
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < _NO_LIMIT_BYTES:
            return int(text)
    return 0


def _list_own_limits() -> list[str]:
    """Return where the limit of this process's own cgroup stands, as systemd sets it (cgroup v2)."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    return [f"/sys/fs/cgroup{line[3:]}/memory.max" for line in lines if line.startswith("0::")]
