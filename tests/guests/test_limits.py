"""What one guest and all guests together may use, when they are served, and that nothing of them is left."""

from datetime import timedelta

import pytest

from accounts import administration, guests
from accounts.errors import NoSuchAccount
from jobs import lifecycle, quotas
from jobs.errors import QuotaExceeded
from jobs.files import storage
from jobs.guests import guest_quotas, removal
from jobs.scheduling import scheduler
from models import DailyCount, Job, User, UserSession, db, utc_now
from models.job import DONE
from tests.guests.support import list_rows, set_clock
from tests.jobs.support import make_job, make_user, picture
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from worker.process import WorkerProcess


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield app


def make_guest(number: int = 1) -> int:
    user, _token = guests.start(f"10.0.{number}.1", "", "en")
    return user.id


def finish_jobs() -> None:
    db.session.execute(db.update(Job).values(status=DONE, finished_at=utc_now()))
    db.session.commit()


def refused(user_id: int) -> str:
    with pytest.raises(QuotaExceeded) as error:
        make_job(user_id)
    return error.value.key


@both_engines
def test_a_guest_has_ten_jobs_two_of_them_at_a_time(in_app):
    guest = make_guest()
    for _ in range(guests.MAX_JOBS // guests.MAX_ACTIVE_JOBS):
        for _ in range(guests.MAX_ACTIVE_JOBS):
            make_job(guest)
        assert refused(guest) in {"too_many_active_jobs", "guest_used_up"}
        finish_jobs()
    assert refused(guest) == "guest_used_up"


def test_C08_all_guests_together_have_so_many_jobs_in_a_day(in_app):
    in_app.config["MAX_GUEST_JOBS_PER_DAY"] = 3
    for number in range(3):
        make_job(make_guest(number))
    assert refused(make_guest(4)) == "too_many_guests"
    assert make_job(make_user())  # accounts are no part of that


def test_what_guests_deleted_still_counts_in_their_day(in_app):
    in_app.config["MAX_GUEST_JOBS_PER_DAY"] = 1
    guest = make_guest()
    make_job(guest)
    removal.remove(guest)
    assert refused(make_guest(2)) == "too_many_guests"


def test_all_guests_together_have_so_many_jobs_at_a_time(in_app, monkeypatch):
    monkeypatch.setattr(guest_quotas, "MAX_ACTIVE_JOBS", 2)
    for number in range(2):
        make_job(make_guest(number))
    assert refused(make_guest(3)) == "too_many_guests"
    finish_jobs()
    assert make_job(make_guest(4))


def test_when_the_storage_of_all_guests_is_full_accounts_go_on(in_app):
    in_app.config["MAX_GUEST_STORAGE_MEGABYTES"] = 1
    first = make_job(make_guest())
    db.session.execute(db.update(Job).where(Job.id == first).values(result_bytes=2**20))
    db.session.commit()
    other = make_guest(2)
    before = set(storage.list_job_ids())
    assert refused(other) == "too_many_guests"
    assert set(storage.list_job_ids()) == before and make_job(make_user())


@both_engines
def test_guests_are_served_when_no_account_waits(in_app):
    guest, account = make_guest(), make_user()
    tried = make_job(guest)
    own = [make_job(account) for _ in range(2)]
    assert [work.service for work in scheduler.list_ahead(db.session.get(Job, tried))] == ["adjust"] * 2
    for job_id in [*own, tried]:
        assert scheduler.pick_next() == job_id
        db.session.execute(db.update(Job).where(Job.id == job_id).values(status=DONE, started_at=utc_now()))
        db.session.commit()


def test_the_uploads_of_all_guests_are_checked_as_if_they_were_of_one_account(in_app):
    owners = {guest_quotas.find_owner(make_guest(number)) for number in range(3)}
    assert owners == {guest_quotas.ALL_GUESTS} and guest_quotas.find_owner(make_user()) not in owners


@both_engines
@pytest.mark.parametrize("moved", [timedelta(hours=1), timedelta(days=30), -timedelta(minutes=2), -timedelta(days=400)])
def test_C08_all_of_a_guest_is_deleted_after_an_hour_also_where_the_clock_was_moved(in_app, monkeypatch, moved):
    guest, account = make_guest(), make_user()
    gone, kept = make_job(guest), make_job(account)
    now = utc_now()
    assert removal.remove_due() == 0
    set_clock(monkeypatch, now + moved)
    assert removal.remove_due() == 1 and removal.remove_due() == 0
    assert list_rows(in_app) == (["12345"], [(kept, "12345")])
    assert set(storage.list_job_ids()) == {kept} and not get_folder(gone).exists()
    assert db.session.query(UserSession).count() == 0
    assert not [row.key for row in db.session.query(DailyCount) if f":{guest}:" in row.key]


def test_a_worker_deletes_guests_a_few_at_a_time(in_app, monkeypatch):
    monkeypatch.setattr(removal, "_DUE_AT_ONCE", 2)
    for number in range(3):
        make_guest(number)
    set_clock(monkeypatch, utc_now() + timedelta(hours=2))
    worker = WorkerProcess(in_app)
    worker._maintain()
    assert db.session.query(User).count() == 1
    worker._maintain()
    assert db.session.query(User).count() == 0


def test_pictures_that_go_into_an_account_get_its_next_numbers(in_app):
    account, guest = make_user(), make_guest()
    own, deleted, tried = make_job(account), make_job(guest), make_job(guest)
    lifecycle.delete(guest, deleted)
    assert removal.take_over(guest, account) == 1
    rows = db.session.execute(db.select(Job.id, Job.number).where(Job.user_id == account).order_by(Job.number)).all()
    assert [tuple(row) for row in rows] == [(own, 1), (tried, 2)]
    assert set(storage.list_job_ids()) == {own, tried} and db.session.get(User, guest) is None


def test_an_account_that_is_full_gets_no_pictures(in_app):
    account, guest = make_user(), make_guest()
    make_job(guest)
    db.session.get(User, account).storage_megabytes_limit = 0
    db.session.commit()
    assert removal.take_over(guest, account) == 0
    assert db.session.query(Job).count() == 0 and not list(storage.list_job_ids())


def test_nobody_takes_the_pictures_of_an_account(in_app):
    account, other = make_user(), make_user("54321")
    own = make_job(account)
    assert removal.take_over(account, other) == 0
    removal.remove(account)
    assert list_rows(in_app) == (["12345", "54321"], [(own, "12345")])


def test_a_guest_is_no_account_to_administrators(in_app):
    guest, by = make_guest(), administration.Administrator("12345", "")
    for verb in (administration.promote, administration.force_new_password, administration.sign_out_everywhere):
        with pytest.raises(NoSuchAccount):
            verb(by, guest)
    assert not db.session.get(User, guest).is_admin


def test_a_large_picture_counts_in_the_day_of_a_guest_although_it_is_refused(in_app):
    guest = make_guest()
    with pytest.raises(QuotaExceeded):
        make_job(guest, picture(2001, 1000))
    used = {use.key: use.used for use in quotas.measure_usage(guest)}
    assert used["megapixels_per_day"] == 1
