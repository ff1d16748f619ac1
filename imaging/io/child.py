"""Work on hostile or huge files in a process of its own, with hard limits on its time, memory and output.

The child limits itself before it reads a byte, says from the head of the file how much memory it will need, waits
until it may go on, and prints its reply; each is one JSON line. The parent sets the clock and believes only those. It
has no secrets in its environment, gains no rights by set-uid programs and, where the system lets it, has no network. It
runs as the user of the site, but where the kernel has Landlock it opens only its input, its output and its libraries.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from imaging.io import landlock
from imaging.io.errors import ERRORS, OutOfTime, PictureError, TooCostly

_ROOT = Path(__file__).resolve().parents[2]
_CODE = _ROOT / "imaging"  # of which some is loaded only for the files that need it
_MAX_OPEN_FILES = 64
# From <linux/prctl.h> and <linux/sched.h>.
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_GO = "go"
# What works for longer than a moment gives way to what is done sooner, such as others' small pictures.
_MOMENT_SECONDS = 1.0
_LONG_WORK_NICENESS = 5

# Megabytes that a child wants -> a context in which it may have them. It may raise, and then the child is ended.
Memory = Callable[[int], AbstractContextManager[object]]


def ask(module: str, arguments: list[str], seconds: int, memory: Memory | None = None) -> dict[str, Any]:
    """Run `python -m module` without this process's environment, where the secrets are; return its reply.

    Before the child decodes, `memory` is asked for what it needs. Raises PictureError (TooCostly when a limit was met,
    OutOfTime when the `seconds` by the clock were over), OSError when the child could not read or write, and what
    `memory` raises.
    """
    environment = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-P", "-m", module, *arguments]
    with subprocess.Popen(
        command,
        cwd="/",
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        over = threading.Event()
        clock = threading.Timer(seconds, _end, (child, over))
        clock.start()
        try:
            reply = _talk(child, memory)
        finally:
            clock.cancel()
            child.kill()
    if over.is_set():
        raise OutOfTime()
    return _check_reply(reply)


def _end(child: subprocess.Popen[str], over: threading.Event) -> None:
    over.set()
    child.kill()


def _talk(child: subprocess.Popen[str], memory: Memory | None) -> str:
    """Return the last line of the child, "" where there is none."""
    assert child.stdin is not None and child.stdout is not None  # both are pipes
    line = child.stdout.readline()
    wanted = _parse(line).get("megabytes")
    if not isinstance(wanted, int):
        return line
    with memory(max(0, wanted)) if memory else nullcontext(), _give_way_later(child.pid):
        try:
            child.stdin.write(f"{_GO}\n")
            child.stdin.flush()
        except BrokenPipeError:  # it has ended meanwhile
            return ""
        return child.stdout.readline()


@contextmanager
def _give_way_later(pid: int) -> Iterator[None]:
    """Lower the priority of a process that is still at work after a moment."""

    def lower() -> None:
        with suppress(OSError):  # it has ended meanwhile
            os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + _LONG_WORK_NICENESS)

    later = threading.Timer(_MOMENT_SECONDS, lower)
    later.start()
    try:
        yield
    finally:
        later.cancel()


def _parse(line: str) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except ValueError:
        return {}
    return reply if isinstance(reply, dict) else {}


def _check_reply(line: str) -> dict[str, Any]:
    reply = _parse(line)
    if not reply:  # it was killed by one of its limits, or crashed by a bug in a decoder
        raise TooCostly()
    if "error" in reply:
        raise ERRORS.get(reply["error"], PictureError)()
    if "os_error" in reply:
        raise OSError(reply["os_error"], os.strerror(reply["os_error"]))
    return reply


def wait_for_memory(megabytes: int) -> None:
    """In the child: say how much memory the work will take, and wait until it may begin.

    Raises TooCostly when its own limit is less: it need not hold up others before it fails.
    """
    if megabytes * 2**20 > resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        raise TooCostly()
    print(json.dumps({"megabytes": megabytes}), flush=True)
    if sys.stdin.readline().strip() != _GO:
        sys.exit(1)


def send_reply(
    work: Callable[[], dict[str, Any]],
    seconds: int,
    memory_mb: int,
    written_mb: int,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
) -> None:
    """In the child: set the limits, do the work, print its reply or what went wrong.

    `reads` and `writes` are the only files that the work can open beside Python's own, see `restrict_files`.
    """
    restrict()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = written_mb * 2**20 if most == resource.RLIM_INFINITY else min(most, written_mb * 2**20)
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))
    try:
        restrict_files(reads, writes)
        reply = work()
    except PictureError as error:
        reply = {"error": error.key}
    except MemoryError:
        reply = {"error": TooCostly.key}
    except OSError as error:
        reply = {"os_error": error.errno or 0}
    print(json.dumps(reply))


def restrict() -> None:
    """In the child: give up new rights through set-uid programs, and the network.

    The network goes where a process may have a namespace of its own; Docker's usual profile lets none, and it stays.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET):
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def restrict_files(reads: Sequence[Path], writes: Sequence[Path]) -> None:
    """In the child: open no file from now on but these and what libraries need, where the kernel has Landlock.

    `writes` are made, empty, as a rule can only be about a file that is there; no other file can be made. `reads` may
    be folders. Raises OSError.
    """
    for path in writes:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666))
    landlock.restrict([*landlock.list_libraries(), _CODE, *reads], writes)
