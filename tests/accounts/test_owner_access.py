"""A08, A10: what strangers use up keeps no owner from signing in or from a code."""

import pytest

from accounts import sessions
from accounts.errors import FieldErrors
from accounts.mail import mailbox_links
from accounts.security import limits
from tests.accounts.people import (
    JSON,
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    body,
    code_in,
    deliver,
    let_time_pass,
    link_in,
    make_user,
    open_link,
    sign_in_person,
)
from tests.support.engines import both_engines

NAME = "12345"


def fail(browser: Browser, times: int, name: str = NAME) -> list[int]:
    token = browser.token()
    return [browser.sign_in(name, "wrong-1x", token=token).status_code for _ in range(times)]


def use_up_sign_ins(app) -> None:
    """Two addresses use up what strangers may try at an account in an hour."""
    fail(Browser(app, "127.0.1.1"), 10)
    let_time_pass(app, minutes=5, seconds=1)
    fail(Browser(app, "127.0.1.2"), 10)


def use_up_codes(app, name: str = NAME) -> list:
    """Strangers at many addresses ask for all the codes that they may have in a day; return the mails."""
    mails = []
    for place in range(30):
        Browser(app, f"127.0.2.{place + 1}").ask_for_code(name, "reset")
        mails += deliver(app)
        let_time_pass(app, minutes=5)
    return mails


def test_A08_a_thousand_wrong_sign_ins_from_twenty_addresses_keep_nobody_out(app):
    known = sign_in_person(app)
    known.post("/logout")
    make_user(app, "23456")
    with app.app_context():
        for n in range(1000):
            with pytest.raises(FieldErrors):
                sessions.sign_in(f"{30000 + n // 10}", "wrong-1x", f"10.0.0.{n % 20}")
    assert known.sign_in(NAME).status_code == 303
    assert Browser(app, "127.0.0.9").sign_in("23456").status_code == 303


def test_A08_what_strangers_use_up_all_together_keeps_no_known_browser_out(app, monkeypatch):
    known = sign_in_person(app)
    known.post("/logout")
    with app.app_context():
        for item, keys in limits._list_counters(limits.SIGN_IN, None, known.environ["REMOTE_ADDR"]):
            limits._storage.incr(item.key_for(*keys), item.get_expiry(), 20_000)
    assert Browser(app).sign_in(NAME).status_code == 429
    assert known.sign_in(NAME).status_code == 303


def test_A08_one_address_alone_keeps_an_owner_elsewhere_out_for_five_minutes_at_most(app):
    make_user(app)
    for _ in range(24):
        fail(Browser(app, "127.0.1.1"), 12)
        let_time_pass(app, minutes=5, seconds=1)
        assert Browser(app, "127.0.0.9").sign_in(NAME).status_code == 303


def test_A08_who_would_wait_longer_is_mailed_a_link_that_lets_his_browser_try_at_once(app):
    make_user(app, language="zh")
    use_up_sign_ins(app)
    owner = Browser(app, "127.0.0.9")
    response = owner.sign_in(NAME)
    assert response.status_code == 429 and "link" in response.text
    (mail,) = deliver(app)
    assert "密码" in body(mail)
    open_link(owner, link_in(mail), "login")
    assert owner.sign_in(NAME).status_code == 303
    assert Browser(app, "127.0.0.8").sign_in(NAME).status_code == 429


def test_A08_the_link_gives_no_more_tries_than_a_known_browser_has(app):
    make_user(app)
    with app.app_context():
        link = f"/mailbox/{mailbox_links.make_link(NAME).rpartition('/')[2]}"
    browser = Browser(app)
    open_link(browser, link, "login")
    assert fail(browser, 12) == [400] * 10 + [429] * 2
    open_link(browser, link, "login")
    assert fail(browser, 1) == [429]


def test_A06_the_refusal_is_the_same_for_a_name_that_nobody_has_and_nobody_is_mailed(app):
    make_user(app)
    texts = []
    for name in (NAME, "54321"):
        for place in (1, 2):
            fail(Browser(app, f"127.0.{name[0]}.{place}"), 10, name)
            let_time_pass(app, minutes=5, seconds=1)
        texts.append(Browser(app, "127.0.0.9").sign_in(name, headers=JSON).data)
    assert texts[0] == texts[1]
    assert [mail["To"] for mail in deliver(app)] == ["12345@qq.com"]


def test_A08_an_attack_of_a_day_mails_three_links_at_most(app):
    make_user(app)
    sent = 0
    for _ in range(24):
        for place in range(8):
            fail(Browser(app, f"127.0.1.{place}"), 3)
        sent += len(deliver(app))
        let_time_pass(app, minutes=58)
    assert 1 <= sent <= 3


