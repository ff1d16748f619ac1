"""The queue: quick, harmless when it is lost, and never more than data."""

import json
import pickle
import sqlite3
import time

import pytest
import redis
from huey.registry import Message

from jobs import queue
from models import Job, db
from tests.jobs.support import make_job, picture, quickest, upload, wait_until
from tests.support.servers import free_port


def take_all(app, kind: str) -> list[str]:
    """Take everything out of the queue, as a worker would."""
    wake_up, ids = queue.get_wake_up(app, kind), []
    wake_up.listener = ids.append
    while task := wake_up.huey.dequeue():
        wake_up.huey.execute(task)
    return ids


def test_a_message_carries_an_id_and_nothing_else(in_app):
    queue.notify_worker("ab" * 16)
    queue.notify_mailer("cd" * 16)
    assert take_all(in_app, queue.JOB) == ["ab" * 16]
    assert take_all(in_app, queue.MAIL) == ["cd" * 16]
    assert take_all(in_app, queue.JOB) == []


def test_messages_are_json(in_app, environment):
    queue.notify_worker("ab" * 16)
    rows = sqlite3.connect(f"{environment['INSTANCE_DIR']}/queue.db").execute("SELECT data FROM task").fetchall()
    assert "ab" * 16 in json.dumps(json.loads(rows[0][0]))


def test_what_is_slipped_into_the_queue_is_never_executed(in_app, tmp_path):
    class Canary:
        def __reduce__(self):
            return open, (str(tmp_path / "canary"), "w")

    wake_up = queue.get_wake_up(in_app, queue.JOB)
    wake_up.huey.storage.enqueue(pickle.dumps(Message("1", "jobs.queue.get_wake_up", args=(Canary(),))))
    with pytest.raises(ValueError):
        wake_up.huey.dequeue()
    assert not (tmp_path / "canary").exists()


def test_a_lost_message_costs_only_the_time_to_the_next_recovery(user_id, start_worker, monkeypatch):
    start_worker().ready()
    monkeypatch.setattr("jobs.lifecycle.notify_worker", lambda job_id: None)

    def wait() -> float:
        job = wait_until(make_job(user_id))
        assert job.status == "done"
        return (job.started_at - job.created_at).total_seconds()

    assert quickest(wait, 60, tries=3) < 60


def test_F08_an_upload_is_taken_while_the_queue_is_away(environment, database, request, caplog):
    environment["QUEUE_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    browser = request.getfixturevalue("browser")

    def took() -> float:
        started = time.monotonic()
        assert upload(browser, picture()).status_code == 303
        return time.monotonic() - started

    assert quickest(took, 10) < 10
    assert "queue does not answer" in caplog.text
    with browser.app.app_context():
        assert {job.status for job in db.session.scalars(db.select(Job))} == {"queued"}


def test_redis_rings_as_well(environment, database, redis_server, request, start_worker):
    environment |= {"QUEUE_URL": redis_server.url, "NO_SWEEP": "1"}
    user_id = request.getfixturevalue("user_id")
    start_worker().ready()
    assert wait_until(make_job(user_id)).status == "done"


def lines_about_the_queue(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.getMessage().startswith("The queue")]


def test_F08_a_lost_queue_is_told_once_when_it_is_lost_and_once_when_it_is_back(in_app, caplog, monkeypatch):
    asked = []

    def be_away(*_args):
        asked.append(1)
        raise redis.ConnectionError("Connection refused")

    for kind in (queue.JOB, queue.MAIL):
        monkeypatch.setattr(queue.get_wake_up(in_app, kind).huey.storage, "enqueue", be_away)
    for n in range(50):
        queue.notify_worker(f"{n:032x}")
        queue.notify_mailer(f"{n:032x}")
    assert len(asked) == 1, "nobody else waits for a queue that is known to be away"
    monkeypatch.undo()
    soon = time.monotonic() + queue._RETRY_SECONDS
    monkeypatch.setattr(queue.time, "monotonic", lambda: soon)
    for n in range(3):
        queue.notify_worker(f"{n:032x}")
    lost, back = lines_about_the_queue(caplog)
    assert "does not answer (ConnectionError)" in lost and "answers again" in back


def test_F08_a_worker_without_its_queue_writes_one_line_and_no_traceback(environment, database, request, start_worker):
    environment |= {"QUEUE_URL": f"redis://127.0.0.1:{free_port()}/0"}
    request.getfixturevalue("user_id")
    worker = start_worker().ready()
    worker.says("The queue does not answer")
    time.sleep(5)  # looks by the consumers every second, maintenance every three
    said = worker.log.read_text()
    assert said.count("The queue does not answer") == 1
    assert "Traceback" not in said and "ConnectionError" in said


def test_F08_a_worker_says_when_its_queue_is_back(environment, database, redis_server, request, start_worker):
    environment |= {"QUEUE_URL": redis_server.url}
    user_id = request.getfixturevalue("user_id")
    worker = start_worker().ready()
    redis_server.stop()
    try:
        worker.says("The queue does not answer")
    finally:
        redis_server.start()
    worker.says("The queue answers again.")
    assert worker.log.read_text().count("The queue answers again.") == 1
    assert wait_until(make_job(user_id)).status == "done"
