"""What one account may use, also when it tries to use it all at the same moment."""

from jobs import lifecycle, trash
from models import Job, db
from tests.accounts.people import JSON
from tests.jobs.support import list_stored_files, make_in_parallel, make_job, make_user, picture, refusal_of, upload
from tests.support.engines import both_engines
from worker import runner


def test_jobs_at_once_are_limited_for_each_account_by_itself(in_app, user_id):
    in_app.config["MAX_ACTIVE_JOBS"] = 2
    first = make_job(user_id)
    make_job(user_id)
    assert refusal_of(user_id) == "too_many_active_jobs"
    make_job(make_user("67890"))
    lifecycle.cancel(user_id, first)
    make_job(user_id)


def test_deleting_jobs_does_not_bring_back_the_day(in_app, user_id):
    in_app.config["MAX_JOBS_PER_DAY"] = 2
    for _ in range(2):
        lifecycle.erase(make_job(user_id))
    assert refusal_of(user_id) == "too_many_jobs_today"
    assert list_stored_files(in_app) == []


def test_D16_originals_and_results_count_against_the_storage(in_app, user_id):
    in_app.config["MAX_STORAGE_MEGABYTES"] = 1
    job_id = make_job(user_id)
    runner.run(job_id, "a-test")
    job = db.session.get(Job, job_id, populate_existing=True)
    assert job.original_bytes == len(picture()) and job.result_bytes > 0
    job.result_bytes = 2**20
    db.session.commit()
    assert refusal_of(user_id) == "storage_used_up"
    lifecycle.delete(user_id, job_id)
    assert refusal_of(user_id) == "storage_used_up", "as long as the deletion can be taken back"
    trash.erase(user_id, [job_id])
    make_job(user_id)


def test_a_used_up_quota_is_429_with_a_sentence(app, browser):
    app.config["MAX_ACTIVE_JOBS"] = 1
    upload(browser, picture())
    response = upload(browser, picture(), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (429, "too_many_active_jobs")
    assert int(response.headers["Retry-After"]) > 0
    assert "still waiting" in upload(browser, picture()).text


@both_engines
def test_parallel_uploads_of_one_account_cannot_pass_the_limit_together(in_app, user_id):
    in_app.config["MAX_ACTIVE_JOBS"] = 3
    made = make_in_parallel(in_app, user_id, picture(), 8)
    assert len(made) == 3
    assert db.session.query(Job).count() == 3
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == set(made)
