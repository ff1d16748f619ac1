"""A15 to A20: a session is a row, and ends when the row does."""

import os
import time

import pytest

from accounts import password_change, sessions
from accounts.errors import FieldErrors
from accounts.security import passwords
from models import Event, User, UserSession, db
from tests.accounts.people import (
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    body,
    code_in,
    deliver,
    let_time_pass,
    make_user,
    sign_in_person,
)
from tests.support.engines import both_engines


def stolen_from(browser: Browser) -> Browser:
    """Another browser with a copy of the cookie."""
    thief = Browser(browser.app, "127.0.0.66")
    thief.client.set_cookie("revive", browser.client.get_cookie("revive").value)
    return thief


def change(browser: Browser, name: str = "12345", **fields):
    form = {"current": PASSWORD, "password": NEW_PASSWORD, "confirm": NEW_PASSWORD} | fields
    return browser.post(f"/{name}/account/password", form, token=browser.token_of(f"/{name}/account"))


def test_A15_signing_in_gives_a_new_session_and_a_new_form_token(app):
    make_user(app)
    browser = Browser(app)
    token = browser.token()
    with browser.client.session_transaction() as before:
        before["planted"] = "by somebody else"
        old = before["csrf_token"]
    browser.sign_in("12345")
    with browser.client.session_transaction() as after:
        assert "planted" not in after
        assert after.get("csrf_token") != old
        first = after["_user_id"]
    assert browser.post("/12345/account/sessions/end", token=token).status_code == 400
    browser.post("/logout", token=browser.token_of("/12345/account"))
    browser.sign_in("12345")
    with browser.client.session_transaction() as again:
        assert again["_user_id"] != first


def test_A15_the_server_does_not_adopt_a_session_chosen_by_the_client(app):
    make_user(app)
    browser = Browser(app)
    for chosen in ("1", "12345", "0" * 43, "' OR 1=1 --"):
        with browser.client.session_transaction() as forged:
            forged["_user_id"] = chosen
        assert not browser.is_signed_in()
    browser.client.set_cookie("remember_token", "1|" + "0" * 128)
    assert not browser.is_signed_in()


def test_the_database_keeps_only_a_hash_of_the_token(app):
    browser = sign_in_person(app)
    with browser.client.session_transaction() as session, app.app_context():
        assert session["_user_id"] not in (db.session.query(UserSession).one().token_hash)


@both_engines
def test_A16_signing_out_ends_stolen_copies_of_the_session(app):
    browser = sign_in_person(app)
    thief = stolen_from(browser)
    assert thief.is_signed_in()
    assert browser.post("/logout", token=browser.token_of("/12345/account")).status_code == 303
    assert not thief.is_signed_in()
    assert not browser.is_signed_in()
    with app.app_context():
        assert db.session.query(UserSession).count() == 0


def test_A17_changing_the_password_ends_all_other_sessions(app):
    browser, other = sign_in_person(app), sign_in_person(app)
    response = change(browser)
    assert (response.status_code, response.location) == (303, "/12345/account")
    assert browser.is_signed_in()
    assert not other.is_signed_in()
    assert "Your password is changed" in browser.get("/12345/account").text


def test_A17_a_reset_ends_every_session_and_signs_nobody_in(app):
    browser = sign_in_person(app)
    other = Browser(app, "127.0.0.2")
    other.ask_for_code("12345", "reset")
    assert other.reset("12345", code_in(*deliver(app))).location == "/login"
    assert not browser.is_signed_in()
    assert not other.is_signed_in()


def test_one_button_ends_the_other_sessions(app):
    browser, other = sign_in_person(app), sign_in_person(app)
    page = browser.get("/12345/account").text
    assert page.count("session-agent") == 2
    response = browser.post("/12345/account/sessions/end", token=browser.token_of("/12345/account"))
    assert response.status_code == 303
    assert browser.is_signed_in() and not other.is_signed_in()


@both_engines
def test_A18_a_disabled_account_is_out_at_once_with_its_jobs(app):
    from models import Job
    from models.job import CANCELLED, DONE, QUEUED, RUNNING

    browser = sign_in_person(app)
    with app.app_context():
        user_id = db.session.query(User.id).scalar()
        for place, status in enumerate((QUEUED, RUNNING, DONE)):
            db.session.add(Job(id=f"{place:032d}", user_id=user_id, service="adjust", status=status, original_file="o"))
        db.session.commit()
    result = app.test_cli_runner().invoke(args=["users", "disable", "12345", "--reason", "Spam"])
    assert result.exit_code == 0
    assert not browser.is_signed_in()
    response = browser.sign_in("12345")
    assert response.status_code == 400 and "disabled" in response.text
    with app.app_context():
        assert [job.status for job in db.session.query(Job).order_by(Job.id)] == [CANCELLED, CANCELLED, DONE]


def test_A18_disabling_in_the_database_alone_ends_the_session_too(app):
    from models import utc_now

    browser = sign_in_person(app)
    with app.app_context():
        db.session.query(User).one().disabled_at = utc_now()
        db.session.commit()
    assert not browser.is_signed_in()


