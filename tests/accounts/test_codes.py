"""A01 to A05: a six-digit code is safe only because everything about it is counted."""

import re
from datetime import timedelta

import pytest

from accounts.mail import outbox
from accounts.security import clock, codes
from models import DailyCount, EmailCode, db, utc_now
from tests.accounts.people import Browser, at_once, code_in, deliver, let_time_pass, make_user, user_count
from tests.support.engines import both_engines

WRONG = "wrong or no longer valid"


def other_than(code: str, step: int = 1) -> str:
    return f"{(int(code) + step) % 10**6:06d}"


def order_code(app, name: str = "12345", address: str = "127.0.0.1") -> tuple[Browser, str]:
    """A browser that asked for a code, and the code."""
    browser = Browser(app, address)
    browser.ask_for_code(name)
    return browser, code_in(*deliver(app))


def test_A01_codes_are_six_random_digits_with_their_leading_zeros(app):
    with app.app_context():
        code_id = codes.order(codes.REGISTER, "12345", "browser", "en")
        made = [codes.make(code_id) for _ in range(300)]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in made)
    assert len(set(made)) > 290
    assert any(code.startswith("0") for code in made)


def test_A01_the_database_keeps_only_a_keyed_hash(app):
    _browser, code = order_code(app)
    with app.app_context():
        row = db.session.query(EmailCode).one()
        assert code not in (row.id, row.code_hash, row.browser_hash)
        app.config["SECRET_KEY"] = "other" * 10
        assert codes._hash_code(row.id, code) != row.code_hash


def test_A02_a_code_is_dead_after_ten_minutes(app):
    browser, code = order_code(app)
    let_time_pass(app, minutes=10, seconds=1)
    response = browser.register("12345", code)
    assert response.status_code == 400 and WRONG in response.text


@pytest.mark.parametrize(("seconds", "status"), [(599, 303), (600, 400)])
def test_A02_it_is_alive_until_the_last_moment(app, monkeypatch, seconds, status):
    """By clocks that stand still: how long the test itself takes makes no difference."""
    now, (boot, steady_seconds) = utc_now(), clock.read_boot_clock()
    monkeypatch.setattr(codes, "utc_now", lambda: now)
    monkeypatch.setattr(clock, "read_boot_clock", lambda: (boot, steady_seconds))
    browser, code = order_code(app)
    monkeypatch.setattr(codes, "utc_now", lambda: now + timedelta(seconds=seconds))
    monkeypatch.setattr(clock, "read_boot_clock", lambda: (boot, steady_seconds + seconds))
    assert browser.register("12345", code).status_code == status


def test_A02_a_code_dies_on_time_also_when_the_clock_is_set_back(app, monkeypatch):
    browser, code = order_code(app)
    boot, seconds = clock.read_boot_clock()
    monkeypatch.setattr(clock, "read_boot_clock", lambda: (boot, seconds + 601))
    assert browser.register("12345", code).status_code == 400
    assert user_count(app) == 0


def test_A02_a_clock_before_the_request_kills_the_code(app, monkeypatch):
    browser, code = order_code(app)
    monkeypatch.setattr(clock, "read_boot_clock", lambda: ("", 0))
    monkeypatch.setattr(codes, "utc_now", lambda: utc_now() - timedelta(hours=2))
    assert browser.register("12345", code).status_code == 400


def test_A02_a_code_once_found_too_old_stays_dead(app):
    browser, code = order_code(app)
    let_time_pass(app, hours=2)
    assert browser.register("12345", code).status_code == 400
    let_time_pass(app, hours=-2)
    assert browser.register("12345", code).status_code == 400


@both_engines
def test_A03_after_five_wrong_tries_even_the_right_code_is_dead(app):
    browser, code = order_code(app)
    for step in range(1, 6):
        response = browser.register("12345", other_than(code, step))
        assert response.status_code == 400 and WRONG in response.text
    assert browser.register("12345", code).status_code == 400
    assert user_count(app) == 0


def test_A03_the_fifth_try_may_be_the_right_one(app):
    browser, code = order_code(app)
    for step in range(1, 5):
        browser.register("12345", other_than(code, step))
    assert browser.register("12345", code).status_code == 303


@both_engines
def test_A03_tries_made_at_once_are_all_counted(app):
    browser, code = order_code(app)
    token, cookie = browser.token(), browser.client.get_cookie("revive").value

    def attempt(place: int) -> int:
        other = Browser(app)
        other.client.set_cookie("revive", cookie)
        return other.register("12345", other_than(code, place + 1), token=token).status_code

    assert at_once(12, attempt) == [400] * 12
    with app.app_context():
        assert db.session.query(EmailCode).one().tries == 5
        counted = {row.key: row.count for row in db.session.query(DailyCount) if "wrong-codes" in row.key}
    assert counted.pop("LIMITER/wrong-codes/at/127.0.0.1/50/1/hour") == 12
    assert counted.pop("LIMITER/wrong-codes/name/12345/100/1/day") >= 5
    assert counted.pop("LIMITER/wrong-codes/all/1000/1/hour") == 12


