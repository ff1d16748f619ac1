"""Deletion: out of sight at once, taken back for a while, then gone with all files."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs import lifecycle, quotas, trash
from jobs.errors import NotFound
from jobs.files import storage
from models import Job, db, utc_now
from tests.accounts.people import JSON, sign_in_person
from tests.jobs.support import address, facts_of, list_stored_files, make_job, make_user, run_job, shown, status_of
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from worker import recovery


def age(job_id: str, minutes: float) -> None:
    """Let the deletion of a job be so long ago."""
    db.session.get(Job, job_id, populate_existing=True).deleted_at = utc_now() - timedelta(minutes=minutes)
    db.session.commit()


@both_engines
def test_a_deleted_job_is_nowhere_to_be_seen(browser, in_app, owner_id):
    deleted, kept = run_job(make_job(owner_id)).id, run_job(make_job(owner_id)).id
    assert browser.post(address(deleted, "/deletion")).location == "/12345/history"
    for place in ("", "/original", "/result", "/preview", "/thumbnail?of=result"):
        assert browser.get(address(deleted, place)).status_code == 404
    for verb in ("deletion", "retry", "cancellation", "rerun", "title", "choice"):
        assert browser.post(address(deleted, f"/{verb}"), headers=JSON).status_code == 404
    assert [job["id"] for job in shown(browser, "/12345/history", "jobs")] == [kept]
    assert deleted not in browser.get("/12345/").text


@both_engines
def test_it_comes_back_as_it_was(browser, in_app, owner_id):
    job_id = run_job(make_job(owner_id)).id
    before = facts_of(browser, job_id)
    browser.post(address(job_id, "/deletion"))
    assert f'value="{job_id}"' in browser.get("/12345/history").text, "the page itself offers the undo"
    assert browser.post("/12345/history/restoration", {"id": job_id}).location == "/12345/history"
    assert facts_of(browser, job_id) == before
    assert browser.post("/12345/history/restoration", {"id": job_id}, headers=JSON).status_code == 404


def test_a_job_that_waits_is_stopped_and_can_be_tried_again_after_the_undo(owner, owner_id):
    job_id = make_job(owner_id)
    lifecycle.delete(owner_id, job_id)
    assert status_of(job_id) == "cancelled"
    trash.take_back(owner_id, [job_id])
    lifecycle.retry(owner_id, job_id)
    assert run_job(job_id).status == "done"


def test_a_job_deleted_in_the_moment_of_a_new_try_does_not_run(in_app, user_id, monkeypatch):
    job_id = make_job(user_id)
    lifecycle.cancel(user_id, job_id)
    admit = quotas.admit

    def then_comes_the_deletion(*words) -> None:
        trash.put(user_id, [job_id])
        admit(*words)

    monkeypatch.setattr(quotas, "admit", then_comes_the_deletion)
    lifecycle.retry(user_id, job_id)
    assert status_of(job_id) == "cancelled"
    assert not lifecycle.can_retry(db.session.get(Job, job_id, populate_existing=True))


@both_engines
def test_the_sweep_erases_what_can_no_longer_be_taken_back(in_app, user_id):
    due, young, kept = (run_job(make_job(user_id)).id for _ in range(3))
    trash.put(user_id, [due, young])
    age(due, trash.UNDO_MINUTES + 1)
    age(young, trash.UNDO_MINUTES - 1)
    assert trash.erase_due() == 1
    assert {job.id for job in db.session.scalars(select(Job))} == {young, kept}
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == {young, kept}
    age(young, trash.UNDO_MINUTES + 1)
    recovery.purge()
    assert {path.split("/")[1] for path in list_stored_files(in_app)} == {kept}


def test_a_worker_erases_what_is_due(in_app, user_id, start_worker, wait_for):
    job_id = run_job(make_job(user_id)).id
    trash.put(user_id, [job_id])
    age(job_id, trash.UNDO_MINUTES + 1)
    start_worker().ready()
    wait_for(lambda: not get_folder(job_id).exists())


def test_a_deletion_taken_back_in_the_last_moment_erases_nothing(in_app, user_id, monkeypatch):
    job_id = run_job(make_job(user_id)).id
    trash.put(user_id, [job_id])
    age(job_id, trash.UNDO_MINUTES + 1)
    mark_uncommitted = storage.mark_uncommitted

    def then_comes_the_undo(job_id: str) -> None:
        mark_uncommitted(job_id)
        trash.take_back(user_id, [job_id])

    monkeypatch.setattr(storage, "mark_uncommitted", then_comes_the_undo)
    assert trash.erase_due() == 0
    assert lifecycle.find(user_id, job_id).result_file
    assert not [path for path in list_stored_files(in_app) if "row-unsure" in path]


def test_the_quota_counts_it_until_it_is_erased(in_app, user_id):
    job_id = run_job(make_job(user_id)).id
    used = quotas.measure_usage(user_id)[0].used
    trash.put(user_id, [job_id])
    assert quotas.measure_usage(user_id)[0].used == used > 0
    assert trash.erase(user_id, [job_id]) == 1
    assert quotas.measure_usage(user_id)[0].used == 0
    assert list_stored_files(in_app) == []


def test_what_was_deleted_together_is_told_together(owner, owner_id):
    jobs = [make_job(owner_id) for _ in range(3)]
    owner.post("/12345/history/deletion", {"id": jobs[:2]})
    lifecycle.delete(owner_id, jobs[2])
    assert [[job.id for job in batch.jobs] for batch in trash.list_contents(owner_id)] == [
        [jobs[2]],
        [jobs[1], jobs[0]],
    ]
    page = owner.get("/12345/history").text
    assert "photo.jpg is deleted." in page and "2 pictures are deleted." in page


def test_only_what_is_deleted_is_erased_before_its_time(owner, owner_id):
    job_id = make_job(owner_id)
    assert owner.post("/12345/history/erasure", {"id": job_id}, headers=JSON).status_code == 404
    assert status_of(job_id) == "queued"


@both_engines
def test_C03_foreign_jobs_of_a_selection_are_passed_over(browser, in_app, owner_id):
    mine, foreign = make_job(owner_id), make_job(make_user("67890"))
    ids = [mine, foreign, "0" * 32, "é", "' OR 1=1"]
    assert browser.post("/12345/history/deletion", {"id": ids}).status_code == 303
    db.session.rollback()  # what this session has read before stays as it was on MariaDB until then
    assert db.session.get(Job, mine, populate_existing=True).deleted_at is not None
    assert db.session.get(Job, foreign, populate_existing=True).deleted_at is None
    for verb in ("deletion", "restoration", "erasure"):
        assert browser.post(f"/12345/history/{verb}", {"id": [foreign]}, headers=JSON).status_code == 404
    lifecycle.delete(db.session.get(Job, foreign).user_id, foreign)
    for verb in ("restoration", "erasure"):
        assert browser.post(f"/12345/history/{verb}", {"id": [foreign]}, headers=JSON).status_code == 404
    assert db.session.get(Job, foreign, populate_existing=True) is not None


@pytest.mark.parametrize("verb", ["deletion", "restoration", "erasure", "download"])
def test_no_selection_is_not_all(app, owner, owner_id, verb):
    make_job(owner_id)
    response = owner.post(f"/12345/history/{verb}", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (400, "nothing_selected")
    assert owner.post(f"/12345/history/{verb}", {"id": "x"}, token="forged").status_code == 400
    assert owner.get(f"/12345/history/{verb}").status_code in (404, 405)
    other = sign_in_person(app, "67890")
    assert other.post(f"/12345/history/{verb}", {"id": "x"}).status_code in (303, 404)
    assert db.session.query(Job).filter(Job.deleted_at.is_(None)).count() == 1


def test_after_a_deletion_one_is_where_one_was_but_never_on_another_site(owner, owner_id):
    there = "/12345/history?service=adjust"
    assert owner.post(address(make_job(owner_id), "/deletion"), {"next": there}).location == there
    for away in ("https://example.com/", "//example.com", "/\\example.com"):
        assert owner.post(address(make_job(owner_id), "/deletion"), {"next": away}).location == "/12345/history"


def test_verbs_refuse_a_selection_of_nothing(in_app, user_id):
    for verb in (trash.put, trash.take_back, trash.erase):
        with pytest.raises(NotFound):
            verb(user_id, [])
