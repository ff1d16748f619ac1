"""The database is lost in the middle of a commit: nobody is told whether it was written."""

import os
import time

import pytest
from sqlalchemy.exc import OperationalError

from jobs.files import results, storage
from models import Job, db
from models.job import DONE, FAILED, RUNNING
from tests.jobs.support import make_job, run_job
from tests.support.stored import get_folder
from worker import recovery, runner


def lose(*_arguments) -> None:
    raise OperationalError("COMMIT", None, ConnectionResetError("lost"))


@pytest.fixture
def lost_after_commit(in_app, monkeypatch):
    """The next commit of the session is written, and its caller hears that the connection was lost."""
    commit = db.session.commit

    def commit_and_lose() -> None:
        commit()
        monkeypatch.setattr(db.session, "commit", commit)
        lose()

    return lambda: monkeypatch.setattr(db.session, "commit", commit_and_lose)


def test_an_upload_whose_commit_was_lost_keeps_its_picture_and_runs(user_id, lost_after_commit, monkeypatch):
    make_job(user_id)  # the day's counters are there
    add = db.session.add

    def add_and_prepare(row) -> None:
        add(row)
        if isinstance(row, Job):
            lost_after_commit()

    monkeypatch.setattr(db.session, "add", add_and_prepare)
    with pytest.raises(OperationalError):
        make_job(user_id)
    job_id = db.session.scalar(db.select(Job.id).order_by(Job.number.desc()).limit(1))
    assert (get_folder(job_id) / "original.jpg").is_file()
    assert run_job(job_id).status == DONE
    make_old()
    recovery.purge()
    assert recovery.list_missing_files() == [] and not storage.list_uncommitted(0)


def test_an_upload_that_was_not_written_leaves_a_folder_that_the_purge_removes(user_id, monkeypatch):
    make_job(user_id)
    monkeypatch.setattr(db.session, "commit", lambda: (db.session.rollback(), lose()))
    with pytest.raises(OperationalError):
        make_job(user_id)
    monkeypatch.undo()
    make_old()
    recovery.purge()
    assert set(storage.list_job_ids()) == set(db.session.scalars(db.select(Job.id)))


def test_a_run_whose_last_commit_was_lost_counts_and_is_told_as_done(user_id, caplog):
    caplog.set_level("INFO")
    job_id = make_job(user_id)
    said = []

    wrapped = db.engine.dialect.do_commit

    def commit_and_lose(connection) -> None:
        wrapped(connection)
        if runner.is_busy() and not said and is_done(connection, job_id):
            said.append(connection)
            lose()

    db.engine.dialect.do_commit = commit_and_lose
    try:
        assert run_job(job_id).status == DONE
    finally:
        del db.engine.dialect.do_commit
    assert said and f"Job {job_id} (adjust): done" in caplog.text


def is_done(connection, job_id: str) -> bool:
    return connection.execute("SELECT status FROM jobs WHERE id = ?", (job_id,)).fetchone()[0] == DONE


def make_old() -> None:
    then = time.time() - 2 * 3600
    for path in storage.get_backend().root.rglob("*"):
        os.utime(path, (then, then))


def test_what_a_lost_run_had_stored_goes_when_its_job_fails(user_id, monkeypatch):
    job_id = make_job(user_id)
    storage.save(job_id, "result.png", b"half")
    gone = f"{recovery.process_identity.make_worker_id()}/000000"
    change = {"status": RUNNING, "worker": gone, "attempts": recovery.MAX_ATTEMPTS}
    db.session.execute(db.update(Job).where(Job.id == job_id).values(**change))
    db.session.commit()
    assert recovery.Watch().rescue() == 1
    job = db.session.get(Job, job_id, populate_existing=True)
    assert (job.status, job.error_key) == (FAILED, recovery.WORKER_LOST)
    names = {path.name for path in get_folder(job_id).iterdir()}
    assert names >= set(results.list_names(job)) and "result.png" not in names