def test_A03_wrong_codes_are_counted_for_the_account_across_codes(app):
    for place in range(5):
        browser, code = order_code(app)
        for step in range(1, 6):
            assert browser.register("12345", other_than(code, step)).status_code == 400
        let_time_pass(app, minutes=1 if place < 4 else 0)
    response = browser.register("12345", code)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_A03_strangers_without_a_code_cannot_use_up_the_owners_tries(app):
    owner, code = order_code(app, address="127.0.0.1")
    stranger = Browser(app, "127.0.0.9")
    token = stranger.token()
    for step in range(1, 31):
        assert stranger.register("12345", other_than(code, step), token=token).status_code == 400
    assert owner.register("12345", code).status_code == 303


def test_A03_one_address_cannot_guess_for_ever(app):
    browser = Browser(app)
    token = browser.token()
    responses = [browser.register(f"{20000 + n}", "123456", token=token).status_code for n in range(52)]
    assert responses == [400] * 50 + [429] * 2


def test_A04_a_code_works_once(app):
    make_user(app)
    browser = Browser(app)
    browser.ask_for_code("12345", "reset")
    (mail_,) = deliver(app)
    assert browser.reset("12345", code_in(mail_)).status_code == 303
    assert browser.reset("12345", code_in(mail_), "Other river 43").status_code == 400


def test_A04_a_newer_code_kills_the_older(app):
    browser, older = order_code(app)
    let_time_pass(app, minutes=1)
    browser.ask_for_code("12345")
    (mail_,) = deliver(app)
    assert browser.register("12345", older).status_code == 400
    assert browser.register("12345", code_in(mail_)).status_code == 303


@both_engines
def test_A04_one_code_submitted_twelve_times_in_parallel_makes_one_account(app):
    browser, code = order_code(app)
    token, cookie = browser.token(), browser.client.get_cookie("revive").value

    def attempt(_place: int) -> int:
        other = Browser(app)
        other.client.set_cookie("revive", cookie)
        return other.register("12345", code, token=token).status_code

    responses = at_once(12, attempt)
    assert sorted(responses) == [303] + [400] * 11
    assert user_count(app) == 1


def test_A05_a_code_of_another_account_is_wrong(app):
    browser, code = order_code(app, "12345")
    assert browser.register("54321", code).status_code == 400


def test_A05_a_code_for_another_purpose_is_wrong(app):
    make_user(app)
    browser, code = order_code(app)
    assert browser.reset("12345", code).status_code == 400


def test_A05_a_code_for_a_new_password_is_wrong_in_another_browser(app):
    make_user(app)
    browser = Browser(app)
    browser.ask_for_code("12345", "reset")
    (mail_,) = deliver(app)
    assert Browser(app).reset("12345", code_in(mail_)).status_code == 400
    assert browser.reset("12345", code_in(mail_)).status_code == 303


@both_engines
def test_A05_a_code_for_a_new_account_may_be_entered_in_another_browser(app):
    _browser, code = order_code(app)
    other = Browser(app, "127.0.0.2")
    assert other.register("54321", code).status_code == 400
    assert other.register("12345", code).location == "/12345/"
    assert other.is_signed_in() and user_count(app) == 1


def test_A03_other_browsers_have_five_tries_together_and_take_none_of_the_asking_ones(app):
    owner, code = order_code(app)
    for step in range(1, 6):
        assert Browser(app, f"127.0.0.{step + 1}").register("12345", other_than(code, step)).status_code == 400
    assert Browser(app, "127.0.0.9").register("12345", code).status_code == 400
    assert owner.register("12345", code).status_code == 303


def test_A03_a_code_that_its_browser_has_used_up_is_dead_in_every_other(app):
    browser, code = order_code(app)
    for step in range(1, 6):
        browser.register("12345", other_than(code, step))
    assert Browser(app, "127.0.0.2").register("12345", code).status_code == 400
    assert user_count(app) == 0


def test_A05_before_the_worker_has_made_a_code_nothing_matches(app):
    browser = Browser(app)
    browser.ask_for_code("12345")
    for code in ("000000", "None", "null"):
        assert browser.register("12345", code).status_code == 400


def test_who_has_the_right_code_is_told_that_the_account_exists(app):
    make_user(app)
    browser, code = order_code(app)
    assert "have an account already" not in browser.register("12345", other_than(code)).text
    response = browser.register("12345", code)
    assert response.status_code == 400 and "have an account already" in response.text


@both_engines
def test_two_workers_told_at_once_send_one_mail(app):
    Browser(app).ask_for_code("12345")
    with app.app_context():
        (code_id,) = outbox.list_due()

    def work(_place: int) -> bool:
        with app.app_context():
            return outbox.deliver_code(code_id)

    assert sum(at_once(6, work)) == 1
    assert len(list(app.config["OUTBOX_DIR"].glob("*.eml"))) == 1
