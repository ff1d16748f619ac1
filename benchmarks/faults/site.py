"""A whole site on this machine: MariaDB, Redis, the web server, workers, each with links and folders of its own."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql
from flask_migrate import upgrade

import config
from accounts.security import passwords
from app import create_app
from benchmarks.faults.programs import ROOT, START_SECONDS, Program, Supervisor, find_free_port, find_program
from benchmarks.faults.proxy import Network
from models import User, db

PASSWORD = secrets.token_hex(8)  # of accounts that live as long as the test
DISK_MEGABYTES = 700
_FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
_CLIENT_SETTINGS = {"MAX_JOBS_PER_DAY": "100000", "MAX_MEGAPIXELS_PER_DAY": "1000000", "MAX_ACTIVE_JOBS": "1000"}


class Site:
    """A site in an empty folder. `missing` is what faults need and the machine lacks.

    `networks` are the weights that it has: few, since its workers are started often. `worker` is the module that runs
    one, with its arguments.
    """

    def __init__(
        self,
        folder: Path,
        workers: int = 2,
        *,
        networks: Sequence[str] = ("denoise", "denoise-jpeg"),
        worker: Sequence[str] = ("flask", "worker"),
    ):
        self.folder, self.storage = folder, folder / "pictures"
        self.clock, self.slow = folder / "clock", folder / "slow"
        self.missing: list[str] = []
        self.has_small_disk = self._mount_disk()
        self._preload = self._build_slow_disk()
        self._ports = {name: find_free_port() for name in ("database", "queue", "web")}
        self._network = Network()
        self._choose_networks(networks)
        self.database, self.queue = self._build_database(), self._build_queue()
        self.database_links = {name: self._network.link(self._ports["database"]) for name in self._list_names(workers)}
        self.queue_links = {name: self._network.link(self._ports["queue"]) for name in self._list_names(workers)}
        web = ["gunicorn", "app:create_app()"]
        self.web = self._build("web", web, self._ports["web"], WEB_PROCESSES="2")
        self.workers = [self._build(name, worker) for name in self._list_names(workers)[1:]]
        self.programs = [self.database, self.queue, self.web, *self.workers]

    @property
    def address(self) -> str:
        """Where people reach the site."""
        return f"http://127.0.0.1:{self._ports['web']}"

    def start(self) -> None:
        """Start everything, with an empty database."""
        self.storage.mkdir(exist_ok=True)
        self.database.start()
        self.queue.start()
        for program in (self.database, self.queue):
            program.wait_until_ready()
        with pymysql.connect(host="127.0.0.1", port=self._ports["database"], user="root") as connection:
            connection.cursor().execute("CREATE DATABASE revive CHARACTER SET utf8mb4")
        with self.open_app():
            upgrade()
        for program in (self.web, *self.workers):
            program.start()
        self.web.wait_until_ready()
        for worker in self.workers:
            self._wait_for_worker(worker)
        self._supervisor = Supervisor(self.programs)

    def stop(self) -> None:
        """End everything, and give the disk back."""
        if hasattr(self, "_supervisor"):
            self._supervisor.stop()
        for link in (*self.database_links.values(), *self.queue_links.values()):
            link.mend()
        for program in reversed(self.programs):
            program.stop()
        if self.has_small_disk:
            subprocess.run(["umount", "--lazy", self.storage], check=False)

    def add_people(self, count: int) -> list[str]:
        """Make so many accounts with PASSWORD; return their names."""
        names = [str(20_001 + number) for number in range(count)]
        hashed = passwords.make_hash(PASSWORD)
        db.session.add_all([User(name=name, password_hash=hashed) for name in names])
        db.session.commit()
        return names

    @contextmanager
    def open_app(self) -> Iterator[None]:
        """Be in the context of an application of this site, which reaches its database directly."""
        app = create_app(config.load(self._list_own_settings()))
        with app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()

    def run_command(self, *words: str) -> str:
        """Run a command of the site, as its operator would; return what it said. Raises CalledProcessError."""
        command = [sys.executable, "-m", "flask", *words]
        environment = {"PATH": os.environ["PATH"], **self._list_own_settings()}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

    def _list_names(self, workers: int) -> list[str]:
        return ["web", *(f"worker-{number + 1}" for number in range(workers))]

    def _list_own_settings(self) -> dict[str, str]:
        ports = self._ports["database"], self._ports["queue"]
        return self._list_settings(*ports) | {"INSTANCE_DIR": str(self.folder / "own")}

    def _list_settings(self, database: int, queue: int) -> dict[str, str]:
        return _CLIENT_SETTINGS | {
            "DATABASE_URL": f"mysql+pymysql://root@127.0.0.1:{database}/revive?charset=utf8mb4",
            "QUEUE_URL": f"redis://127.0.0.1:{queue}/0",
            "STORAGE_DIR": str(self.storage),
            "WEIGHTS_DIR": str(self.folder / "weights"),
            "SECRET_KEY": "k" * 64,
            "PORT": str(self._ports["web"]),
            "PROXIES": "1",
            "OMP_NUM_THREADS": "1",
            "LANGUAGE": "en",
        }

    def _build(self, name: str, module: Sequence[str], port: int | None = None, **more: str) -> Program:
        """Return a program of the site. Each has an instance folder of its own, as on a machine of its own."""
        ports = self.database_links[name].port, self.queue_links[name].port
        settings = self._list_settings(*ports) | {"INSTANCE_DIR": str(self.folder / name), **more}
        log = self.folder / f"{name}.log"
        return Program(name, [sys.executable, "-m", *module], settings | self._list_preloads(self._preload), log, port)

    def _build_database(self) -> Program:
        data, port = self.folder / "database", self._ports["database"]
        data.mkdir()
        user = ["--user=root"] if os.geteuid() == 0 else []
        install = [find_program("mariadb-install-db"), f"--datadir={data}", "--auth-root-authentication-method=normal"]
        subprocess.run([*install, "--skip-test-db", *user], check=True, capture_output=True)
        command = [find_program("mariadbd", "mysqld"), "--no-defaults", f"--datadir={data}", f"--port={port}", *user]
        command += ["--bind-address=127.0.0.1", f"--socket={data}/s.sock", f"--pid-file={data}/pid", "--skip-log-bin"]
        # The clock follows a file, but for what measures spans.
        clock = {"FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_CACHE_DURATION": "1", "DONT_FAKE_MONOTONIC": "1"}
        self.clock.write_text("+0\n")
        faketime = _FAKETIME if Path(_FAKETIME).exists() else ""
        if not faketime:
            self.missing.append("libfaketime")
        environment = clock | self._list_preloads(faketime, self._preload)
        return Program("database", command, environment, self.folder / "database.log", port)

    def _build_queue(self) -> Program:
        command = [find_program("redis-server"), "--port", str(self._ports["queue"]), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no"]
        return Program("queue", command, {}, self.folder / "queue.log", self._ports["queue"])

    def _list_preloads(self, *libraries: str) -> dict[str, str]:
        preloads = ":".join(library for library in libraries if library)
        return {"LD_PRELOAD": preloads, "SLOW_DISK": str(self.slow)} if preloads else {}

    def _build_slow_disk(self) -> str:
        library = self.folder / "slow_disk.so"
        compiler = shutil.which("cc")
        if compiler is None:
            self.missing.append("a C compiler")
            return ""
        source = Path(__file__).with_name("slow_disk.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        return str(library)

    def _mount_disk(self) -> bool:
        self.storage.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=700", "revive", str(self.storage)]
        if shutil.which("mount") and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
            return True
        self.missing.append("the right to mount a tmpfs")
        return False

    def _choose_networks(self, networks: Sequence[str]) -> None:
        folder = self.folder / "weights"
        folder.mkdir()
        manifest: dict[str, Any] = json.loads((ROOT / "weights" / "manifest.json").read_text())
        chosen = {name: manifest[name] for name in networks}
        (folder / "manifest.json").write_text(json.dumps(chosen))
        for entry in chosen.values():
            shutil.copy(ROOT / "weights" / entry["file"], folder)

    def _wait_for_worker(self, worker: Program) -> None:
        end = time.monotonic() + START_SECONDS
        while "is ready" not in worker.log.read_text():
            if time.monotonic() > end:
                raise TimeoutError(f"{worker.name} is not ready: see {worker.log}")
            time.sleep(0.1)
