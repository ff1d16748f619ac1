"""A03: guesses at codes are counted for the account until a success, strangers' and the owner's apart."""

import pytest

from accounts.errors import FieldErrors, LinkNeeded
from accounts.mail import mailbox_links
from accounts.security import codes, limits
from models import DailyCount, EmailCode, db
from tests.accounts.people import (
    JSON,
    Browser,
    at_once,
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


def guess(place: int, code: str = "wrong!") -> None:
    """One wrong guess of a stranger, however many days it takes to be allowed it."""
    browser = f"browser {place}"
    code_id = codes.order(codes.RESET, NAME, browser, "en")
    codes.make(code_id)
    db.session.query(DailyCount).filter(DailyCount.key.not_like("%code-guesses%")).delete()
    db.session.commit()
    with pytest.raises(FieldErrors):
        codes.check(codes.RESET, NAME, browser, code, "127.0.0.1")


@both_engines
def test_A03_a_hundred_guesses_at_codes_are_the_most_until_a_success_over_however_many_days(app):
    make_user(app)
    with app.app_context():
        for place in range(100):
            guess(place)
    let_time_pass(app, days=400)
    stranger = Browser(app)
    stranger.ask_for_code(NAME, "reset")
    (mail,) = deliver(app)
    response = stranger.reset(NAME, code_in(mail), headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (429, "link_needed")
    open_link(stranger, link_in(mail))
    assert stranger.reset(NAME, code_in(mail)).status_code == 303
    with app.app_context():
        guess(101)


def test_A03_guesses_made_at_once_are_a_hundred_too(app):
    make_user(app)
    with app.app_context():
        for place in range(96):
            guess(place)
        for place in range(8):
            codes.make(codes.order(codes.RESET, NAME, f"at once {place}", "en"))

    def try_one(place: int) -> bool:
        with app.app_context():
            try:
                codes.check(codes.RESET, NAME, f"at once {place}", "wrong!", f"10.0.0.{place}")
            except LinkNeeded:
                return False
            except FieldErrors:
                return True

    assert sum(at_once(8, try_one)) == 4


def test_A03_a_hundred_guesses_of_the_owners_browsers_end_with_a_link_opened(app):
    make_user(app)
    with app.app_context():
        for _ in range(101):
            limits.count(limits.CODE_GUESSES, NAME, None, limits.ANY_DEVICE)
        link = f"/mailbox/{mailbox_links.make_link(NAME).rpartition('/')[2]}"
    owner = sign_in_person(app)
    owner.post("/logout")
    owner.ask_for_code(NAME, "reset")
    (mail,) = deliver(app)
    assert owner.reset(NAME, code_in(mail)).status_code == 429
    open_link(owner, link)
    assert owner.reset(NAME, code_in(mail)).status_code == 303


def test_A03_a_code_can_still_be_waited_for_by_its_browser_alone(app):
    make_user(app)
    owner, stranger = Browser(app), Browser(app, "127.0.0.9")
    owner.ask_for_code(NAME, "reset")
    (mail,) = deliver(app)
    let_time_pass(app, minutes=1)
    stranger.ask_for_code(NAME, "reset")
    deliver(app)
    assert stranger.reset(NAME, code_in(mail)).status_code == 400
    with app.app_context():
        assert {row.tries for row in db.session.query(EmailCode)} == {0, 1}
