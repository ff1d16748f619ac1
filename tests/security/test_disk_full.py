"""F06: the disk of the database and the pictures is full: people read, sign in and delete, and are told what it is."""

import contextlib
import errno
import http.client
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import event

from accounts import sessions
from jobs import health
from models import User, db, disk_reserve
from tests.accounts.people import JSON, PASSWORD, Browser, let_time_pass, make_user, sign_in_person
from tests.jobs.support import ROOT, address, picture, upload
from tests.security.live import Visitor, wait_for
from tests.support.servers import EVERYTHING_IS_COMPULSORY, free_port, stop, wait_for_port

DISK_MEGABYTES = 24
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, smaller than any real one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        (pytest.fail if EVERYTHING_IS_COMPULSORY else pytest.skip)("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def environment(request, environment):
    """Everything that Revive keeps lies on the small disk, where a test asks for one."""
    if "small_disk" in request.fixturenames:
        environment["INSTANCE_DIR"] = str(request.getfixturevalue("small_disk") / "instance")
    return environment


@pytest.fixture
def site(app, environment, tmp_path):
    """The port of a web server; a worker beside it."""
    port = free_port()
    environment |= {"PORT": str(port), "PATH": os.environ["PATH"], "WEIGHTS_DIR": str(tmp_path / "weights")}
    commands = (["-m", "gunicorn", "app:create_app()"], ["-m", "flask", "worker"])
    with (tmp_path / "output").open("w") as output:
        processes = [
            subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=output, stderr=output)
            for command in commands
        ]
        try:
            wait_for_port(port, process=processes[0])
            yield port
            assert [process.poll() for process in processes] == [None, None], (tmp_path / "output").read_text()
            assert "Traceback" not in (tmp_path / "output").read_text(), (tmp_path / "output").read_text()
        finally:
            for process in processes:
                stop(process)


