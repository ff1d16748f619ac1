"""The account page: its theme, its sessions, what is used, all one's data, and the end of the account."""

import io
import json
import re
import zipfile

import pytest

from jobs import quotas
from jobs.files import account_zip
from models import DailyCount, EmailCode, Event, Job, User, UserSession, db, utc_now
from tests.accounts.people import JSON, PASSWORD, Browser, at_once, body, deliver, make_user, sign_in_person
from tests.jobs.support import list_stored_files, make_job, picture
from tests.support.engines import both_engines
from tests.support.stored import get_folder
from views import pages
from worker import runner

PAGE = "/12345/account"
# No number: one may be part of a moment or of an id by chance.
FOREIGN = "foreign@example.com"


def account_id(app, name: str = "12345") -> int:
    with app.app_context():
        return db.session.scalar(db.select(User.id).where(User.name == name))


def make_finished_job(app, name: str = "12345") -> str:
    user_id = account_id(app, name)
    with app.app_context():
        job_id = make_job(user_id, picture(), name="Grandma 祖母.jpg")
        runner.run(job_id, "a-test")
        return job_id


def post(browser: Browser, path: str, fields: dict | None = None, **options):
    return browser.post(f"{PAGE}/{path}", fields, token=browser.token_of(PAGE), **options)


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_theme_is_kept_with_the_account_and_follows_it_into_every_browser(app, theme):
    browser = sign_in_person(app)
    assert post(browser, "theme", {"theme": theme}).status_code == 303
    page = sign_in_person(app, address="127.0.0.2").get(PAGE).text
    assert f'data-account-theme="{theme}"' in page
    assert ('data-theme="' in page) is (theme != "system")


def test_a_theme_that_does_not_exist_is_told_beside_its_field(app):
    response = post(sign_in_person(app), "theme", {"theme": "pink"})
    assert response.status_code == 400 and "Please choose one of the themes: system, light or dark." in response.text


def test_one_session_is_ended_and_the_others_stay(app):
    here, there, elsewhere = (sign_in_person(app, address=f"127.0.0.{n}") for n in (1, 2, 3))
    with app.app_context():
        session_id = db.session.scalar(db.select(UserSession.id).where(UserSession.address == "127.0.0.2"))
    assert f"/sessions/{session_id}/end" in here.get(PAGE).text
    assert post(here, f"sessions/{session_id}/end").status_code == 303
    assert (here.is_signed_in(), there.is_signed_in(), elsewhere.is_signed_in()) == (True, False, True)
    assert post(here, f"sessions/{session_id}/end").status_code == 303, "ending it twice is no error"


def test_A16_signing_out_everywhere_ends_this_session_too(app):
    here, there = (sign_in_person(app, address=f"127.0.0.{n}") for n in (1, 2))
    assert "/sessions/end/all" in here.get(PAGE).text
    response = post(here, "sessions/end/all")
    assert (response.status_code, response.location) == (303, "/login")
    assert not here.is_signed_in() and not there.is_signed_in()
    assert "You are signed out everywhere." in here.get("/login").text
    with app.app_context():
        assert db.session.query(UserSession).count() == 0
        assert db.session.query(Event).filter_by(action="all_sessions_ended", actor="12345").count() == 1


def test_nobody_ends_the_session_of_another(app):
    victim, other = sign_in_person(app, "54321"), sign_in_person(app)
    with app.app_context():
        session_id = db.session.scalar(
            db.select(UserSession.id).join(User, User.id == UserSession.user_id).where(User.name == "54321")
        )
    post(other, f"sessions/{session_id}/end")
    assert victim.is_signed_in()


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (100, "0.1 kB"), (35_900, "35.9 kB"), (999_999, "1 MB"), (1_000_000, "1"), (117_960_000, "118")],
)
def test_storage_is_shown_in_a_unit_that_fits(app, count, shown):
    with app.test_request_context():
        assert pages.format_used(quotas.Use(quotas.STORAGE, count / quotas.MEGABYTE, 2000)) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 kB"), (999_949, "999.9 kB"), (999_951, "1 MB"), (1_500_000, "1.5 MB"), (2e9, "2 GB")]
)
def test_a_file_size_is_shown_in_the_units_of_the_limits(app, count, shown):
    with app.test_request_context():
        assert pages.file_size(count) == shown


