"""A08, A09, A10: how often, and counted by whom."""

import pytest

from accounts.errors import TooMany
from accounts.security import limits, passwords
from models import DailyCount, db
from tests.accounts.people import (
    PASSWORD,
    Browser,
    at_once,
    code_in,
    deliver,
    let_time_pass,
    make_user,
    sign_in_person,
)
from tests.support.engines import both_engines


def fail(browser: Browser, name: str = "12345", times: int = 1) -> list[int]:
    token = browser.token()
    return [
        browser.post("/login", {"username": name, "password": "wrong-1x"}, token=token).status_code
        for _ in range(times)
    ]


@both_engines
def test_A08_ten_failures_in_five_minutes_are_the_most_for_one_account(app):
    make_user(app)
    assert fail(Browser(app), times=12) == [400] * 10 + [429] * 2
    response = Browser(app, "127.0.0.2").sign_in("12345")
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 300


def test_A08_the_lock_is_the_same_for_names_that_nobody_has(app):
    assert fail(Browser(app), "ann@example.com", times=12) == [400] * 10 + [429] * 2


def test_A08_the_lock_ends_by_itself(app):
    make_user(app)
    browser = Browser(app)
    fail(browser, times=11)
    let_time_pass(app, minutes=5, seconds=1)
    assert browser.sign_in("12345").status_code == 303


def test_A08_the_delay_grows(app):
    make_user(app)
    browser = Browser(app)
    fail(browser, times=11)
    let_time_pass(app, minutes=5, seconds=1)
    fail(browser, times=10)
    let_time_pass(app, minutes=5, seconds=1)
    response = browser.sign_in("12345")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 2400
    let_time_pass(app, hours=1)
    assert browser.sign_in("12345").status_code == 303


def test_A08_the_owners_open_session_survives_and_he_can_still_reset(app):
    owner = sign_in_person(app)
    fail(Browser(app, "127.0.0.2"), times=12)
    assert owner.is_signed_in()
    other = Browser(app, "127.0.0.3")
    other.ask_for_code("12345", "reset")
    (mail,) = deliver(app)
    assert other.reset("12345", code_in(mail)).status_code == 303
    assert other.sign_in("12345", "Quiet river 42").status_code == 303


def test_A08_strangers_do_not_lock_the_owners_browser_out_and_it_has_no_more_tries_than_they(app):
    owner = sign_in_person(app)
    owner.post("/logout")
    fail(Browser(app, "127.0.0.2"), times=12)
    assert Browser(app, "127.0.0.3").sign_in("12345").status_code == 429
    assert owner.sign_in("12345").status_code == 303
    owner.post("/logout")
    assert fail(owner, times=12) == [400] * 10 + [429] * 2


def test_A08_the_cookie_of_another_account_or_a_made_up_one_is_worth_nothing(app):
    make_user(app)
    fail(Browser(app, "127.0.0.2"), times=12)
    other = sign_in_person(app, "54321", "127.0.0.3")
    other.post("/logout")
    assert other.sign_in("12345").status_code == 429
    stranger = Browser(app, "127.0.0.4")
    for value in ("x", "W10.x.y", other.client.get_cookie("revive-known").value[:-2] + "xx"):
        stranger.client.set_cookie("revive-known", value)
        assert stranger.sign_in("12345").status_code == 429


def test_A08_signing_in_counts_nothing(app):
    make_user(app)
    for _ in range(12):
        assert Browser(app).sign_in("12345").status_code == 303
    with app.app_context():
        assert {row.count for row in db.session.query(DailyCount) if "sign-in" in row.key} == {0}


@both_engines
def test_A08_tries_made_at_once_do_not_slip_through(app):
    make_user(app)
    responses = at_once(16, lambda place: fail(Browser(app, f"127.0.1.{place}"))[0])
    assert sorted(responses) == [400] * 10 + [429] * 6


def test_A08_nothing_is_hashed_once_the_limit_is_reached(app, monkeypatch):
    browser = Browser(app)
    fail(browser, times=10)
    monkeypatch.setattr(passwords, "HASHER", None)
    assert fail(browser, times=3) == [429] * 3


def test_F15_one_address_gets_a_hundred_tries_an_hour_at_most(app, monkeypatch):
    checked = []
    monkeypatch.setattr(passwords, "matches", lambda *args: checked.append(args) and False)
    browser = Browser(app)
    for _ in range(3):
        token = browser.token()
        for n in range(52):
            fields = {"username": f"{30000 + n}", "password": "wrong-1x"}
            browser.post("/login", fields, token=token)
        let_time_pass(app, minutes=5, seconds=1)
    assert len(checked) == 100


def test_A09_headers_that_anybody_can_set_do_not_change_who_is_counted(app):
    browser = Browser(app)
    token = browser.token()
    names = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP")
    responses = []
    for n in range(51):
        forged = {name: f"10.0.0.{n}" for name in names}
        responses.append(browser.register(f"{20000 + n}", "123456", token=token, headers=forged).status_code)
    assert responses == [400] * 50 + [429]


