"""Programs of the site without a new interpreter for each, which takes longer than what most of them do in a test.

A process of its own imports once what they need; for each program it forks. From there on the program does what
`python -m` does with its module: its environment, its output, its limits and its signals are its own. That they start
from nothing as well is seen where a whole site is started.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
MAX_ORDER_BYTES = 65536
_servers: dict[str, "ProgramServer"] = {}


def start_worker(module: str, arguments: list[str], environment: dict[str, str], log: Path) -> "Program":
    """Do what `subprocess.Popen` does with `python -m MODULE ARGUMENTS`, whose output is added to a log."""
    return _get_server("app").fork(module, arguments, environment, log, [1, 2])


def run_converter(command: list[str], *, env: dict[str, str], timeout: float, **_) -> subprocess.CompletedProcess:
    """Do what `subprocess.run` does with the command of `checkpoints.imports`."""
    module, *arguments = command[command.index("-m") + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        program = _get_server("networks.weights").fork(module, arguments, env, output, [1])
        try:
            status = program.wait(timeout)
        finally:
            program.kill()
        return subprocess.CompletedProcess(command, status, output.read_bytes())


def stop_servers() -> None:
    """End the processes that programs were forked from."""
    while _servers:
        _servers.popitem()[1].stop()


def _get_server(needed: str) -> "ProgramServer":
    if needed not in _servers:
        _servers[needed] = ProgramServer(needed)
    return _servers[needed]


class ProgramServer:
    """A process that has imported a module and forks whenever it is asked to run another."""

    def __init__(self, needed: str):
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.forked_programs", needed, str(theirs.fileno())],
                cwd=ROOT,
                # A library with threads of its own must have none when the process is forked.
                env={"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def fork(
        self, module: str, arguments: list[str], environment: dict[str, str], output: Path, standards: list[int]
    ) -> "Program":
        """Run a module. `standards`: which of its standard files, 1 and 2, are added to `output`."""
        order = {"module": module, "arguments": arguments, "environment": environment, "standards": standards}
        told, tell = os.pipe()
        with output.open("a") as file:
            socket.send_fds(self.channel, [json.dumps(order).encode()], [file.fileno(), tell])
        os.close(tell)
        return Program(told)

    def stop(self) -> None:
        self.channel.close()
        self.process.wait()


class Program:
    """What tests need of `subprocess.Popen`. `told`: a pipe that gives the number of the process, later its status."""

    def __init__(self, told: int):
        self.told = os.fdopen(told)
        self.pid = int(self.told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ask(0)

    def wait(self, seconds: float) -> int:
        status = self._ask(seconds)
        if status is None:
            raise subprocess.TimeoutExpired("python", seconds)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ask(self, seconds: float) -> int | None:
        if self.returncode is None and select.select([self.told], [], [], seconds)[0]:
            self.returncode = int(self.told.readline())
            self.told.close()
        return self.returncode


def _serve(needed: str, channel: socket.socket) -> None:
    importlib.import_module(needed)
    gc.freeze()
    while True:
        order, descriptors, _, _ = socket.recv_fds(channel, MAX_ORDER_BYTES, 2)
        if not order:
            return
        if not os.fork():
            channel.close()
            _watch(json.loads(order), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _watch(order: dict, output: int, tell: int) -> NoReturn:
    """Fork the program; tell its number, and its status when it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if not pid:
        os.close(tell)
        _run(order, output)
    os.close(output)
    os.write(tell, f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(tell, f"{status}\n".encode())
    os._exit(0)


def _run(order: dict, output: int) -> NoReturn:
    """Be the program."""
    for standard in order["standards"]:
        os.dup2(output, standard)
    os.close(output)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [order["module"], *order["arguments"]]
    sys.orig_argv = [sys.executable, "-m", *sys.argv]  # with which a worker starts anew
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who watches a program tells of it; nobody waits for the watcher
    _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
