"""The fault test in short, and whether it would see what it looks for."""

import hashlib
import io
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from benchmarks.faults import check
from benchmarks.faults.people import Notes, Order, is_honest
from benchmarks.faults.proxy import Network
from jobs import idempotency, lifecycle
from jobs.files import storage
from jobs.files.uploads import FormFile
from models import Job, db
from services import get
from tests.jobs.support import make_user, picture, run_job
from tests.support.servers import need
from tests.support.stored import get_folder
from worker import recovery

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("kill -9 web", "kill -9 worker-1", "kill -9 database", "queue down", "full disk", "worker-2 and Redis")


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_done_twice_while_something_breaks_every_few_seconds(tmp_path):
    need("mariadbd", "mysqld")
    need("redis-server")
    report = tmp_path / "report.json"
    options = ["--minutes", "1", "--every", "8", "--people", "6", "--pause", "4", "--report", report]
    command = [sys.executable, "-m", "benchmarks.faults", *options, "--folder", tmp_path / "site", "--kinds", *SHORT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text())
    assert told["violations"] == [] and len(told["faults"]) >= 5
    assert told["jobs"]["done"] >= 3, told


@pytest.fixture
def order(in_app):
    """A job that was made by one request and is done."""
    data, person = picture(), make_user()
    mark = lifecycle.RequestMark(idempotency.hash_key("a key"), "")
    files = {"image": FormFile(io.BytesIO(data), "photo.jpg")}
    job = lifecycle.create(person, get("adjust"), {"brightness": "1.5"}, files, mark)
    assert run_job(job.id).status == "done"
    return Order("a key", "12345", "adjust", hashlib.sha256(data).hexdigest(), job.id)


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield app


def rows() -> dict[str, Job]:
    return {job.id: job for job in db.session.scalars(db.select(Job))}


class SiteWithoutWorkers:
    """As much of a site as the checks of rows and files ask for."""

    workers = ()

    def __init__(self):
        self.storage = storage.get_backend().root

    def run_command(self, *words: str) -> None:
        recovery.purge()


def test_a_job_as_it_should_be_is_no_violation(order):
    site = SiteWithoutWorkers()
    assert check._find_lost(rows(), [order]) == check._find_damaged(SiteWithoutWorkers(), rows(), [order]) == []
    assert check._find_twice(site, rows(), [order]) == check._find_orphans(site) == []


def test_the_checks_see_what_is_lost_doubled_damaged_and_orphaned(order):
    site, folder = SiteWithoutWorkers(), get_folder(order.job_id)
    assert check._find_lost({}, [order])
    assert check._find_twice(site, rows(), [])
    (folder / "result.png").unlink()
    (folder / "original.jpg").write_bytes(b"another")
    assert len(check._find_damaged(SiteWithoutWorkers(), rows(), [order])) == 2
    (folder / "answer-7.png").write_bytes(b"left over")
    (storage.get_backend().root / "ab" / ("ab" * 16)).mkdir(parents=True)
    assert len(check._find_orphans(site)) == 2
    row = db.session.get(Job, order.job_id)
    row.status, row.error_key = "failed", "unexpected"
    assert "unexpected" in check._find_lost({row.id: row}, [order])[0]


@pytest.mark.parametrize(
    ("status", "key", "headers", "honest"),
    [
        (503, "unavailable", {"Retry-After": "5"}, True),
        (503, "unavailable", {}, False),
        (507, "storage_full", {}, True),
        (500, "unexpected", {}, False),
        (502, "", {}, False),
        (401, "token_needed", {}, False),
    ],
)
def test_only_an_honest_503_or_507_is_an_error_that_people_may_get(status, key, headers, honest):
    response = httpx.Response(status, json={"error": {"key": key}}, headers=headers)
    assert is_honest(response) is honest
    notes = Notes()
    notes.note("page", response, 0.1)
    assert bool(notes.wrong) is not honest


def test_a_cut_link_holds_bytes_back_and_loses_none():
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Network().link(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", link.port)) as near:
            far, _ = server.accept()
            near.sendall(b"one")
            assert far.recv(10) == b"one"
            link.cut()
            time.sleep(0.1)
            near.sendall(b"two")
            far.settimeout(0.3)
            with pytest.raises(TimeoutError):
                far.recv(10)
            link.mend()
            far.settimeout(10)
            assert far.recv(10) == b"two"
            far.close()
