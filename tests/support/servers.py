"""Real servers for tests: a private MariaDB, a private Redis, an SMTP server that keeps what it gets."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

EVERYTHING_IS_COMPULSORY = bool(os.environ.get("REVIVE_REQUIRE_ALL"))


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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, seconds: float = 120) -> None:
    """Return as soon as something listens on the port of 127.0.0.1; raise TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port} after {seconds} s")


class MariaDB:
    """A private server with its own data folder; `start`, `stop` and `new_database` for fault tests."""

    def __init__(self, folder: Path):
        self.program = need("mariadbd", "mysqld")
        self.folder = folder
        self.port = free_port()
        install = need("mariadb-install-db", "mysql_install_db")
        subprocess.run(
            [install, f"--datadir={folder}", "--auth-root-authentication-method=normal", "--skip-test-db",
             *self._user()],
            check=True, capture_output=True,
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "--no-defaults", f"--datadir={self.folder}", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--socket={self.folder}/s.sock", f"--pid-file={self.folder}/pid",
             "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", *self._user()],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

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
        wait_for_port(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(15)


@contextlib.contextmanager
def smtp_server(folder: Path, **options) -> Iterator[Controller]:
    """Run a real SMTP server on loopback that stores every mail in the maildir `folder` (`new/` in it).

    `options` are those of aiosmtpd's Controller and SMTP: TLS, and who may sign in.
    """
    controller = Controller(Mailbox(str(folder)), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()
