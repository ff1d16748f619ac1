"""`revive TOOL --watch`, the progress bar, and what an interrupt leaves: a real process, on a terminal of its own."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.commands.conftest import names
from tests.jobs.support import ROOT, picture


@pytest.fixture
def start(tmp_path):
    """Start `revive adjust --brightness 2`; what is left of it is killed at the end."""
    started = []

    def run(*arguments: object, **streams) -> subprocess.Popen:
        command = [sys.executable, "-m", "revive", "adjust", "--brightness", "2", *map(str, arguments)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, **streams))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_for(is_so: Callable[[], object], seconds: float = 60) -> None:
    """Ask until something is so; fail when it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def test_watch_works_on_what_comes_until_it_is_interrupted(start, folder, out):
    process = start(folder, "-o", out, "--watch", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: out.is_dir() and names(out) == ["a.png", "b.jpg"])
    (folder / "late.png").write_bytes(picture(format="PNG"))
    wait_for(lambda: names(out) == ["a.png", "b.jpg", "late.png"])
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[0]
    assert process.returncode == 0, told
    assert told.count("a.png -> a.png") == 1 and "late.png -> late.png" in told and "Traceback" not in told


def test_a_terminal_gets_a_progress_bar_and_a_file_gets_plain_lines(start, folder, out):
    screen, terminal = pty.openpty()
    process = start(folder, "-o", out, stdout=subprocess.PIPE, stderr=terminal)
    lines = process.communicate(timeout=120)[0].decode()
    os.close(terminal)
    shown = os.read(screen, 100_000).decode()
    os.close(screen)
    assert "3 of 3" in shown and "100%" in shown and "notes.txt: This file is not a picture" in shown
    assert "\x1b" not in lines and "2 of 2 pictures done. 1 skipped." in lines
