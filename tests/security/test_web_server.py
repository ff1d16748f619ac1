"""F04, F10, F12: the web server is killed in the middle of work, is sent very much at once, and a body without end."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from itertools import product
from pathlib import Path

import pytest

from models import Job, db
from models.job import DONE, ENDED, RUNNING
from tests.accounts.people import at_once, make_user
from tests.jobs.support import ROOT, WorkerProcess, list_stored_files, noise, picture
from tests.security.live import Visitor, wait_for
from tests.support.servers import free_port
from tests.support.stored import get_folder

GIBIBYTE, MAX_SENT, MAX_GROWN_KIB = 2**30, 64 * 2**20, 200 * 1024


class Web:
    """A web server in a session of its own, so that it can be killed with all its processes."""

    def __init__(self, environment: dict[str, str], log: Path):
        self.environment, self.log, self.port = environment, log, int(environment["PORT"])

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "app:create_app()"]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        wait_for(self.responds, 120)

    def responds(self) -> bool:
        """Say whether it serves; a socket of one that was killed may still be there for a moment."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login", timeout=10) as response:
                return response.status == 200
        except OSError:
            return False

    def kill(self, number: int) -> None:
        os.killpg(self.process.pid, number) if number == signal.SIGKILL else self.process.send_signal(number)
        self.process.wait(120)

    def resident_kib(self) -> int:
        """The memory of all its processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in (self.process.pid, *children)]
        return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in texts)


@pytest.fixture
def web(app, environment, tmp_path):
    make_user(app)
    environment |= {
        "PORT": str(free_port()),
        "PATH": os.environ["PATH"],
        "WEIGHTS_DIR": str(tmp_path / "weights"),
        "TMPDIR": str(tmp_path),
    }
    environment.setdefault("MAX_ACTIVE_JOBS", "10")
    server = Web(environment, tmp_path / "web.log")
    try:
        server.start()
        yield server
    finally:
        if server.process.poll() is None:
            server.kill(signal.SIGTERM)


@pytest.fixture
def worker(web, environment, tmp_path):
    process = WorkerProcess(environment, tmp_path / "worker.log")
    try:
        yield process.ready()
    finally:
        process.kill()


def upload_of(visitor: Visitor, data: bytes) -> str:
    status, job_id = visitor.begin_job(visitor.upload(data))
    assert status == 303
    return job_id


def status_of(app, job_id: str) -> str:
    with app.app_context():
        return db.session.scalar(db.select(Job.status).where(Job.id == job_id))


def test_F04_a_killed_web_server_takes_neither_the_session_nor_the_running_job_with_it(app, web, worker):
    visitor = Visitor(web.port)
    job_id = upload_of(visitor, picture(3000, 2400, quality=95))
    wait_for(lambda: status_of(app, job_id) in (RUNNING, DONE), 120)
    web.kill(signal.SIGKILL)
    web.start()
    assert visitor.ask("GET", "/12345/account")[0] == 200, "the session is as good as before"
    wait_for(lambda: status_of(app, job_id) == DONE, 120)
    with app.app_context():
        job = db.session.get(Job, job_id)
        assert (job.attempts, (get_folder(job_id) / job.result_file).is_file()) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["terminated", "killed"])
def test_F04_half_an_upload_is_not_listed(app, web, number):
    visitor = Visitor(web.port)
    body = visitor.upload(picture(800, 600, quality=95))
    with socket.create_connection(("127.0.0.1", web.port)) as line:
        line.sendall(visitor.head("/12345/adjust", len(body)) + body[: len(body) // 2])
        web.process.send_signal(number) if number == signal.SIGTERM else web.kill(number)
    web.process.wait(120)
    web.start()
    assert visitor.ask("GET", "/12345/history")[0] == 200
    with app.app_context():
        assert db.session.query(Job).count() == 0
    assert list_stored_files(app) == []
    upload_of(visitor, picture())


def test_F12_a_gibibyte_is_refused_soon_and_kept_nowhere(app, web, tmp_path):
    visitor = Visitor(web.port)
    before, files = web.resident_kib(), set(tmp_path.rglob("*"))
    for path, way in product(("/12345/adjust", "/login", "/admin/weights"), ("with_its_length", "in_chunks")):
        with socket.create_connection(("127.0.0.1", web.port), timeout=60) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**18)
            line.sendall(visitor.head(path, GIBIBYTE if way == "with_its_length" else None))
            assert send_until_refused(line, way) <= MAX_SENT + in_buffers(), (path, way)
        assert web.resident_kib() - before < MAX_GROWN_KIB, (path, way)
        large = [p for p in set(tmp_path.rglob("*")) - files if p.is_file() and p.stat().st_size > 2**20]
        assert not large and list_stored_files(app) == [], (path, way)
        assert visitor.ask("GET", "/12345/account")[0] == 200, (path, way)


def in_buffers() -> int:
    """How many bytes may lie between the two ends, sent but not read: the kernel's largest buffer of a receiver."""
    largest = Path("/proc/sys/net/ipv4/tcp_rmem")
    return max(8 * 2**20, int(largest.read_text().split()[2]) if largest.exists() else 0) + 2**20


def send_until_refused(line: socket.socket, way: str) -> int:
    """Send until the server answers or hangs up; return how many bytes that were. A response must be a refusal."""
    piece, sent = b"x" * 2**16, 0
    line.setblocking(False)
    while sent < GIBIBYTE:
        try:
            response = line.recv(64)
            assert not response or re.match(rb"HTTP/1.1 (303|4\d\d)", response), response
            return sent
        except BlockingIOError:
            pass
        except ConnectionError:
            return sent
        try:
            line.setblocking(True)
            line.settimeout(60)
            line.sendall(piece if way == "with_its_length" else b"10000\r\n" + piece + b"\r\n")
            sent += len(piece)
        except ConnectionError:
            return sent
        finally:
            line.setblocking(False)
    raise AssertionError("all of it was taken")


@pytest.mark.timeout(1800)  # it is work for minutes where other work is done as well
def test_F10_two_hundred_uploads_at_once_are_taken_or_put_off_in_plain_words(app, web, worker):
    names = ("12345", "23456", "34567", "45678")
    for name in names[1:]:
        make_user(app, name)
    visitors = [Visitor(web.port, name) for name in names]
    bodies = [visitor.upload(noise(0.2)) for visitor in visitors]
    responses = at_once(200, lambda n: visitors[n % 4].begin_job(bodies[n % 4]))
    assert {status for status, _ in responses} <= {303, 429, 503}, "no connection was reset, no error was raw"
    accepted = {job_id for status, job_id in responses if status == 303}
    assert accepted and "" not in accepted
    for visitor in visitors:
        assert visitor.ask("GET", f"/{visitor.user}/history")[0] == 200
    wait_for(lambda: all(status_of(app, job_id) in ENDED for job_id in accepted), 900)
    assert {status_of(app, job_id) for job_id in accepted} == {DONE}


def test_C06_what_the_web_server_keeps_is_for_its_user_alone(app, web):
    job_id = upload_of(Visitor(web.port), picture())
    with app.app_context():
        kept = list(get_folder(job_id).iterdir())
    assert kept and not any(path.stat().st_mode & 0o077 for path in kept)
