"""Access tokens on the account page and in the administration: made, shown once, listed, revoked."""

import io
import json
import re
import zipfile

import pytest

from accounts import tokens
from accounts.errors import AccountError
from models import AccessToken, Event, User, db
from tests.accounts.people import JSON, PASSWORD, at_once, body, deliver, make_user, sign_in_person
from tests.api.support import Program, make_token
from tests.support.engines import both_engines

PAGE = "/12345/account"
FORM = {"token_name": "my phone", "token_scopes": ["read", "jobs"], "token_days": "30", "token_password": PASSWORD}


def make(browser, **changes):
    return browser.post(f"{PAGE}/tokens", FORM | changes, token=browser.token_of(PAGE))


def token_in(page: str) -> str:
    return re.search(r'id="new-token"[^>]* value="([^"]+)"', page)[1]


@both_engines
def test_a_token_is_shown_once_and_works(app):
    browser = sign_in_person(app)
    response = make(browser)
    token = token_in(response.text)
    assert response.status_code == 201 and "Set-Cookie" not in response.headers
    assert re.search(r'id="new-token"[^>]* autofocus', response.text)
    account = app.test_client().get("/api/v1/account", headers={"Authorization": f"Bearer {token}"})
    assert account.json["token"]["name"] == "my phone" and account.json["token"]["scopes"] == ["read", "jobs"]
    page = browser.get(PAGE).text
    assert "my phone" in page and token not in page


def test_a_program_with_a_session_gets_the_token_as_json(app):
    browser = sign_in_person(app)
    response = browser.post(f"{PAGE}/tokens", FORM, token=browser.token_of(PAGE), headers=JSON)
    assert (response.status_code, list(response.json)) == (201, ["token"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"token_name": " "}, "token_name"),
        ({"token_name": "x" * 81}, "token_name"),
        ({"token_scopes": []}, "token_scopes"),
        ({"token_scopes": ["everything"]}, "token_scopes"),
        ({"token_scopes": ["admin"]}, "token_scopes"),
        ({"token_days": "10000"}, "token_days"),
        ({"token_password": ""}, "token_password"),
        ({"token_password": "wrong-Pass9"}, "token_password"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_made(app, changes, field):
    response = make(sign_in_person(app), **changes)
    assert response.status_code == 400 and f'id="{field}-error"' in response.text
    assert PASSWORD not in response.text
    with app.app_context():
        assert db.session.query(AccessToken).count() == 0


def test_the_password_is_not_guessed_here(app):
    browser = sign_in_person(app)
    responses = [make(browser, token_password="wrong-Pass9").status_code for _ in range(11)]
    assert responses == [400] * 10 + [429]


def test_an_administrator_may_give_a_token_the_administration(app):
    make_user(app, is_admin=True)
    token = token_in(make(sign_in_person(app), token_scopes=["admin"]).text)
    assert app.test_client().get("/api/v1/admin/queue", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_person_revokes_a_token_and_only_his_own(app):
    browser, other = sign_in_person(app), sign_in_person(app, "67890")
    program = Program(app)
    with app.app_context():
        token_id = db.session.scalar(db.select(AccessToken.id))
    other.post(f"/67890/account/tokens/{token_id}/revocation", token=other.token_of("/67890/account"))
    assert program.get("/account").status_code == 200
    browser.post(f"{PAGE}/tokens/{token_id}/revocation", token=browser.token_of(PAGE))
    assert program.get("/account").status_code == 401


def test_an_administrator_sees_and_revokes_the_tokens_of_an_account(app):
    program = Program(app)
    make_user(app, "54321", is_admin=True)
    chief = sign_in_person(app, "54321")
    with app.app_context():
        user_id, token_id = db.session.execute(db.select(AccessToken.user_id, AccessToken.id)).one()
    page = chief.get(f"/admin/users/{user_id}").text
    assert "a test" in page and program.token not in page
    path = f"/admin/users/{user_id}/tokens/{token_id}/revocation"
    assert chief.post(path, token=chief.token_of(f"/admin/users/{user_id}")).status_code == 303
    assert program.get("/account").status_code == 401


def test_the_owner_is_mailed_when_a_token_is_made(app):
    make(sign_in_person(app))
    (letter,) = deliver(app)
    assert "An access token was made for the account 12345." in body(letter)


def test_the_audit_log_says_who_made_and_revoked_a_token(app):
    make(browser := sign_in_person(app))
    with app.app_context():
        token_id = db.session.scalar(db.select(AccessToken.id))
    browser.post(f"{PAGE}/tokens/{token_id}/revocation", token=browser.token_of(PAGE))
    with app.app_context():
        said = db.session.query(Event).filter(Event.action.startswith("token_")).order_by(Event.id)
        lines = [(event.action, event.actor, event.detail) for event in said]
    made = ("token_created", "12345", "read jobs: my phone")
    assert lines == [made, ("token_revoked", "12345", "my phone")]


@both_engines
def test_an_account_has_no_more_tokens_than_it_may_have_also_of_many_at_once(app, monkeypatch):
    make_user(app)
    monkeypatch.setattr(tokens, "MAX_TOKENS", 2)

    def create(_place: int) -> bool:
        with app.app_context():
            user = db.session.scalar(db.select(User))
            try:
                return bool(tokens.create(user, "x", ["read"], "7", PASSWORD, None))
            except AccountError:
                return False

    assert sum(at_once(4, create)) == 2


def test_the_data_of_a_person_tell_of_tokens_but_hold_none(app):
    browser, token = sign_in_person(app), make_token(app)
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"{PAGE}/data").data))
    (told,) = json.loads(archive.read("access-tokens.json"))
    assert told["name"] == "a test" and "token_hash" not in told and token not in str(told)
