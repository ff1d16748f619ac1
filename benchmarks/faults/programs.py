"""The programs of a site: started, killed, held down, and started anew when they end, as systemd would do."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
RESTART_SECONDS = 2
_LOOK_SECONDS = 0.2


class Program:
    """One program with a log; `port` is where it listens once it is ready, None where it listens nowhere."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, port: int | None = None
    ):
        self.name, self.log, self.port = name, log, port
        self.starts = 0
        self.is_held = False
        self._command, self._environment = list(command), {"PATH": os.environ["PATH"], **environment}
        self._changing = threading.RLock()
        self._ended_at: float | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; return at once."""
        with self._changing, self.log.open("ab") as log:
            self.starts += 1
            self._ended_at = None
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_ready(self) -> None:
        """Return once something listens on the port. Raises TimeoutError."""
        end = time.monotonic() + START_SECONDS
        while self.port and not _listens(self.port):
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} does not listen on port {self.port}: see {self.log}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as the kernel does when memory is short: SIGKILL to the program alone, not to its children."""
        assert self.process is not None
        self.process.kill()

    def hold_down(self) -> None:
        """Stop it in order, and keep it stopped until `let_up`."""
        self.is_held = True
        self.stop()

    def let_up(self) -> None:
        """Start it again after `hold_down`."""
        with self._changing:
            self.is_held = False
            self.start()

    def send(self, number: int) -> None:
        """Send a signal, where it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, seconds: float = 60) -> None:
        """End it in order, and with force where that takes too long; then whatever of its session is left."""
        if self.process is None:
            return
        self.send(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def restart_if_ended(self) -> None:
        """Start it anew where it has ended by itself a moment ago."""
        with self._changing:
            if self.is_held or self.process is None or self.process.poll() is None:
                return
            now = time.monotonic()
            self._ended_at = self._ended_at or now
            if now - self._ended_at >= RESTART_SECONDS:
                self.start()


class Supervisor:
    """Keeps programs running until `stop`."""

    def __init__(self, programs: Sequence[Program]):
        self._programs, self._stopping = programs, threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Restart nothing any more."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            for program in self._programs:
                program.restart_if_ended()


def find_program(*names: str) -> str:
    """Return the path of the first of these that is installed. Raises FileNotFoundError."""
    for name in names:
        for place in (shutil.which(name), f"/usr/sbin/{name}"):
            if place and os.access(place, os.X_OK):
                return place
    raise FileNotFoundError(f"{names[0]} is not installed")


def find_free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
