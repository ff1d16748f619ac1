"""The disk of the pictures takes nothing: people read, and are told what is wrong; the log says it once."""

import errno
import logging
import subprocess

import pytest

from jobs.files import storage
from tests.accounts.people import JSON
from tests.jobs.support import address, make_job, picture, run_job, upload
from tests.support.servers import EVERYTHING_IS_COMPULSORY


@pytest.fixture
def disk(tmp_path):
    """A file system of its own, which may be made read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        (pytest.fail if EVERYTHING_IS_COMPULSORY else pytest.skip)("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def environment(environment, disk):
    return environment | {"STORAGE_DIR": str(disk)}


@pytest.fixture
def make_read_only(disk, monkeypatch, caplog):
    """Call it, then it is; `caplog` has what is logged from then on."""
    monkeypatch.setattr(storage, "_told_read_only", False)

    def make() -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        caplog.clear()
        caplog.set_level(logging.WARNING)

    return make


def list_told(caplog) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_upload_is_refused_in_words_and_the_log_says_once_why(owner, make_read_only, caplog):
    make_read_only()
    responses = [upload(owner, picture(), headers=JSON) for _ in range(3)]
    assert {(response.status_code, response.json["error"]["key"]) for response in responses} == {(503, "read_only")}
    assert "cannot write to its disk" in responses[0].json["error"]["message"] and "Retry-After" in responses[0].headers
    page = upload(owner, picture())
    assert page.status_code == 503 and "cannot write to its disk" in page.text
    assert len(list_told(caplog)) == 1 and "Read-only file system" in list_told(caplog)[0]


def test_what_is_there_is_read_and_deleted_jobs_can_be_brought_back(owner, owner_id, make_read_only, caplog):
    job_id = run_job(make_job(owner_id)).id
    make_read_only()
    for place in ("", "/result", "/original", "/preview", "/thumbnail"):
        assert owner.get(address(job_id, place)).status_code == 200
    assert owner.get(address(job_id, "/result?format=webp"), headers=JSON).json["error"]["key"] == "read_only"
    token = owner.token_of("/12345/account")
    assert owner.post(address(job_id, "/deletion"), token=token).status_code == 303
    assert owner.post("/12345/history/restoration", {"id": job_id}, token=token).status_code == 303
    assert owner.post("/12345/history/erasure", {"id": job_id}, token=token, headers=JSON).status_code == 404
    assert len(list_told(caplog)) == 1


def test_nothing_is_erased_from_the_database_whose_files_must_stay(owner, owner_id, make_read_only):
    job_id = make_job(owner_id)
    token = owner.token_of("/12345/account")
    owner.post(address(job_id, "/deletion"), token=token)
    make_read_only()
    response = owner.post("/12345/history/erasure", {"id": job_id}, token=token, headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (503, "read_only")
    assert owner.post("/12345/history/restoration", {"id": job_id}, token=token).status_code == 303


def test_a_job_whose_result_cannot_be_written_fails_with_the_reason(in_app, user_id, make_read_only, caplog):
    job_id = make_job(user_id)
    make_read_only()
    job = run_job(job_id)
    assert (job.status, job.error_key) == ("failed", "read_only")
    assert len(list_told(caplog)) == 1


def test_a_folder_that_belongs_to_somebody_else_is_one_that_cannot_be_written(in_app):
    mine = OSError(errno.EACCES, "Permission denied", str(storage.get_backend().root / "ab"))
    foreign = OSError(errno.EACCES, "Permission denied", "/etc/shadow")
    assert storage.is_read_only(mine) and not storage.is_read_only(foreign)
