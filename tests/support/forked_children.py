"""The children of `imaging.io.child` without a new interpreter for each, which takes longer than a small picture.

A process of its own, with the environment that such a child has, imports the module once; for each child it forks.
What a child does, its limits included, is what it does in the site. The tests of these children start them as the site
does.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

from PIL import Image

MAX_ORDER_BYTES = 65536
_servers: dict[str, "ForkServer"] = {}
_lock = threading.Lock()


def start_child(command: list[str], **options) -> "ForkedChild":
    """Do what `subprocess.Popen` does with the command of `imaging.io.child.ask`."""
    module, *arguments = command[command.index("-m") + 1 :]
    with _lock:
        if module not in _servers:
            _servers[module] = ForkServer(module, options["env"])
        return _servers[module].fork(arguments)


def stop_servers() -> None:
    """End the processes that children were forked from."""
    while _servers:
        _servers.popitem()[1].stop()


class ForkServer:
    """A process that has imported a module and forks whenever it is asked to run it."""

    def __init__(self, module: str, environment: dict[str, str]):
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.support.forked_children", module, str(theirs.fileno())],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def fork(self, arguments: list[str]) -> "ForkedChild":
        """Start one child, with pipes for its input and output."""
        (their_input, our_input), (our_output, their_output) = os.pipe(), os.pipe()
        order = json.dumps({"arguments": arguments, "umask": _read_umask()}).encode()
        socket.send_fds(self.channel, [order], [their_input, their_output])
        os.close(their_input)
        os.close(their_output)
        pid, (handle,), _, _ = socket.recv_fds(self.channel, MAX_ORDER_BYTES, 1)
        return ForkedChild(int(pid), handle, our_input, our_output)

    def stop(self) -> None:
        self.channel.close()
        self.process.wait()


class ForkedChild:
    """What `imaging.io.child` needs of `subprocess.Popen`. `handle` is a file descriptor of the process."""

    def __init__(self, pid: int, handle: int, input_descriptor: int, output_descriptor: int):
        self.pid, self.handle = pid, handle
        self.stdin, self.stdout = os.fdopen(input_descriptor, "w"), os.fdopen(output_descriptor)

    def __enter__(self) -> "ForkedChild":
        return self

    def __exit__(self, *_error: object) -> None:
        self.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.stdin.close()
        select.select([self.handle], [], [])  # readable when the process has ended
        os.close(self.handle)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)


def _read_umask() -> int:
    """Return this process's umask, which a child has as well, without setting another for a moment."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Umask:")).split()[1], 8)


def _serve(module: str, channel: socket.socket) -> None:
    main = importlib.import_module(module).main
    Image.init()  # as a child does when it has a picture
    while True:
        order, descriptors, _, _ = socket.recv_fds(channel, MAX_ORDER_BYTES, 2)
        if not order:
            return
        pid = os.fork()
        if not pid:
            channel.close()
            _run(main, module, json.loads(order), *descriptors)
        handle = os.pidfd_open(pid)
        socket.send_fds(channel, [str(pid).encode()], [handle])
        for descriptor in (handle, *descriptors):
            os.close(descriptor)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _run(main, module: str, order: dict, input_descriptor: int, output_descriptor: int) -> NoReturn:
    """Be the child."""
    for descriptor, standard in ((input_descriptor, 0), (output_descriptor, 1)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.umask(order["umask"])
    sys.argv = [module, *order["arguments"]]
    try:
        main()
        sys.stdout.flush()
    finally:
        os._exit(0)  # nobody asks for the status


if __name__ == "__main__":
    _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