def test_A09_behind_our_own_proxy_its_word_counts(environment, database):
    import config
    from app import create_app

    app = create_app(config.load(environment | {"PROXIES": "1"}) | {"TESTING": True})
    browser = Browser(app)
    token = browser.token()
    for n in range(52):
        forged = f"9.9.9.{n}, 10.0.0.7"
        response = browser.register(f"{20000 + n}", "123456", token=token, headers={"X-Forwarded-For": forged})
    assert response.status_code == 429
    response = browser.register("20001", "123456", token=token, headers={"X-Forwarded-For": "10.0.0.8"})
    assert response.status_code == 400


def test_A09_ipv6_is_counted_by_the_64_and_mapped_ipv4_as_itself():
    assert limits.find_network("2001:db8:1:2:aaaa::1") == limits.find_network("2001:db8:1:2:ffff:1:2:3")
    assert limits.find_network("2001:db8:1:2::1") != limits.find_network("2001:db8:1:3::1")
    assert limits.find_network("::ffff:10.0.0.1") == "10.0.0.1"
    assert limits.find_network("fe80::1%eth0") == "fe80::/64"
    assert limits.find_network("10.0.0.1") != limits.find_network("10.0.0.2")
    assert limits.find_network(None) == limits.find_network("nonsense") == "unknown"


@both_engines
def test_A09_two_processes_share_one_count(app, environment, database):
    import config
    from app import create_app

    second = create_app(config.load(environment) | {"TESTING": True})
    responses = fail(Browser(app), times=6) + fail(Browser(second), times=6)
    assert responses == [400] * 10 + [429] * 2


@both_engines
def test_a_count_survives_what_the_caller_rolls_back(app):
    with app.app_context():
        limits.count(limits.PRESENT_PASSWORD, "12345", None)
        db.session.rollback()
        assert {row.count for row in db.session.query(DailyCount)} == {1}


@both_engines
def test_counts_made_at_once_are_all_there(app):
    def count(_place: int) -> None:
        with app.app_context():
            limits.count(limits.SIGN_IN, "12345", "10.0.0.1")

    at_once(16, count)
    with app.app_context():
        assert {row.count for row in db.session.query(DailyCount)} == {16}


@both_engines
def test_a_window_starts_anew_when_it_is_over_or_the_clock_was_set_back(app):
    with app.app_context():
        for _ in range(10):
            limits.take(limits.PRESENT_PASSWORD, "12345", None)
        with pytest.raises(TooMany):
            limits.take(limits.PRESENT_PASSWORD, "12345", None)
    let_time_pass(app, minutes=5, seconds=1)
    with app.app_context():
        limits.take(limits.PRESENT_PASSWORD, "12345", None)
    let_time_pass(app, days=-3)
    with app.app_context():
        limits.count(limits.PRESENT_PASSWORD, "12345", None)
        assert {row.count for row in db.session.query(DailyCount)} == {1}


def mails_for(app, browser: Browser, names: list[str]) -> int:
    sent = 0
    for name in names:
        response = browser.ask_for_code(name)
        assert (response.status_code, response.location) == (303, "/register")
        sent += len(deliver(app))
    return sent


def test_A10_one_mailbox_gets_one_code_a_minute(app):
    browser = Browser(app)
    assert mails_for(app, browser, ["12345"] * 3) == 1
    let_time_pass(app, seconds=61)
    assert mails_for(app, browser, ["12345"]) == 1


def test_A10_one_mailbox_gets_five_codes_an_hour_and_ten_a_day(app):
    sent = []
    for place in range(30):
        sent.append(mails_for(app, Browser(app, f"127.0.0.{place + 1}"), ["12345"]))
        let_time_pass(app, minutes=5)
    assert sum(sent[:12]) == 5
    assert sum(sent) == 10


def test_A10_one_address_gets_five_codes_an_hour(app):
    assert mails_for(app, Browser(app), [f"{10000 + n}" for n in range(8)]) == 5
    assert mails_for(app, Browser(app, "127.0.0.2"), ["20000"]) == 1


def test_A10_the_response_is_the_same_when_no_mail_goes_out(app):
    browser = Browser(app)
    json = {"Accept": "application/json"}
    first, second = (browser.ask_for_code("12345", headers=json) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.data == second.data
    assert first.json == {"sent": True, "seconds": 60}


def test_A10_codes_asked_for_at_once_are_one(app):
    browser = Browser(app)
    token, cookie = browser.token(), browser.client.get_cookie("revive").value

    def ask(_place: int) -> int:
        other = Browser(app)
        other.client.set_cookie("revive", cookie)
        return other.post("/register/code", {"username": "12345"}, token=token).status_code

    assert at_once(8, ask) == [303] * 8
    assert len(deliver(app)) == 1


def test_wrong_present_passwords_are_limited_too(app):
    browser = sign_in_person(app)
    fields = {"current": "wrong-1x", "password": PASSWORD, "confirm": PASSWORD}
    token = browser.token_of("/12345/account")
    responses = [browser.post("/12345/account/password", fields, token=token).status_code for _ in range(11)]
    assert responses == [400] * 10 + [429]
