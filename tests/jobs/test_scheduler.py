"""Whose job is next: accounts take turns."""

from datetime import timedelta

import pytest

from jobs import progress
from jobs.scheduling import scheduler
from models import Job, db, utc_now
from tests.jobs.support import make_from, make_job, make_user
from tests.support.engines import both_engines


@pytest.fixture
def people(in_app) -> list[int]:
    return [make_user(name) for name in ("11111", "22222", "33333")]


def serve_all(order: int = 99) -> list[str]:
    """Take the jobs one by one as a worker does; return their ids in that order."""
    taken = []
    while len(taken) < order and (job_id := scheduler.pick_next()):
        job = db.session.get(Job, job_id)
        job.status, job.started_at = "done", utc_now()
        db.session.commit()
        taken.append(job_id)
    return taken


def estimate_told(job_id: str) -> int | None:
    return progress.find_position(db.session.get(Job, job_id, populate_existing=True))


@both_engines
def test_the_jobs_of_one_account_are_taken_in_their_order(people):
    made = [make_job(people[0]) for _ in range(4)]
    assert serve_all() == made


@both_engines
def test_what_goes_on_with_an_earlier_job_is_taken_before_the_rest_of_the_batch(people):
    done = make_job(people[0])
    assert serve_all() == [done]
    batch = [make_job(people[0]) for _ in range(3)]
    again = make_from(people[0], done, "adjust", brightness="2")
    assert [estimate_told(each) for each in (again, *batch)] == [1, 2, 3, 4]
    assert serve_all() == [again, *batch]


@both_engines
def test_a_single_picture_does_not_wait_for_somebody_s_batch(people):
    batch = [make_job(people[0]) for _ in range(5)]
    assert serve_all(2) == batch[:2]
    single = make_job(people[1])
    assert serve_all() == [single, *batch[2:]]


@both_engines
def test_two_batches_take_turns_and_each_gets_on(people):
    one = [make_job(people[0]) for _ in range(3)]
    other = [make_job(people[1]) for _ in range(3)]
    assert serve_all() == [one[0], other[0], one[1], other[1], one[2], other[2]]


def test_who_comes_again_and_again_does_not_push_others_back(people):
    batch = [make_job(people[0]) for _ in range(2)]
    order = []
    for _ in range(3):
        make_job(people[1])
        order += serve_all(1)
    assert batch[0] == order[0] and batch[1] == order[2]


@both_engines
def test_the_place_that_is_told_is_the_one_that_is_served(people):
    for _ in range(3):
        for person in people[:2]:
            make_job(person)
    serve_all(1)
    make_job(people[2])
    waiting = [job.id for job in db.session.scalars(db.select(Job).where(Job.status == "queued"))]
    places = {job_id: estimate_told(job_id) for job_id in waiting}
    assert serve_all() == sorted(waiting, key=places.get)
    assert sorted(places.values()) == list(range(1, len(waiting) + 1))


def test_when_very_many_accounts_wait_the_oldest_go_first(people, monkeypatch):
    monkeypatch.setattr(scheduler, "ACCOUNTS_AT_A_TIME", 2)
    made = [make_job(person) for person in people]
    assert estimate_told(made[2]) == 3
    assert serve_all() == made


def test_what_was_served_days_ago_counts_no_more(people):
    for person in people[:2]:
        make_job(person)
    serve_all()
    long_ago = utc_now() - timedelta(days=3)
    db.session.execute(db.update(Job).where(Job.user_id == people[1]).values(created_at=long_ago, started_at=utc_now()))
    db.session.commit()
    first, second = make_job(people[0]), make_job(people[1])
    assert serve_all() == [second, first]
