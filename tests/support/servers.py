"""Real servers for tests: a private MariaDB, a private Redis, an SMTP server that keeps what it gets."""

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

EVERYTHING_IS_COMPULSORY = bool(os.environ.get("REVIVE_REQUIRE_ALL"))
# Below the ports that the kernel gives to whoever asks for any, so that no connection of anybody takes one meanwhile.
FIRST_PORT, PORTS = 12_000, 20_000
# A slow, busy machine takes long over a start or an orderly end; what waits longer than this waits for ever.
PATIENCE_SECONDS = 120
_ports = itertools.count(os.getpid() * 97)
_reserved: list[socket.socket] = []


def need(program: str, *others: str) -> str:
    """Return the path of the first of the programs that is installed, else skip (or fail where all is compulsory)."""
    for name in (program, *others):
        for place in (shutil.which(name), f"/usr/sbin/{name}"):
            if place and os.access(place, os.X_OK):
                return place
    message = f"{program} is not installed"
    pytest.fail(message) if EVERYTHING_IS_COMPULSORY else pytest.skip(message)


def need_file(path: Path, how: str) -> Path:
    """Return the path if there is such a file, else skip (or fail where all is compulsory), saying how to get it."""
    if path.is_file():
        return path
    message = f"{path.name} is not there: {how}"
    pytest.fail(message) if EVERYTHING_IS_COMPULSORY else pytest.skip(message)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on, and that no other test process is given as well."""
    for number in itertools.islice(_ports, PORTS):
        port = FIRST_PORT + number % PORTS
        if _is_ours(port) and _is_free(port):
            return port
    raise OSError("no port is free")


def _is_ours(port: int) -> bool:
    """Reserve a port for this process until it ends: a name that the kernel gives to one process at a time."""
    if sys.platform != "linux":
        return True
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0revive-tests-port-{port}")
    except OSError:
        mark.close()
        return False
    _reserved.append(mark)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: an ended connection is no obstacle
        probe.bind(("127.0.0.1", port))
        return True
    return False


def wait_for_port(port: int, seconds: float = PATIENCE_SECONDS, process: subprocess.Popen | None = None) -> None:
    """Return as soon as something listens on the port of 127.0.0.1; raise TimeoutError, or RuntimeError where the
    process that should listen has ended.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} and listens on no port {port}")
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port} after {seconds} s")


def stop(process: subprocess.Popen) -> None:
    """Ask a process to end and wait until it has; one that does not is killed, so that nothing is left behind."""
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()


class MariaDB:
    """A private server with its own data folder; `start`, `stop` and `new_database` for fault tests.

    It is MariaDB, or the program that `REVIVE_MYSQLD` names, such as MySQL's: every test of MariaDB then runs on that.
    """

    # Servers are killed in tests, but machines are not: nothing waits for the disk.
    UNSYNCED = ("--innodb-flush-method=nosync", "--skip-innodb-doublewrite")

    def __init__(self, folder: Path):
        self.program = os.environ.get("REVIVE_MYSQLD") or need("mariadbd", "mysqld")
        self.folder = folder
        self.port = free_port()
        version = subprocess.run([self.program, "--version"], check=True, capture_output=True, text=True).stdout
        self.is_mysql = "MariaDB" not in version
        options = [f"--datadir={folder}", *self.UNSYNCED, *self._user()]
        if self.is_mysql:
            install = [self.program, "--no-defaults", "--initialize-insecure", *options]
        else:
            program = need("mariadb-install-db", "mysql_install_db")
            install = [program, "--auth-root-authentication-method=normal", "--skip-test-db", *options]
        subprocess.run(install, check=True, capture_output=True)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                self.program,
                "--no-defaults",
                f"--datadir={self.folder}",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                f"--socket={self.folder}/s.sock",
                f"--pid-file={self.folder}/pid",
                "--skip-log-bin",
                "--innodb-flush-log-at-trx-commit=0",
                *self.UNSYNCED,
                *(("--mysqlx=OFF", "--secure-file-priv=") if self.is_mysql else ("--debug-no-sync",)),
                *self._user(),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port, process=self.process)

    def stop(self) -> None:
        stop(self.process)

    def new_database(self, name: str) -> str:
        """Make an empty utf8mb4 database and return its URL."""
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root") as connection:
            connection.cursor().execute(f"DROP DATABASE IF EXISTS `{name}`")
            connection.cursor().execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{name}?charset=utf8mb4"

    @staticmethod
    def _user() -> list[str]:
        return ["--user=root"] if os.geteuid() == 0 else []


class Redis:
    """A private Redis server that keeps nothing on disk."""

    def __init__(self) -> None:
        self.program = need("redis-server")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(self.port, process=self.process)

    def stop(self) -> None:
        stop(self.process)


@contextlib.contextmanager
def smtp_server(folder: Path, **options) -> Iterator[Controller]:
    """Run a real SMTP server on loopback that stores every mail in the maildir `folder` (`new/` in it).

    `options` are those of aiosmtpd's Controller and SMTP: TLS, and who may sign in.
    """
    options = {"ready_timeout": PATIENCE_SECONDS} | options
    controller = Controller(Mailbox(str(folder)), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()
