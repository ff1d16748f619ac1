"""A18: who is disabled, deleted or demoted is out at once: sessions, rights, and jobs that wait or run."""

import pytest

from accounts import administration
from jobs import account_deletion, lifecycle
from jobs.errors import NotFound
from jobs.files import results
from models import Job, User, db, utc_now
from tests.accounts.people import JSON, PASSWORD, make_user, sign_in_person
from tests.jobs.support import list_stored_files, make_job, picture, upload
from tests.support.engines import both_engines
from worker import runner

BY = administration.Administrator("admin@example.com", "10.0.0.1")


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


def account(name: str = "12345") -> int:
    return db.session.scalar(db.select(User.id).where(User.name == name))


@both_engines
def test_A18_a_demoted_administrator_keeps_his_session_and_loses_the_administration_at_once(app):
    make_user(app, "54321", is_admin=True)
    make_user(app, "12345", is_admin=True)
    browser = sign_in_person(app)
    assert browser.get("/admin/", follow_redirects=True).status_code == 200
    with app.app_context():
        administration.demote(BY, account())
    assert browser.get("/admin/", follow_redirects=True).status_code == 404
    assert browser.is_signed_in()


@both_engines
def test_A18_the_queued_job_of_a_disabled_account_is_never_run(app):
    browser = sign_in_person(app)
    with app.app_context():
        job_id = make_job(account())
        administration.disable(BY, account(), "Spam")
        assert runner.run(job_id, "a-worker") is False
        assert db.session.get(Job, job_id, populate_existing=True).status == "cancelled"
    assert upload(browser, picture(), headers=JSON).status_code in {400, 401}
    with app.app_context():
        assert db.session.query(Job).count() == 1


@both_engines
def test_A18_a_job_that_runs_while_its_account_is_deleted_leaves_nothing_behind(app, monkeypatch):
    sign_in_person(app)
    store = results.store

    def deleted_meanwhile(job, service, result):
        with app.app_context():
            account_deletion.remove(job.user_id, BY.name, BY.address)
        return store(job, service, result)

    monkeypatch.setattr(results, "store", deleted_meanwhile)
    with app.app_context():
        runner.run(make_job(account()), "a-worker")
        assert db.session.query(Job).count() == 0 and db.session.query(User).count() == 0
        assert list_stored_files(app) == []


def delete(user_id: int) -> None:
    account_deletion.remove(user_id, BY.name, BY.address)


def disable(user_id: int) -> None:
    db.session.execute(db.update(User).where(User.id == user_id).values(disabled_at=utc_now()))
    db.session.commit()


@both_engines
@pytest.mark.parametrize("end", [delete, disable])
def test_A18_an_upload_that_is_being_checked_while_its_account_ends_is_not_kept(app, monkeypatch, end):
    sign_in_person(app)
    queued = lifecycle._admit_and_queue

    def ended_meanwhile(job):
        with app.app_context():
            end(job.user_id)
        return queued(job)

    monkeypatch.setattr(lifecycle, "_admit_and_queue", ended_meanwhile)
    with app.app_context():
        with pytest.raises(NotFound):
            make_job(account())
        db.session.rollback()
        assert (db.session.query(Job).count(), list_stored_files(app)) == (0, [])


def test_A18_the_cookie_of_a_deleted_account_opens_nothing_for_who_registers_the_name_again(app):
    old = sign_in_person(app)
    with app.app_context():
        account_deletion.remove(account(), BY.name, BY.address)
    make_user(app, "12345", "other-Pass9")
    assert not old.is_signed_in()
    assert old.sign_in("12345", PASSWORD).status_code == 400
