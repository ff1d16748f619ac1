"""What people are told while they wait, and what the health page tells of the whole."""

from datetime import timedelta

from flask import Flask

from jobs import health, progress
from models import Job, Worker, db, utc_now
from tests.jobs.support import address, facts_of, make_from, make_job, picture
from tests.support.engines import both_engines


def job(job_id: str) -> Job:
    return db.session.get(Job, job_id, populate_existing=True)


def took(job_id: str, seconds: float) -> None:
    """Pretend that the job was done in so many seconds."""
    row = job(job_id)
    row.status, row.started_at, row.finished_at = "done", utc_now(), utc_now() + timedelta(seconds=seconds)
    row.result_file = "result.png"
    db.session.commit()


def add_worker(threads: int = 1, seen_seconds_ago: float = 0) -> None:
    db.session.add(Worker(id="w", threads=threads, seen_at=utc_now() - timedelta(seconds=seen_seconds_ago)))
    db.session.commit()


@both_engines
def test_the_position_counts_those_who_wait_before(user_id):
    first, second, third = (make_job(user_id) for _ in range(3))
    assert [progress.find_position(job(each)) for each in (first, second, third)] == [1, 2, 3]
    took(first, 1)
    assert [progress.find_position(job(each)) for each in (first, second, third)] == [None, 1, 2]


def test_nothing_is_said_of_the_time_before_there_is_something_to_learn_from(user_id):
    waiting = make_job(user_id)
    add_worker()
    assert progress.estimate_seconds(job(waiting)) is None


@both_engines
def test_the_time_is_learnt_from_the_pixels_of_earlier_jobs(user_id):
    for seconds in (1, 10, 100):
        took(make_job(user_id, picture(100, 100)), seconds)
    first = make_job(user_id, picture(200, 100))
    second = make_job(user_id, picture(100, 100))
    add_worker()
    assert progress.estimate_seconds(job(first)) == 20
    assert progress.estimate_seconds(job(second)) == 30


def test_nothing_is_learnt_from_a_run_that_had_the_work_of_an_earlier_one(user_id):
    first = make_job(user_id, picture(100, 100))
    again = make_from(user_id, first, "adjust", brightness="2")
    took(first, 10)
    took(again, 1)
    waiting = make_job(user_id, picture(100, 100))
    add_worker()
    assert progress.estimate_seconds(job(waiting)) == 10


def test_a_run_that_declined_teaches_nothing_and_the_same_way_teaches_most(user_id):
    for way, seconds in (("patch", 10), ("patch", 12), ("patch", 14), ("dfnet", 100)):
        done = make_job(user_id, picture(100, 100))
        job(done).options = {"engine": way}
        took(done, seconds)
    declined = make_job(user_id, picture(100, 100))
    took(declined, 1)
    job(declined).result_file = ""
    db.session.commit()
    waiting = make_job(user_id, picture(100, 100))
    job(waiting).options = {"engine": "dfnet"}
    db.session.commit()
    add_worker()
    assert progress.estimate_seconds(job(waiting)) == 100
    job(waiting).options = {"engine": "another"}
    db.session.commit()
    assert progress.estimate_seconds(job(waiting)) == 13


def test_a_job_that_takes_longer_than_was_learnt_is_promised_nothing(user_id):
    took(make_job(user_id), 10)
    running = make_job(user_id)
    row = job(running)
    row.status, row.started_at = "running", utc_now() - timedelta(seconds=4)
    db.session.commit()
    assert progress.estimate_seconds(job(running)) == 6
    row.started_at = utc_now() - timedelta(seconds=11)
    db.session.commit()
    assert progress.estimate_seconds(job(running)) is None


def test_who_waits_for_no_worker_is_told_so(owner, owner_id):
    waiting = make_job(owner_id)
    assert facts_of(owner, waiting)["no_worker"] is True
    assert "Nothing works on the queue at this moment" in owner.get(address(waiting)).text
    add_worker()
    assert facts_of(owner, waiting)["no_worker"] is False


def test_no_time_is_promised_while_no_worker_lives(user_id):
    took(make_job(user_id), 1)
    waiting = make_job(user_id)
    assert progress.estimate_seconds(job(waiting)) is None
    add_worker(seen_seconds_ago=60)
    assert progress.estimate_seconds(job(waiting)) is None


def test_F17_health_tells_a_missing_worker_from_a_healthy_site(app: Flask, in_app, monkeypatch):
    monkeypatch.setattr(health, "MIN_FREE_MEGABYTES", 0)  # whatever this machine's own disk may have
    client = app.test_client()
    told = client.get("/healthz")
    assert (told.status_code, told.json["status"], told.json["worker"]) == (200, "degraded", "none")
    add_worker()
    told = client.get("/healthz").json
    parts = ("status", "web", "database", "worker", "queue", "disk", "mail", "storage")
    assert told == dict.fromkeys(parts, "ok") | {"storage_kind": "folder"}


def test_health_says_when_the_disk_is_nearly_full(app, in_app, monkeypatch):
    monkeypatch.setattr(health, "MIN_FREE_MEGABYTES", 10**12)
    assert app.test_client().get("/healthz").json["disk"] == "low"


def test_health_is_503_without_a_database(app, tmp_path):
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    for path in (tmp_path / "instance").glob("revive.db*"):
        path.unlink()
    (tmp_path / "instance" / "revive.db").mkdir()
    told = app.test_client().get("/healthz")
    assert (told.status_code, told.json["status"], told.json["database"]) == (503, "down", "away")