def test_what_is_used_is_shown_beside_what_is_allowed(app):
    browser = sign_in_person(app)
    app.config.update(MAX_JOBS_PER_DAY=7, RETENTION_DAYS=30)
    make_finished_job(app)
    page = browser.get(PAGE).text
    assert "1 of 7" in page and "0 of 20" in page
    assert re.search(r"[1-9][0-9.]* kB of 2,000 MB", page), "a little is more than nothing"
    assert "How many days a finished picture is kept: 30." in page
    with app.app_context():
        db.session.query(User).filter_by(name="12345").update({"retention_days": 3})
        db.session.commit()
    assert "How many days a finished picture is kept: 3." in browser.get(PAGE).text


@both_engines
def test_all_of_ones_data_comes_as_one_zip_file_and_nothing_of_anybody_else(app):
    browser, other = sign_in_person(app), sign_in_person(app, FOREIGN)
    job_id, foreign = make_finished_job(app), make_finished_job(app, FOREIGN)
    response = browser.get(f"{PAGE}/data")
    assert response.mimetype == "application/zip"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="revive-')
    archive = zipfile.ZipFile(io.BytesIO(response.data))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        "account.json",
        "sessions.json",
        "webhooks.json",
        "access-tokens.json",
        "shares.json",
        "albums.json",
        "events.jsonl",
        *(f"pictures/{job_id}/{name}" for name in ("job.json", "original.jpg", "result.png", "result-changes.png")),
    }
    assert archive.read(f"pictures/{job_id}/original.jpg") == picture()
    with app.app_context():
        assert archive.read(f"pictures/{job_id}/result.png") == (get_folder(job_id) / "result.png").read_bytes()
    assert json.loads(archive.read("account.json"))["name"] == "12345"
    assert json.loads(archive.read(f"pictures/{job_id}/job.json"))["original_name"] == "Grandma 祖母.jpg"
    events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    assert {"signed_in", "data_downloaded"} <= {event["action"] for event in events}
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"argon2" not in everything and FOREIGN.encode() not in everything and foreign.encode() not in everything
    with app.app_context():
        hashes = db.session.scalars(db.select(UserSession.token_hash)).all()
    assert not [each for each in hashes if each.encode() in everything]
    assert other.get(f"{PAGE}/data").location == f"/{FOREIGN}/"


def test_who_else_did_something_to_the_account_is_not_told_in_its_data(app):
    from accounts.security import audit

    browser = sign_in_person(app)
    with app.app_context():
        audit.record("user_disabled", actor="admin@example.com", target="12345", address="10.9.8.7", detail="spam")
    lines = zipfile.ZipFile(io.BytesIO(browser.get(f"{PAGE}/data").data)).read("events.jsonl").decode()
    assert '"user_disabled"' in lines and '"spam"' in lines
    assert "admin@example.com" not in lines and "10.9.8.7" not in lines


def test_the_zip_file_is_made_in_small_pieces_while_it_is_sent(app):
    sign_in_person(app)
    job_id = make_finished_job(app)
    with app.app_context():
        (get_folder(job_id) / "original.jpg").write_bytes(bytes(range(256)) * 4 * 4096 * 8)  # 32 MiB
        archive = account_zip.make_zip(account_id(app))
        try:
            sizes = [len(piece) for piece in archive]
        finally:
            archive.close()
    assert sum(sizes) > 32 * 2**20 and max(sizes) <= 2**19


