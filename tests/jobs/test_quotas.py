"""Limits of the site and of one account: which one counts, what is used, and what is told."""

from datetime import timedelta

import pytest

from jobs import lifecycle, quotas
from jobs.errors import QuotaExceeded
from models import Job, User, db, utc_now
from tests.accounts.people import JSON
from tests.jobs.support import list_stored_files, make_in_parallel, make_job, make_user, picture, refusal_of, upload
from tests.support.engines import both_engines
from worker import recovery, runner


def give(user_id: int, **limits: int) -> None:
    """Give an account limits of its own."""
    for name, value in limits.items():
        setattr(db.session.get(User, user_id), f"{name}_limit", value)
    db.session.commit()


@both_engines
@pytest.mark.parametrize(
    "limit, key",
    [
        ("active_jobs", "too_many_active_jobs"),
        ("jobs_per_day", "too_many_jobs_today"),
        ("megapixels_per_day", "too_many_megapixels_today"),
        ("storage_megabytes", "storage_used_up"),
    ],
)
def test_a_limit_of_the_account_goes_before_that_of_the_site(in_app, user_id, limit, key):
    other_id = make_user("67890")
    give(user_id, **{limit: 0})
    assert refusal_of(user_id) == key
    assert refusal_of(other_id) is None
    give(user_id, **{limit: None})
    assert refusal_of(user_id) is None


def test_an_account_may_be_allowed_more_than_the_site_allows(in_app, user_id):
    in_app.config["MAX_ACTIVE_JOBS"] = 1
    give(user_id, active_jobs=2)
    assert [refusal_of(user_id) for _ in range(3)] == [None, None, "too_many_active_jobs"]


@both_engines
def test_megapixels_of_one_day_are_added_up_also_of_deleted_pictures(in_app, user_id):
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 1
    half = picture(1000, 500)
    for _ in range(2):
        lifecycle.erase(make_job(user_id, half))
    assert refusal_of(user_id, half) == "too_many_megapixels_today"
    assert refusal_of(user_id) == "too_many_megapixels_today"
    assert list_stored_files(in_app) == []


def test_a_refused_picture_uses_nothing_up(in_app, user_id):
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 1
    assert refusal_of(user_id, picture(1500, 1000)) == "too_many_megapixels_today"
    assert all(use.used == 0 for use in quotas.measure_usage(user_id))
    assert refusal_of(user_id, picture(1000, 900)) is None


def test_trying_again_counts_the_picture_again(in_app, user_id):
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 1
    job_id = make_job(user_id, picture(1000, 600))
    lifecycle.cancel(user_id, job_id)
    with pytest.raises(QuotaExceeded) as refused:
        lifecycle.retry(user_id, job_id)
    assert refused.value.key == "too_many_megapixels_today"


@both_engines
def test_what_is_used_is_told_for_each_limit(in_app, user_id):
    data = picture(1000, 500)
    runner.run(make_job(user_id, data), "a-test")
    make_job(user_id, data)
    job = db.session.query(Job).filter_by(status="done").one()
    used = {use.key: use.rounded for use in quotas.measure_usage(user_id)}
    megabytes = (2 * len(data) + job.result_bytes) / quotas.MEGABYTE
    assert megabytes <= used["storage_megabytes"] < megabytes + 0.001
    assert used["storage_megabytes"] == round(used["storage_megabytes"], 3)
    assert (used["active_jobs"], used["jobs_per_day"], used["megapixels_per_day"]) == (1, 2, 1.0)
    allowed = {use.key: use.allowed for use in quotas.measure_usage(user_id)}
    assert allowed["storage_megabytes"] == in_app.config["MAX_STORAGE_MEGABYTES"]


def test_the_limits_are_asked_before_the_upload_is_kept(in_app, user_id, monkeypatch):
    give(user_id, storage_megabytes=0)
    monkeypatch.setattr("jobs.files.uploads.receive", lambda *args: pytest.fail("the upload was read"))
    assert refusal_of(user_id) == "storage_used_up"


@both_engines
def test_parallel_uploads_cannot_pass_the_megapixels_of_a_day_together(in_app, user_id):
    in_app.config["MAX_MEGAPIXELS_PER_DAY"] = 1
    assert len(make_in_parallel(in_app, user_id, picture(600, 500), 6)) == 3
    assert quotas.measure_usage(user_id)[3].used == pytest.approx(0.9)


def test_a_used_up_day_is_told_in_plain_words(app, browser):
    app.config["MAX_MEGAPIXELS_PER_DAY"] = 1
    big = picture(1500, 1000)
    response = upload(browser, big, headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (429, "too_many_megapixels_today")
    assert "megapixels than one day allows" in upload(browser, big).text


@both_engines
def test_D16_an_account_s_own_number_of_days_goes_before_the_site_s(in_app, user_id):
    careful, hurried = make_user("careful@example.com"), make_user("hurried@example.com")
    for name, days in (("careful@example.com", 0), ("hurried@example.com", 2)):
        db.session.query(User).filter_by(name=name).update({"retention_days": days})
    db.session.commit()
    jobs = {owner: make_job(owner) for owner in (user_id, careful, hurried)}
    waiting = make_job(hurried)
    for job_id in jobs.values():
        runner.run(job_id, "a-test")
        db.session.get(Job, job_id, populate_existing=True).finished_at = utc_now() - timedelta(days=5)
    db.session.commit()
    assert recovery.purge() == 1, "the site keeps everything, the hurried one five days too many"
    in_app.config["RETENTION_DAYS"] = 4
    assert recovery.purge() == 1
    assert {job.id for job in db.session.scalars(db.select(Job))} == {jobs[careful], waiting}


@both_engines
def test_results_past_their_time_go_and_those_that_wait_or_are_young_stay(in_app, user_id):
    in_app.config["RETENTION_DAYS"] = 30
    old, young, waiting = (make_job(user_id) for _ in range(3))
    for job_id, days in ((old, 31), (young, 29)):
        lifecycle.cancel(user_id, job_id)
        db.session.get(Job, job_id, populate_existing=True).finished_at = utc_now() - timedelta(days=days)
    db.session.get(Job, waiting).created_at = utc_now() - timedelta(days=60)
    db.session.commit()
    assert recovery.purge() == 1
    assert {job.id for job in db.session.query(Job)} == {young, waiting}
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == {young, waiting}
