"""Lanes: quick work never waits for long work, nobody's long work holds every thread; and what is told of the time."""

from datetime import timedelta

from benchmarks import waiting_times
from jobs.scheduling import scheduler
from jobs.scheduling.lanes import LONG, NORMAL, QUICK, choose
from jobs.scheduling.run_times import fit_line
from models import Job, Worker, db, utc_now
from services import get
from tests.jobs.support import make_job, make_user, picture, wait_until
from tests.support.engines import both_engines


def note(job_id: str, seconds: float) -> None:
    row = db.session.get(Job, job_id, populate_existing=True)
    row.status, row.started_at, row.finished_at = "done", utc_now(), utc_now() + timedelta(seconds=seconds)
    row.result_file = "result.png"
    db.session.commit()


@both_engines
def test_the_lane_follows_from_history_and_without_it_from_the_networks(user_id):
    assert [choose(get(key), {}, 10**6) for key in ("adjust", "deblur")] == [QUICK, NORMAL]
    job_id = make_job(user_id, picture(100, 100))
    assert db.session.get(Job, job_id).lane == QUICK
    note(job_id, 2)
    assert [choose(get("adjust"), {}, pixels) for pixels in (10_000, 20_000, 400_000)] == [QUICK, NORMAL, LONG]


def test_a_line_is_fitted_to_what_a_tool_really_does():
    same = fit_line([(n * 1e6, 4.0) for n in range(1, 9)])
    by_size = fit_line([(n * 1e6, 2.0 * n) for n in range(1, 9)])
    both = fit_line([(n * 1e6, 3 + 0.5 * n) for n in range(1, 9)] + [(1e6, 90.0)])
    assert [round(line(24e6), 1) for line in (same, by_size, both)] == [4.0, 48.0, 15.0]
    assert fit_line([]) is None


@both_engines
def test_long_jobs_of_one_account_leave_a_thread_to_others(user_id):
    db.session.add(Worker(id="w", threads=2))
    db.session.commit()
    first, second = make_job(user_id), make_job(user_id)
    db.session.execute(db.update(Job).values(lane=LONG))
    db.session.execute(db.update(Job).where(Job.id == first).values(status="running"))
    db.session.commit()
    assert scheduler.pick_next() is None
    other = make_job(make_user("67890"))
    assert scheduler.pick_next() == other
    db.session.execute(db.update(Job).where(Job.id == first).values(status="done"))
    db.session.execute(db.update(Job).where(Job.id == other).values(status="done"))
    db.session.commit()
    assert scheduler.pick_next() == second


def test_a_quick_job_runs_while_a_long_one_holds_the_worker(environment, endless, user_id, gate, start_worker):
    environment["WORKER_QUICK_THREADS"] = "1"
    db.session.execute(db.update(Job).values(lane=NORMAL))
    db.session.commit()
    start_worker().ready()
    wait_until(endless, "running")
    assert wait_until(make_job(user_id)).status == "done"
    assert db.session.get(Job, endless, populate_existing=True).status == "running"
    gate.touch()
    assert wait_until(endless).status == "done"


def test_half_of_the_waiting_times_told_are_off_by_less_than_a_third(in_app):
    told = waiting_times.measure(110, seed=2)
    normal = [each for each in told if each[2] == NORMAL]
    assert len(told) > 50 and len(normal) > 20
    assert max(waiting_times.compute_median_error(some) for some in (told, normal)) < 0.35