def test_few_zip_files_are_made_at_once_and_an_abandoned_one_makes_room(app):
    browser = sign_in_person(app)
    for other in ("54321", "67890"):
        sign_in_person(app, other)
    with app.app_context():
        taken = [account_zip.make_zip(account_id(app, other)) for other in ("54321", "67890")]
    response = browser.get(f"{PAGE}/data", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (503, "busy")
    assert int(response.headers["Retry-After"]) > 0
    next(iter(taken[0]))
    for archive in (*taken, taken[0]):
        archive.close()
    assert all(browser.get(f"{PAGE}/data").status_code == 200 for _ in range(5))


def test_one_account_has_one_zip_file_made_at_a_time(app):
    browser = sign_in_person(app)
    with app.app_context():
        taken = account_zip.make_zip(account_id(app))
    assert browser.get(f"{PAGE}/data", headers=JSON).status_code == 503
    taken.close()
    assert browser.get(f"{PAGE}/data").status_code == 200


def test_C02_a_download_ends_with_the_account_it_is_of(app):
    sign_in_person(app)
    job = make_finished_job(app)
    with app.app_context():
        taken = account_zip.make_zip(account_id(app))
        pieces = iter(taken)
        sent = next(pieces)
        db.session.execute(db.update(User).values(created_at=utc_now()))  # as if the number were given to the next one
        db.session.commit()
    sent += b"".join(pieces)
    assert b"account.json" in sent and job.encode() not in sent


@both_engines
def test_an_account_is_deleted_with_everything_that_was_its(app, caplog):
    browser, second, other = sign_in_person(app), sign_in_person(app, address="127.0.0.2"), sign_in_person(app, "54321")
    make_finished_job(app)
    foreign = make_finished_job(app, "54321")
    response = post(browser, "deletion", {"deletion_password": PASSWORD})
    assert (response.status_code, response.location) == (303, "/login")
    assert "Your account and all its pictures are deleted." in browser.get("/login").text
    assert not browser.is_signed_in() and not second.is_signed_in() and other.is_signed_in()
    with app.app_context():
        assert [user.name for user in db.session.query(User)] == ["54321"]
        assert [job.id for job in db.session.query(Job)] == [foreign]
        assert db.session.query(UserSession).count() == 1
        assert {path.split("/")[1] for path in list_stored_files(app)} == {foreign}
        day = [
            count.key.split(":")[0] for count in db.session.query(DailyCount) if count.key.startswith(("jobs:", "pix"))
        ]
        assert sorted(day) == ["jobs", "pixels"], "only the other account's day is still counted"
        event = db.session.query(Event).order_by(Event.id.desc()).first()
        assert (event.action, event.actor, event.target) == ("account_deleted", "12345", "12345")
        assert event.detail == "1 jobs"
    (letter,) = deliver(app)
    assert letter["To"] == "12345@qq.com" and "was deleted with all its pictures" in body(letter)
    assert PASSWORD not in caplog.text
    assert browser.sign_in("12345").status_code == 400


@pytest.mark.parametrize("password, said", [("", "fill in"), ("wrong-1x", "not your present password")])
def test_deleting_asks_for_the_password(app, password, said):
    browser = sign_in_person(app)
    response = post(browser, "deletion", {"deletion_password": password})
    assert response.status_code == 400 and said in response.text
    assert browser.is_signed_in()


def test_guessing_the_password_there_is_limited(app):
    browser = sign_in_person(app)
    responses = [post(browser, "deletion", {"deletion_password": f"wrong-{n}x"}).status_code for n in range(12)]
    assert responses[:10] == [400] * 10 and responses[10:] == [429] * 2


@both_engines
def test_the_last_administrator_cannot_delete_himself(app):
    make_user(app, "12345", is_admin=True)
    make_user(app, "54321", is_admin=True)
    first, second = sign_in_person(app), sign_in_person(app, "54321")
    assert post(first, "deletion", {"deletion_password": PASSWORD}).status_code == 303
    token = second.token_of("/54321/account")
    response = second.post("/54321/account/deletion", {"deletion_password": PASSWORD}, token=token)
    assert response.status_code == 400 and "last administrator" in response.text
    assert 'id="deletion_password-error"' in response.text, "told beside the form, on the page of the account"
    assert second.is_signed_in()


@both_engines
def test_two_administrators_who_delete_themselves_at_once_leave_one(app):
    browsers = []
    for name in ("12345", "54321"):
        make_user(app, name, is_admin=True)
        browsers.append((name, sign_in_person(app, name)))

    def leave(place: int) -> int:
        name, browser = browsers[place]
        token = browser.token_of(f"/{name}/account")
        fields = {"deletion_password": PASSWORD}
        return browser.post(f"/{name}/account/deletion", fields, token=token).status_code

    assert sorted(at_once(2, leave)) == [303, 400]
    with app.app_context():
        assert db.session.query(User).filter_by(is_admin=True).count() == 1


def test_a_person_who_comes_back_starts_with_nothing(app):
    browser = sign_in_person(app)
    make_finished_job(app)
    post(browser, "deletion", {"deletion_password": PASSWORD})
    deliver(app)
    again = sign_in_person(app)
    assert "/jobs/" not in again.get("/12345/history").text
    with app.app_context():
        assert db.session.query(EmailCode).filter_by(name="12345", code_hash=None, sent_at=None).count() == 0
