"""A child whose decoder was taken over: `python -m tests.imaging.io.curious_child SECRETS MODULE ARGUMENTS`.

Instead of the module's work it tries what it should not be able to do, and replies with what it could.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

SECRETS = ("secret_key", "revive.db", "jobs/other/original.jpg")
NEEDED = ["read the input", "write the output", "load a library"]
# What only later versions of Landlock forbid.
SINCE = {"empty a file by its path": 3, "listen": 4, "signal the site": 6}


def attack(site: Path, source: Path, target: Path) -> dict:
    """Return "done", what of everything could be done, and "threads", how many this process had at first."""
    threads, parent, beside = len(os.listdir("/proc/self/task")), os.getppid(), target.parent
    acts: dict[str, Callable[[], object]] = {
        "read the input": source.read_bytes,
        "write the output": lambda: target.write_bytes(b"written"),
        "load a library": lambda: import_module("cv2"),
        "list the folder of the site": lambda: os.listdir(site),
        "list the folder of the upload": lambda: os.listdir(source.parent),
        "write the input": lambda: source.open("ab"),
        "make a file": lambda: (beside / "planted").write_text("x"),
        "make a folder": lambda: (beside / "folder").mkdir(),
        "link to a secret": lambda: os.link(site / "secret_key", beside / "link"),
        "rename a secret": lambda: os.rename(site / "secret_key", site / "other_key"),
        "delete a secret": lambda: (site / "secret_key").unlink(),
        "empty a file by its path": lambda: os.truncate(site / "emptied", 0),
        "read the environment of the site": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "read the memory of the site": lambda: Path(f"/proc/{parent}/mem").open("rb"),
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "signal the site": lambda: os.kill(parent, signal.SIGCONT),
    }
    for name in SECRETS:
        acts |= {f"read {name}": (site / name).read_bytes, f"write {name}": lambda name=name: (site / name).open("ab")}
    return {"done": [name for name, act in acts.items() if _can(act)], "threads": threads}


def _can(act: Callable[[], object]) -> bool:
    try:
        act()
    except OSError:
        return False
    return True


def main(site: Path, name: str) -> None:
    module = import_module(name)
    if name == "imaging.io.check":
        module._inspect = lambda told: SimpleNamespace(**attack(site, told.path, told.preview))
    else:
        module._convert = lambda told: attack(site, told.source, told.target)
    module.main()


if __name__ == "__main__":
    place, chosen = sys.argv[1:3]
    del sys.argv[1:3]
    main(Path(place), chosen)
