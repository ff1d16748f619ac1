"""What a worker does while something is away: Redis, the tables; and what its log says of it."""

import json
import logging
import subprocess
import sys

import pytest
from flask_migrate import upgrade

import logs
from accounts.security import audit
from app import create_app
from config import load
from models import Worker, db
from tests.jobs.support import make_job, wait_until
from tests.support.servers import Redis


def test_jobs_run_while_redis_is_away_and_the_log_says_it_once(environment, database, request, start_worker, wait_for):
    server = Redis()
    environment["QUEUE_URL"] = server.url
    user_id = request.getfixturevalue("user_id")
    try:
        worker = start_worker().ready()
        assert wait_until(make_job(user_id)).status == "done"
        server.stop()
        for _ in range(3):
            assert wait_until(make_job(user_id)).status == "done"
        server.start()
        worker.says("The queue answers again")
        assert wait_until(make_job(user_id)).status == "done"
        text = worker.log.read_text()
        assert text.count("The queue does not answer") == text.count("The queue answers again") == 1
        assert len(text.splitlines()) < 40, text
    finally:
        server.stop()


def test_a_worker_without_tables_says_what_to_do_and_goes_on_when_they_are_there(environment, start_worker, tmp_path):
    for path in (tmp_path / "instance").glob("revive.db*"):
        path.unlink()
    app = create_app(load(environment))
    worker = start_worker().says("revive db upgrade")
    told = app.test_client().get("/healthz")
    assert (told.status_code, told.json["status"]) == (503, "down") and "tables" in told.json["database"]
    refused = app.test_client().get("/api/v1/jobs", headers={"Authorization": "Bearer rv_x"})
    assert (refused.status_code, refused.json["error"]["key"]) == (503, "no_tables")
    with app.app_context():
        upgrade()
        db.engine.dispose()
    worker.says("fits again")
    assert worker.process.poll() is None


@pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
def test_workers_that_start_together_write_their_rows_without_a_deadlock(in_app, start_worker, wait_for):
    workers = [start_worker() for _ in range(2)]
    for worker in workers:
        worker.ready()

    def count() -> int:
        db.session.rollback()
        return db.session.query(Worker).count()

    wait_for(lambda: count() == 2)
    assert "deadlock" not in workers[0].log.read_text().lower()
    assert "The database is" not in workers[0].log.read_text()


@pytest.fixture
def formatted():
    """Lines of the log in both formats."""
    record = logging.LogRecord("worker.runner", logging.INFO, "", 0, "Job %s", ("x",), None)
    return logs.TextFormatter().format(record), logs.JsonFormatter()


def test_a_line_has_one_time_and_json_has_the_ids(formatted):
    text, formatter = formatted
    assert text.endswith("INFO worker.runner: Job x")
    said = logging.LogRecord(audit.logger.name, logging.INFO, "", 0, "2026-01-01T00:00:00 signed_in", (), None)
    assert logs.TextFormatter().format(said) == "2026-01-01T00:00:00 signed_in"
    with logs.note_job("ab"):
        line = json.loads(formatter.format(said))
    assert (line["job_id"], line["level"], line["logger"]) == ("ab", "info", "revive.audit")
    assert line["message"] == "signed_in"
    assert "request_id" not in line


def test_every_response_has_the_id_of_its_request(client):
    first, second = (client.get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert first != second and len(first) == 16
    assert client.get("/healthz", headers={"X-Request-ID": "forged-123456"}).headers["X-Request-ID"] != "forged-123456"


def test_the_site_listens_on_ipv6(environment, database, tmp_path):
    code = "import runpy; print(runpy.run_path('gunicorn.conf.py')['bind'])"
    given = {**environment, "HOST": "::1", "PORT": "5001"}
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True)
    assert done.stdout.strip() == "[::1]:5001", done.stderr
