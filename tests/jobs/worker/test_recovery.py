"""Maintenance: jobs of dead workers, lost folders, pictures past their time."""

import os
import time
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from jobs import process_identity
from jobs.files import storage
from models import Job, db, utc_now
from tests.jobs.support import list_stored_files, make_job, picture, status_of
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from worker import recovery, runner

WORKER = "other-host:00000000:42:1"
ELSEWHERE = f"{WORKER}/0a0b0c"


@pytest.fixture
def stuck(user_id) -> str:
    """A job that a worker of another machine seems to run."""
    job_id = make_job(user_id)
    assert runner._claim(job_id, ELSEWHERE)
    return job_id


def beat(job_id: str, moment) -> None:
    db.session.get(Job, job_id).heartbeat_at = moment
    db.session.commit()


@both_engines
def test_a_heartbeat_that_stands_still_for_the_lease_gives_the_job_to_others(stuck, monkeypatch):
    watch = recovery.Watch()
    assert watch.rescue() == 0
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.2)
    time.sleep(0.25)
    assert watch.rescue() == 1
    assert status_of(stuck) == "queued"


def test_F09_no_clock_set_wrong_takes_a_running_job_from_its_worker(stuck, monkeypatch):
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.2)
    watch = recovery.Watch()
    for hours in (0, -2, 2, 1):
        beat(stuck, utc_now() + timedelta(hours=hours))
        assert watch.rescue() == 0
        time.sleep(0.15)
    assert status_of(stuck) == "running"


def test_a_database_that_was_away_is_not_held_against_the_worker(stuck, monkeypatch):
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.2)
    watch = recovery.Watch()
    watch.rescue()
    time.sleep(0.25)
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(db.session, "execute", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, OSError())))
        watch.rescue()
    assert watch.rescue() == 0


def test_a_run_of_this_very_process_that_broke_off_is_noticed_at_once(user_id):
    job_id = make_job(user_id)
    assert runner._claim(job_id, process_identity.make_run(process_identity.make_worker_id()))
    assert recovery.Watch().rescue() == 1
    assert status_of(job_id) == "queued"


def test_a_worker_that_lost_its_job_changes_nothing_any_more(user_id, stuck, monkeypatch):
    """The first worker comes back from a long pause after another one has taken its job over and finished it."""
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0)
    recovery.Watch().rescue()
    assert runner.run(stuck, "second")
    runner._finish(stuck, ELSEWHERE, {"status": "failed", "error_key": "late", "error_message": "late"})
    job = db.session.get(Job, stuck, populate_existing=True)
    assert (job.status, job.error_key, job.worker.split("/")[0]) == ("done", "", "second")
    assert (get_folder(stuck) / job.result_file).exists()


def test_a_given_back_job_has_lost_no_attempt(stuck):
    assert recovery.give_back(WORKER) == 1
    job = db.session.get(Job, stuck, populate_existing=True)
    assert (job.status, job.attempts, job.worker) == ("queued", 0, "")


@both_engines
def test_D16_finished_jobs_are_deleted_after_their_time_with_their_files(in_app, user_id):
    old, young, waiting = make_job(user_id), make_job(user_id), make_job(user_id)
    for job_id in (old, young):
        runner.run(job_id, "a-test")
    db.session.get(Job, old, populate_existing=True).finished_at = utc_now() - timedelta(days=8)
    db.session.commit()
    assert recovery.purge() == 0, "zero days keep everything"
    in_app.config["RETENTION_DAYS"] = 7
    assert recovery.purge() == 1
    assert {job.id for job in db.session.scalars(db.select(Job))} == {young, waiting}
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == {young, waiting}


def test_what_a_crash_left_in_the_storage_goes_after_an_hour(in_app, user_id):
    job_id = make_job(user_id)
    draft = storage.get_backend().root / "incoming" / "abandoned"
    part = get_folder(job_id) / "result.png.0a0b.part"
    draft.mkdir()
    (draft / "original.part").write_bytes(b"x")
    part.write_bytes(b"x")
    recovery.purge()
    assert draft.exists() and part.exists(), "they may still be written to"
    for path in (draft, part):
        os.utime(path, (time.time() - 4000,) * 2)
    recovery.purge()
    assert not draft.exists() and not part.exists()
    assert (get_folder(job_id) / "original.jpg").exists()


def test_F13_files_whose_row_was_lost_in_a_crash_go_and_others_stay(in_app, user_id):
    lost, sound = make_job(user_id), make_job(user_id)
    for job_id in (lost, sound):
        storage.mark_uncommitted(job_id)
        os.utime(get_folder(job_id) / "row-unsure", (time.time() - 4000,) * 2)
    db.session.execute(db.delete(Job).where(Job.id == lost))
    db.session.commit()
    recovery.purge()
    assert not get_folder(lost).exists()
    assert sorted(path.name for path in get_folder(sound).iterdir())[0] == "original-preview.webp"


def test_the_check_command_names_orphans_and_missing_files(app, in_app, user_id):
    runner, job_id = app.test_cli_runner(), make_job(user_id)
    assert runner.invoke(args=["jobs", "check"]).exit_code == 0
    orphan = get_folder("ff" * 16)
    orphan.mkdir(parents=True)
    (orphan / "original.jpg").write_bytes(picture())
    os.utime(orphan, (time.time() - 4000,) * 2)
    (get_folder(job_id) / "original.jpg").unlink()
    told = runner.invoke(args=["jobs", "check", "--remove-orphans"])
    assert told.exit_code == 1
    assert "ff" * 16 in told.output and f"Job {job_id} lacks its file original.jpg" in told.output
    assert not orphan.exists()
