"""F07: the database goes away in the middle of a job and comes back."""

import time

import pytest

from models import Job, User, db
from tests.accounts.people import JSON
from tests.jobs.support import make_job, quickest, wait_until


@pytest.fixture
def engine() -> str:
    return "mariadb"


def test_F07_a_job_outlives_the_loss_of_its_database(browser, in_app, gate, mariadb, start_worker, wait_for):
    worker = start_worker().ready()
    user_id = db.session.scalar(db.select(User.id))
    job_id = make_job(user_id, service="sampler", way="wait")
    wait_for(gate.with_suffix(".reached").exists)
    db.session.remove()
    mariadb.stop()
    try:
        worker.says("is away")

        def time_response() -> float:
            started = time.monotonic()
            response = browser.get("/12345/history", headers=JSON)
            assert (response.status_code, response.json["error"]["key"]) == (503, "unavailable")
            assert int(response.headers["Retry-After"]) > 0
            return time.monotonic() - started

        assert quickest(time_response, 10) < 10
        gate.touch()
        worker.says(f"job {job_id} waits for it")
    finally:
        mariadb.start()
    assert wait_until(job_id).status == "done"
    assert wait_until(make_job(user_id)).status == "done", "nothing had to be started again"
    assert db.session.query(Job).count() == 2
