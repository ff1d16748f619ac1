"""Jobs, the queue and the figures, as the administrator steers and sees them."""

from datetime import timedelta

import pytest

from jobs import job_statistics, overview
from jobs.scheduling import scheduler
from models import DailyFigure, Job, User, Worker, db, utc_now
from tests.admin.conftest import ANNA, CHIEF, act, audit_lines
from tests.jobs.support import WorkerProcess, make_job, wait_until
from tests.support.engines import both_engines

ID = "ab" * 16


def add(app, user_id: int, job_id: str = ID, **columns) -> str:
    with app.app_context():
        columns = {"service": "adjust", "original_file": "original.png"} | columns
        db.session.add(Job(id=job_id, user_id=user_id, **columns))
        db.session.commit()
    return job_id


def status(app, job_id: str = ID) -> str:
    with app.app_context():
        return db.session.scalar(db.select(Job.status).where(Job.id == job_id))


@pytest.mark.parametrize("now", ["queued", "running"])
def test_a_job_that_waits_or_runs_is_cancelled(app, chief, anna, now):
    add(app, anna, status=now)
    response = act(chief, f"/jobs/{ID}/cancellation", next="/admin/jobs?status=queued")
    assert (response.status_code, response.location) == (303, "/admin/jobs?status=queued")
    assert status(app) == "cancelled"
    assert audit_lines(app, "job_cancelled") == [("job_cancelled", CHIEF, ANNA, "192.0.2.7", ID)]


def test_a_failed_job_is_tried_again(app, chief, anna):
    add(app, anna, status="failed", error_key="worker_lost", error_message="Lost.")
    act(chief, f"/jobs/{ID}/retry")
    assert status(app) == "queued"
    assert audit_lines(app, "job_retried") == [("job_retried", CHIEF, ANNA, "192.0.2.7", ID)]


@pytest.mark.parametrize("verb", ["cancellation", "retry"])
def test_what_cannot_be_done_to_a_job_is_told_and_not_written_down(app, chief, anna, verb):
    add(app, anna, status="done")
    response = act(chief, f"/jobs/{ID}/{verb}", next="//evil.example.com")
    assert (response.status_code, response.location) == (303, "/admin/jobs")
    assert 'role="status"' in chief.get("/admin/jobs").text
    assert status(app) == "done" and audit_lines(app, "job_cancelled", "job_retried") == []
    assert act(chief, f"/jobs/{'cd' * 16}/{verb}").status_code == 404


@both_engines
def test_while_the_queue_is_paused_no_job_is_next(app, chief, anna):
    add(app, anna)
    for _ in range(2):  # once more changes nothing
        assert act(chief, "/queue/pause").status_code == 303
    with app.app_context():
        assert scheduler.pick_next() is None
    assert "stands still" in chief.get("/admin/queue").text
    act(chief, "/queue/resumption")
    act(chief, "/queue/resumption")
    with app.app_context():
        assert scheduler.pick_next() == ID
    assert [scheduler[0] for scheduler in audit_lines(app, "queue_paused", "queue_resumed")] == [
        "queue_paused",
        "queue_resumed",
    ]


def test_a_real_worker_takes_nothing_while_paused_and_goes_on_when_resumed(app, environment, chief, anna, tmp_path):
    act(chief, "/queue/pause")
    worker = WorkerProcess(environment, tmp_path / "worker.log")
    try:
        worker.ready()
        with app.app_context():
            job_id = make_job(anna)
            with pytest.raises(TimeoutError):
                wait_until(job_id, seconds=4.5)  # longer than a round of maintenance
            assert "alive" in chief.get("/admin/queue").text
        act(chief, "/queue/resumption")
        with app.app_context():
            assert wait_until(job_id).status == "done"
        assert worker.ask_to_stop().ended() == 0
    finally:
        worker.kill()


def test_the_queue_page_tells_living_workers_from_silent_ones(app, chief):
    with app.app_context():
        db.session.add(Worker(id="alpha:m:1:1", device="Processor X, bf16"))
        db.session.add(Worker(id="omega:m:2:1", device="", seen_at=utc_now() - timedelta(minutes=5)))
        db.session.commit()
        first, second = overview.list_workers()
    assert (first.id, first.alive, first.device, first.precision) == ("alpha:m:1:1", True, "Processor X", "bfloat16")
    assert (second.id, second.alive, second.precision) == ("omega:m:2:1", False, "")
    page = chief.get("/admin/queue").text
    assert "alpha:1" in page and "silent" in page
    assert "bfloat16" in chief.get("/admin/weights").text and "omega" not in chief.get("/admin/weights").text


@both_engines
def test_days_are_counted_with_their_durations(app, chief, anna, monkeypatch):
    now = utc_now()
    for clock in ("jobs.job_statistics.utc_now", "jobs.overview.utc_now"):  # midnight may strike at any moment
        monkeypatch.setattr(clock, lambda: now)
    with app.app_context():
        db.session.query(User).update({"created_at": now})
        db.session.commit()
    for n, state in enumerate(("done", "done", "failed", "cancelled", "queued")):
        add(
            app,
            anna,
            f"{n:032x}",
            status=state,
            created_at=now - timedelta(days=n // 2),
            started_at=now,
            finished_at=now + timedelta(seconds=3 + n, milliseconds=500),
            error_key="worker_lost" if n == 2 else "",
        )
    with app.app_context():
        for _ in range(2):  # counting again counts nothing twice
            job_statistics.count_days(31)
        days = overview.count_by_day()
        assert len(days) == 30
        counts = [(day.made, day.done, day.failed, day.cancelled) for day in days[-3:]]
        assert counts == [(1, 0, 0, 0), (2, 0, 1, 1), (2, 2, 0, 0)]
        assert days[-1].new_accounts == 2
        assert overview.average_durations() == pytest.approx({"adjust": 4.0}, abs=0.01)
        assert overview.count_failures() == [("worker_lost", "", 1)]
    page = chief.get("/admin/").text
    assert page.count("<rect") >= 5 and "4.0 s" in page


@both_engines
def test_storage_is_counted_for_each_account_and_in_all(app, chief, anna):
    add(app, anna, original_bytes=1_000_000, result_bytes=500_000)
    with app.app_context():
        job_statistics.count_storage()
        assert db.session.get(User, anna).stored_bytes == 1_500_000
        assert overview.read_totals() == {"accounts": 2, "accounts_disabled": 0, "stored_bytes": 1_500_000}
    assert "1.5 MB" in chief.get("/admin/storage").text  # as the account page has it, and the settings mean it
    with app.app_context():
        db.session.query(Job).delete()
        db.session.commit()
        job_statistics.count_storage()
        assert db.session.get(User, anna).stored_bytes == 0


def test_a_worker_refreshes_the_statistics_at_its_own_pace(app, anna, monkeypatch):
    with app.app_context():
        statistics = job_statistics.Statistics()
        statistics.refresh()
        add(app, anna)
        statistics.refresh()
        assert db.session.query(DailyFigure).count() == 0  # not yet due again
        soon = job_statistics.time.monotonic() + job_statistics.MAX_REST_SECONDS
        monkeypatch.setattr(job_statistics.time, "monotonic", lambda: soon)
        statistics.refresh()
        assert db.session.query(DailyFigure).count() == 1