@both_engines
def test_A18_a_deleted_account_is_out_at_once(app):
    browser = sign_in_person(app)
    with app.app_context():
        db.session.delete(db.session.query(User).one())
        db.session.commit()
        assert db.session.query(UserSession).count() == 0
    assert not browser.is_signed_in()


@pytest.mark.parametrize("current", ["", "wrong-1x", NEW_PASSWORD])
def test_A19_changing_the_password_needs_the_present_one(app, current):
    browser = sign_in_person(app)
    response = change(browser, current=current)
    assert response.status_code == 400
    assert Browser(app).sign_in("12345").status_code == 303
    assert deliver(app) == []


def test_A19_the_owner_is_told_by_a_mail_without_a_password(app):
    change(sign_in_person(app))
    (mail,) = deliver(app)
    assert mail["To"] == "12345@qq.com"
    assert "was changed" in mail["Subject"]
    for kind in ("plain", "html"):
        assert PASSWORD not in body(mail, kind) and NEW_PASSWORD not in body(mail, kind)


def test_A19_a_new_password_must_keep_the_rules(app):
    browser = sign_in_person(app)
    response = change(browser, password="short", confirm="short")
    assert response.status_code == 400
    assert "6 to 18 characters" in response.text


def test_A20_a_session_ends_when_unused_for_two_weeks(app):
    browser = sign_in_person(app)
    let_time_pass(app, days=13, hours=23)
    assert browser.is_signed_in()
    let_time_pass(app, days=13, hours=23)
    assert browser.is_signed_in()
    let_time_pass(app, days=14)
    assert not browser.is_signed_in()
    let_time_pass(app, days=-14)
    assert not browser.is_signed_in()


def test_A20_a_session_ends_after_ninety_days_however_much_it_is_used(app):
    browser = sign_in_person(app)
    for _ in range(9):
        assert browser.is_signed_in()
        let_time_pass(app, days=9.99)
    assert browser.is_signed_in()
    let_time_pass(app, days=0.2)
    assert not browser.is_signed_in()


def test_a_session_in_use_is_written_down_once_a_minute_at_most(app):
    browser = sign_in_person(app)
    with app.app_context():
        before = db.session.query(UserSession).one().seen_at
    browser.get("/12345/account")
    with app.app_context():
        assert db.session.query(UserSession).one().seen_at == before
    let_time_pass(app, minutes=2)
    browser.get("/12345/account")
    with app.app_context():
        assert db.session.query(UserSession).one().seen_at >= before


def test_the_sweep_deletes_what_is_over(app):
    from accounts import maintenance
    from models import DailyCount, EmailCode

    Browser(app).ask_for_code("54321")
    sign_in_person(app)
    let_time_pass(app, days=91)
    with app.app_context():
        maintenance.remove_expired()
        assert [db.session.query(model).count() for model in (EmailCode, DailyCount, UserSession)] == [0, 0, 0]
        assert db.session.query(Event).count() > 0


def test_the_sweep_deletes_mails_that_were_kept_for_days(app):
    from accounts import maintenance

    folder = app.config["OUTBOX_DIR"]
    folder.mkdir(parents=True)
    for name, days in (("old.eml", 3), ("new.eml", 1)):
        (folder / name).write_text("a mail")
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)
    with app.app_context():
        maintenance.remove_expired()
    assert [path.name for path in folder.iterdir()] == ["new.eml"]


def test_a_token_that_is_no_text_of_ours_finds_nobody(app):
    with app.app_context():
        for token in ("", "\ud800", "a" * 10_000):
            assert sessions.find(token) is None


@both_engines
def test_A17_no_session_outlives_the_password_that_opened_it(app, monkeypatch):
    """The password is renewed after the old one was found right and before the session is there."""
    make_user(app)
    matches = passwords.matches

    def slowly(known, given):
        found = matches(known, given)
        user = db.session.scalar(db.select(User))
        with db.engine.begin() as another:
            another.execute(db.update(User).where(User.id == user.id).values(password_hash="renewed"))
        return found

    with app.test_request_context():
        monkeypatch.setattr(passwords, "matches", slowly)
        with pytest.raises(FieldErrors):
            sessions.sign_in("12345", PASSWORD, "127.0.0.1")
        assert db.session.scalar(db.select(UserSession)) is None


@both_engines
def test_A17_of_two_changes_at_once_the_later_gives_way(app, monkeypatch):
    sign_in_person(app)

    def renewed_meanwhile(known, given):
        with db.engine.begin() as another:
            another.execute(db.update(User).values(password_hash="renewed"))
        return True

    with app.test_request_context():
        user = db.session.scalar(db.select(User))
        monkeypatch.setattr(passwords, "matches", renewed_meanwhile)
        with pytest.raises(FieldErrors):
            password_change.change(user, PASSWORD, NEW_PASSWORD, NEW_PASSWORD, "none", "127.0.0.1")
        assert db.session.scalar(db.select(User.password_hash)) == "renewed"