def fill(folder: Path) -> Path:
    """Take every byte of a file system."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size):
                    pass
    status = os.statvfs(folder)
    assert status.f_bavail == 0
    return path


def health_of(visitor: Visitor) -> dict:
    return json.loads(visitor.ask("GET", "/healthz")[1])


def send(visitor: Visitor, path: str, **fields: str) -> int:
    body = urlencode({"csrf_token": visitor.token, **fields})
    return visitor.ask("POST", path, body, FORM)[0]


def fetch(port: int, path: str, visitor: Visitor) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    connection.request("GET", path, headers={"Cookie": cookies})
    response = connection.getresponse()
    assert response.status == 200, path
    return response.read()


@pytest.mark.timeout(600)
def test_F06_on_a_full_disk_people_read_sign_in_and_delete_and_are_told_what_is_wrong(app, small_disk, site):
    make_user(app)
    make_user(app, "23456")
    first, second = Visitor(site), Visitor(site, "23456")
    status, job_id = first.begin_job(first.upload())
    assert status == 303
    wait_for(lambda: first.ask("GET", address(job_id, "/result"))[0] == 200, 120)
    wait_for(lambda: (small_disk / "instance" / "reserved-space").exists(), 60)
    let_time_pass(app, minutes=5)  # so that the sessions' last use would be written
    filler = fill(small_disk)
    for page in (*first.pages, address(job_id)):
        assert first.ask("GET", page)[0] == (303 if page == "/login" else 200), page
    for name in ("/original", "/preview", "/thumbnail", "/result"):
        assert fetch(site, address(job_id, name), first)
    assert zipfile.ZipFile(io.BytesIO(fetch(site, "/12345/account/data", first))).testzip() is None
    told = health_of(first)
    assert (told["status"], told["disk"], told["database"]) == ("degraded", "full", "ok")
    status, text = first.ask("POST", "/12345/adjust", first.upload(), "multipart/form-data; boundary=x")
    assert (status, json.loads(text)["error"]["key"]) == (507, "storage_full")
    assert Visitor(site).ask("GET", "/12345/")[0] == 200, "somebody signed in"
    assert send(first, address(job_id, "/deletion")) == 303
    assert send(second, "/23456/account/deletion", deletion_password=PASSWORD) == 303
    with app.app_context():
        assert [user.name for user in db.session.query(User)] == ["12345"]
    status, text = first.ask("POST", "/12345/adjust", first.upload(), "multipart/form-data; boundary=x")
    assert status == 507, "what was given up for people's own acts is not for pictures"
    filler.unlink()
    wait_for(lambda: health_of(first)["disk"] == "low" and health_of(first)["worker"] == "ok", 60)
    assert first.begin_job(first.upload())[0] == 303
    wait_for(lambda: (small_disk / "instance" / "reserved-space").exists(), 60)


@pytest.fixture
def full_database(app):
    """Call it: from then on the database takes not one page more, as on a full disk. SQLite itself says so."""

    def limit(connection, *_rest) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    with app.app_context():
        engine = db.engine

    def make_full() -> None:
        event.listen(engine, "checkout", limit)

    yield make_full
    event.remove(engine, "checkout", limit)


def test_F06_a_full_database_is_not_called_a_lost_one(app, full_database):
    browser = sign_in_person(app)
    full_database()
    for n in range(400):  # until the free pages are used up
        response = Browser(app, f"10.0.{n // 200}.{n % 200}").ask_for_code(f"{30000 + n}", headers=JSON)
        if response.status_code != 202:
            break
    assert (response.status_code, response.json["error"]["key"]) == (507, "storage_full")
    page = Browser(app, "10.0.9.9").ask_for_code("99999")
    assert page.status_code == 507 and "no space left" in page.text
    assert browser.get("/12345/account").status_code == 200


def test_F06_a_session_is_found_where_its_last_use_cannot_be_written(app, monkeypatch):
    browser = sign_in_person(app)
    let_time_pass(app, minutes=5)
    monkeypatch.setattr(sessions, "_next_write_at", 0.0)
    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    assert browser.get("/12345/account").status_code == 200
    response = browser.post("/12345/account/theme", {"theme": "dark"}, token=browser.token_of("/12345/account"))
    assert response.status_code == 503 and "cannot write to its disk" in response.text
    assert "cannot reach its database" not in response.text


def test_F06_storage_that_is_read_only_is_told_as_such(app, monkeypatch):
    browser = sign_in_person(app)

    def refuse(*_args, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("jobs.files.storage.draft", refuse)
    response = upload(browser, picture(), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (503, "read_only")


def test_health_says_that_a_disk_is_full_or_read_only(app, monkeypatch):
    with app.app_context():
        monkeypatch.setattr(disk_reserve, "measure_room_for_pictures", lambda folder: 0)
        assert health.report()["disk"] == "full"
        monkeypatch.setattr(os, "access", lambda *_args, **_options: False)
        told = health.report()
    assert (told["status"], told["disk"], told["worker"]) == ("degraded", "read-only", "unknown")


def test_the_reserve_is_held_once_given_up_when_full_and_left_alone_by_pictures(app, monkeypatch):
    reserve = Path(app.config["INSTANCE_DIR"]) / "reserved-space"
    with app.app_context():
        disk_reserve.release_if_full()
        assert not reserve.exists()
        disk_reserve.hold()
        written = reserve.stat().st_mtime_ns
        disk_reserve.hold()
        assert (reserve.stat().st_size, reserve.stat().st_mtime_ns) == (disk_reserve.RESERVE_BYTES, written)
        free = disk_reserve._free_bytes(reserve.parent)
        assert disk_reserve.measure_room_for_pictures(reserve.parent) == pytest.approx(free, abs=2**24)
        monkeypatch.setattr(disk_reserve, "_free_bytes", lambda folder: 2**19)
        disk_reserve.release_if_full()
        assert not reserve.exists()
        monkeypatch.setattr(disk_reserve, "_free_bytes", lambda folder: 2**22)
        assert disk_reserve.measure_room_for_pictures(reserve.parent) == 0
        disk_reserve.hold()
        assert not reserve.exists(), "there is not plenty"