def test_A10_one_address_cannot_use_up_the_codes_of_a_name(app):
    make_user(app)
    stranger, sent = Browser(app, "127.0.1.1"), 0
    for _ in range(15):
        stranger.ask_for_code(NAME, "reset")
        sent += len(deliver(app))
        let_time_pass(app, minutes=61)
    assert sent == 5
    Browser(app, "127.0.0.9").ask_for_code(NAME, "reset")
    assert len(deliver(app)) == 1


def test_A10_a_known_browser_gets_a_code_when_strangers_have_used_up_the_day(app):
    owner = sign_in_person(app)
    owner.post("/logout")
    assert len(use_up_codes(app)) == 10
    owner.ask_for_code(NAME, "reset")
    (mail,) = deliver(app)
    assert owner.reset(NAME, code_in(mail)).status_code == 303


@both_engines
def test_A10_the_link_in_the_first_mail_of_the_day_brings_a_new_browser_a_code(app):
    make_user(app)
    first = use_up_codes(app)[0]
    let_time_pass(app, hours=20)
    owner = Browser(app, "127.0.0.9")
    open_link(owner, link_in(first))
    owner.ask_for_code(NAME, "reset")
    (mail,) = deliver(app)
    assert owner.reset(NAME, code_in(mail)).status_code == 303
    assert owner.sign_in(NAME, NEW_PASSWORD).status_code == 303


@pytest.mark.parametrize("purpose", ["register", "reset"])
def test_A10_every_response_to_a_request_for_a_code_holds_the_link_account_or_not(app, purpose):
    make_user(app)
    for name in (NAME, "54321"):
        Browser(app, f"127.0.0.{name[0]}").ask_for_code(name, purpose)
        (mail,) = deliver(app)
        with app.app_context():
            assert mailbox_links.read_link(link_in(mail).rpartition("/")[2]) == name


def test_A10_the_holder_of_a_mailbox_gets_ten_codes_a_day_with_however_many_browsers(app):
    make_user(app)
    with app.app_context():
        link = f"/mailbox/{mailbox_links.make_link(NAME).rpartition('/')[2]}"
    sent = 0
    for place in range(14):
        browser = Browser(app, f"127.0.0.{place + 1}")
        open_link(browser, link)
        browser.ask_for_code(NAME, "reset")
        sent += len(deliver(app))
        let_time_pass(app, minutes=13)
    assert sent == 10


def test_A04_a_strangers_request_does_not_end_the_owners_code(app):
    make_user(app)
    owner = Browser(app)
    owner.ask_for_code(NAME, "reset")
    (mail,) = deliver(app)
    let_time_pass(app, minutes=1)
    Browser(app, "127.0.0.9").ask_for_code(NAME, "reset")
    assert len(deliver(app)) == 1
    assert owner.reset(NAME, code_in(mail)).status_code == 303


def test_A04_a_new_password_ends_the_codes_of_every_browser(app):
    make_user(app)
    first, second = Browser(app), Browser(app, "127.0.0.9")
    mails = []
    for browser in (first, second):
        browser.ask_for_code(NAME, "reset")
        mails += deliver(app)
        let_time_pass(app, minutes=1)
    assert first.reset(NAME, code_in(mails[0])).status_code == 303
    assert second.reset(NAME, code_in(mails[1]), "Other river 43").status_code == 400


def test_a_browser_that_entered_a_right_code_is_known(app):
    browser = Browser(app)
    browser.ask_for_code(NAME)
    (mail,) = deliver(app)
    assert browser.register(NAME, code_in(mail)).status_code == 303
    fail(Browser(app, "127.0.0.9"), 10)
    assert Browser(app, "127.0.0.8").sign_in(NAME).status_code == 429
    assert browser.sign_in(NAME, PASSWORD).status_code == 303


def test_looking_at_the_page_of_a_link_makes_no_browser_known(app):
    with app.app_context():
        link = f"/mailbox/{mailbox_links.make_link(NAME).rpartition('/')[2]}"
    browser = Browser(app)
    page = browser.get(link)
    assert page.status_code == 200 and NAME in page.text
    assert browser.client.get_cookie("revive-known") is None


def test_a_link_too_old_forged_or_made_for_something_else_opens_nothing(app, monkeypatch):
    with app.app_context():
        token = mailbox_links.make_link(NAME).rpartition("/")[2]
    owner = sign_in_person(app)
    cookie = owner.client.get_cookie("revive-known").value
    browser = Browser(app)
    csrf_token = browser.token()
    for wrong in (token[:-2] + "xx", "x", cookie):
        assert browser.get(f"/mailbox/{wrong}").status_code == 404
        assert browser.post(f"/mailbox/{wrong}", token=csrf_token).status_code == 404
    monkeypatch.setattr(mailbox_links, "LINK_HOURS", -1)
    assert browser.post(f"/mailbox/{token}", token=csrf_token).status_code == 404
    assert browser.client.get_cookie("revive-known") is None
