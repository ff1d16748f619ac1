"""Which process a worker is, and whether it is still there. Only the kernel is asked, never a clock."""

import functools
import hashlib
import os
import secrets
import socket
from pathlib import Path

_DEAD_STATES = {"Z", "X", "x"}


@functools.cache
def make_worker_id() -> str:
    """Return `<host>:<machine>:<pid>:<start>` of this process, at most 73 ASCII characters."""
    pid = os.getpid()
    return f"{name_machine()}:{pid}:{_start(pid) or 0}"


def name_machine() -> str:
    """Return what the names of all workers of this machine, or of this container, begin with: `<host>:<machine>`."""
    return f"{_get_host_name()}:{_hash_machine()}"


def make_run(worker: str) -> str:
    """Return the name of one run by a worker, so that a second run of the same job is told from the first."""
    return f"{worker}/{secrets.token_hex(3)}"


def is_dead(worker: str) -> bool:
    """True when that worker (or run) was of this machine and its process is gone. False also means "cannot tell"."""
    parts = worker.partition("/")[0].split(":")
    if len(parts) != 4 or parts[1] != _hash_machine() or not parts[2].isdigit():
        return False
    start = _start(int(parts[2]))
    return start is None if parts[3] == "0" else start != parts[3]


def _get_host_name() -> str:
    return socket.gethostname().encode("ascii", "replace").decode().replace(":", "-")[:30]


@functools.cache
def _hash_machine() -> str:
    """A process number means something only on one host, since its last boot, in one container."""
    facts = [socket.gethostname(), _read_line("/proc/sys/kernel/random/boot_id")]
    try:
        facts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        pass
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _start(pid: int) -> str | None:
    """Return when the process started, in the kernel's ticks ("0" where there is no /proc), None if it is gone."""
    if not Path("/proc/self/stat").exists():
        return "0" if _is_running(pid) else None
    line = _read_line(f"/proc/{pid}/stat")
    if not line:
        return None
    fields = line.rpartition(")")[2].split()  # the name in the second field may hold anything
    return None if fields[0] in _DEAD_STATES else fields[19]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read_line(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""
