"""What a worker shows before it takes work, and what becomes of jobs whose picture or weights it lacks."""

import shutil

import pytest
from flask_migrate import downgrade, upgrade

from accounts.mail import outbox
from accounts.security import codes, key_fingerprint
from jobs.errors import ServiceUnavailable
from jobs.files import marker, storage
from jobs.scheduling import hands, scheduler
from models import Job, Worker, db
from models.setting import KEY_FINGERPRINT, write_text
from tests.jobs.support import make_job, promise_weights, run_job, wait_until
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from worker import runner
from worker.proof import prove


@pytest.fixture
def lost(in_app, monkeypatch, tmp_path):
    """As on a machine where the share with the pictures is not mounted."""

    def lose() -> None:
        monkeypatch.setitem(in_app.config, "STORAGE_DIR", tmp_path / "not-mounted")

    yield lose
    runner._avoided.clear()
    runner.fault_seen.clear()


@both_engines
def test_a_worker_that_has_all_it_needs_takes_jobs(user_id):
    make_job(user_id)
    found = prove()
    assert (found.problems, found.takes_jobs, found.takes_mails) == ((), True, True)
    assert found.version and "adjust" not in found.unable and "colorize" in found.unable


def test_a_worker_without_the_pictures_gives_the_job_back_and_takes_none(user_id, lost, in_app):
    job_id = make_job(user_id)
    home = in_app.config["STORAGE_DIR"]
    lost()
    assert prove().problems == ("storage",) and not prove().takes_jobs
    assert run_job(job_id).status == "queued"
    assert (db.session.get(Job, job_id).attempts, runner.fault_seen.is_set()) == (0, True)
    assert scheduler.pick_next(without=runner.list_avoided()) is None, "another worker may be quicker"
    with pytest.raises(ServiceUnavailable):
        make_job(user_id)
    in_app.config["STORAGE_DIR"] = home
    assert prove().problems == () and run_job(job_id).status == "done"


def test_a_picture_that_is_really_gone_fails_the_job_in_words(user_id, lost):
    job_id = make_job(user_id)
    shutil.rmtree(get_folder(job_id))
    assert [run_job(job_id).status for _ in range(runner.MAX_TRIES)] == ["queued", "queued", "failed"]
    assert db.session.get(Job, job_id).error_key == "picture_gone"


def test_a_folder_of_another_installation_is_not_taken_for_ours(in_app, user_id):
    make_job(user_id)
    (storage.get_backend().root / marker.FILE).write_text("another\n")
    for job_id in storage.list_job_ids():
        shutil.rmtree(get_folder(job_id))
    assert prove().problems == ("storage",)


@both_engines
def test_a_worker_with_another_key_mails_no_codes(in_app):
    code_id = codes.order(codes.REGISTER, "12345", "browser", "en")
    assert key_fingerprint.agrees() and in_app.config["SECRET_KEY"] not in key_fingerprint.compute()
    write_text(KEY_FINGERPRINT, "0" * 16)
    found = prove()
    assert (found.problems, found.takes_jobs, found.takes_mails) == (("key",), True, False)
    assert not outbox.deliver_code(code_id)
    write_text(KEY_FINGERPRINT, key_fingerprint.compute())
    assert outbox.deliver_code(code_id)


def test_an_older_database_is_told_with_what_to_do(in_app):
    downgrade(revision="-1")
    assert prove().problems == ("schema_old",) and "revive db upgrade" in hands.PROBLEMS["schema_old"]
    upgrade()
    db.session.execute(db.text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    assert prove().problems == ("schema_new",)


def test_jobs_go_to_workers_that_can_run_them(user_id, in_app):
    promise_weights(in_app.config["WEIGHTS_DIR"], "deblur", "people", "people_lite", "colorize")
    job_id = make_job(user_id, service="deblur")
    assert scheduler.pick_next(unable=["deblur"]) is None and scheduler.pick_next(unable=["colorize"]) == job_id
    db.session.add_all([Worker(id="a", unable="deblur"), Worker(id="b", problems="storage")])
    db.session.commit()
    assert [len(hands.list_fit(service)) for service in ("", "adjust", "deblur")] == [1, 1, 0]


def test_health_and_the_admin_page_say_which_worker_does_not_fit(app, in_app):
    db.session.add(Worker(id="host:m:7:1", problems="key,storage", unable="deblur"))
    db.session.commit()
    told = app.test_client().get("/healthz").json
    assert (told["status"], told["worker"]) == ("degraded", "unfit: key, storage")


def test_a_running_worker_takes_no_jobs_until_the_pictures_are_there(user_id, environment, start_worker, tmp_path):
    job_id = make_job(user_id)
    environment["STORAGE_DIR"] = str(tmp_path / "elsewhere")
    worker = start_worker().ready().says("does not fit (storage)")
    assert wait_until(job_id, "queued").attempts == 0
    shutil.copytree(tmp_path / "instance" / "storage", tmp_path / "elsewhere")
    worker.says("fits again")
    assert wait_until(job_id).status == "done"
