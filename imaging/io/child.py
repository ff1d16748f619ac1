"""Work on hostile or huge files in a process of its own, with hard limits on its time, memory and output.

The child limits itself before it reads a byte and prints one JSON line; the parent sets the clock and
believes only that line. It has no secrets in its environment, gains no rights by set-uid programs and, where the system
lets it, has no network. It still runs as the user of the site: what that user may read, a broken decoder may too.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from imaging.io.errors import ERRORS, OutOfTime, PictureError, TooCostly

_ROOT = Path(__file__).resolve().parents[2]
_MAX_OPEN_FILES = 64
# From <linux/prctl.h> and <linux/sched.h>.
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def ask(module: str, arguments: list[str], seconds: int) -> dict:
    """Run `python -m module` without this process's environment, where the secrets are; return its answer.

    Raises PictureError (TooCostly when a limit was met, OutOfTime when the `seconds` by the clock were over), and
    OSError when the child could not read or write.
    """
    environment = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        child = subprocess.run(
            command, cwd="/", env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise OutOfTime() from error
    try:
        answer = json.loads(child.stdout)
    except ValueError as error:  # it was killed by one of its limits, or fell over a bug in a decoder
        raise TooCostly() from error
    if "error" in answer:
        raise ERRORS.get(answer["error"], PictureError)()
    if "os_error" in answer:
        raise OSError(answer["os_error"], os.strerror(answer["os_error"]))
    return answer


def reply(work: Callable[[], dict], seconds: int, memory_mb: int, written_mb: int) -> None:
    """In the child: set the limits, do the work, print its answer or what went wrong."""
    restrict()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = written_mb * 2**20 if most == resource.RLIM_INFINITY else min(most, written_mb * 2**20)
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))
    try:
        answer = work()
    except PictureError as error:
        answer = {"error": error.key}
    except MemoryError:
        answer = {"error": TooCostly.key}
    except OSError as error:
        answer = {"os_error": error.errno or 0}
    print(json.dumps(answer))


def restrict() -> None:
    """In the child: give up new rights through set-uid programs, and the network.

    The network goes where a process may have a namespace of its own; Docker's usual profile lets none, and it stays.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET):
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
