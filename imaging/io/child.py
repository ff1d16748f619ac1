"""Work on hostile or huge files in a process of its own, with hard limits on its time, memory and output.

The child limits itself before it reads a byte and prints one JSON line; the parent sets the clock and
believes only that line.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from imaging.io.errors import ERRORS, OutOfTime, PictureError, TooCostly

_ROOT = Path(__file__).resolve().parents[2]


def ask(module: str, arguments: list[str], seconds: int) -> dict:
    """Run `python -m module` without this process's environment, where the secrets are; return its answer.

    Raises PictureError (TooCostly when a limit was met, OutOfTime when the `seconds` by the clock were over), and
    OSError when the child could not read or write.
    """
    environment = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, *arguments]
    try:
        child = subprocess.run(
            command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds
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
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = written_mb * 2**20 if most == resource.RLIM_INFINITY else min(most, written_mb * 2**20)
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = work()
    except PictureError as error:
        answer = {"error": error.key}
    except MemoryError:
        answer = {"error": TooCostly.key}
    except OSError as error:
        answer = {"os_error": error.errno or 0}
    print(json.dumps(answer))
