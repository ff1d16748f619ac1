"""Who may use the API: whoever brings a living token with the scope that is needed, and nobody by a cookie."""

import pytest

from accounts import administration, sessions, tokens
from models import AccessToken, Event, User, db, utc_now
from tests.accounts.people import NEW_PASSWORD, PASSWORD, let_time_pass, make_user, sign_in_person
from tests.api.support import API, Program, make_token, refusal
from tests.support.engines import both_engines
from views.api.operation import OPERATIONS

BY = administration.Administrator("54321", "10.0.0.1")
GUARDED = [said for said in OPERATIONS if said.scope]


def path_of(said) -> str:
    path = said.path.replace("<int(max=2147483647):number>", "0").replace("<int(max=2147483647):id>", "1")
    return API + path.replace("<id>", "abc").replace("<service>", "adjust").replace("<name>", "sheet.pdf")


@both_engines
def test_a_token_opens_what_its_account_has(app):
    account = Program(app, scopes="read").get("/account").json
    assert (account["name"], account["is_admin"], account["token"]["scopes"]) == ("12345", False, ["read"])
    assert {use["key"] for use in account["limits"]} >= {"active_jobs", "storage_megabytes"}


@pytest.mark.parametrize("said", GUARDED, ids=lambda said: said.endpoint)
def test_nothing_is_there_without_a_token_and_a_cookie_is_none(app, said):
    browser = sign_in_person(app)
    response = browser.client.open(path_of(said), method=said.method)
    assert refusal(response) == (401, "token_needed", None)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("said", GUARDED, ids=lambda said: said.endpoint)
def test_each_operation_needs_its_scope(app, said):
    others = " ".join(scope for scope in tokens.SCOPES if scope != said.scope)
    response = Program(app, scopes=others, is_admin=True).ask(said.method, path_of(said), json={})
    assert refusal(response) == (403, "scope_needed", None)
    assert response.json["error"]["allowed"] == [said.scope]


def test_the_administration_is_for_administrators_whatever_the_token_says(app):
    program = Program(app, scopes="read jobs admin")
    assert refusal(program.get("/admin/accounts")) == (403, "forbidden", None)


def test_a_token_of_an_earlier_time_as_administrator_opens_nothing_again(app):
    make_user(app, "54321", is_admin=True)
    chief, reader = Program(app, scopes="read admin", is_admin=True), Program(app, scopes="read")
    with app.app_context():
        user_id = db.session.scalar(db.select(User.id).where(User.name == "12345"))
        administration.promote(BY, user_id)
    assert chief.get("/admin/queue").status_code == 200, "it was one all the time"
    with app.app_context():
        administration.demote(BY, user_id)
        administration.promote(BY, user_id)
    assert refusal(chief.get("/admin/queue"))[0] == 401 and reader.get("/account").status_code == 200


def test_a_token_that_changes_something_needs_no_csrf_token_and_gets_no_cookie(program):
    response = program.start(brightness="1.5")
    assert response.status_code == 201 and "Set-Cookie" not in response.headers


def expire(app, _program):
    with app.app_context():
        db.session.execute(db.update(AccessToken).values(expires_at=utc_now()))
        db.session.commit()


def revoke(app, _program):
    with app.app_context():
        user = db.session.scalar(db.select(User).where(User.name == "12345"))
        tokens.revoke(user, tokens.list_tokens(user)[0].id, "12345", None)


def disable(app, _program):
    with app.app_context():
        administration.disable(BY, db.session.scalar(db.select(User.id).where(User.name == "12345")), "Spam")


def change_password(app, _program):
    browser = sign_in_person(app)
    form = {"current": PASSWORD, "password": NEW_PASSWORD, "confirm": NEW_PASSWORD}
    assert browser.post("/12345/account/password", form, token=browser.token_of("/12345/account")).status_code == 303


@pytest.mark.parametrize("end", [expire, revoke, disable, change_password])
def test_a_token_ends(app, program, end):
    make_user(app, "54321", is_admin=True)
    end(app, program)
    assert refusal(program.get("/account")) == (401, "token_needed", None)


@pytest.mark.parametrize("brought", ["Bearer", "Bearer x", "Bearer revive_W10.x", "Basic MTIzNDU6eA==", "Token x", ""])
def test_what_is_no_token_opens_nothing(program, brought):
    assert refusal(program.get("/account", headers={"Authorization": brought}))[:2] == (401, "token_needed")


def test_the_token_of_a_session_is_no_access_token(app, program):
    with app.app_context():
        _user, session = sessions.sign_in("12345", PASSWORD, None)
    assert refusal(program.get("/account", headers={"Authorization": f"Bearer {session}"}))[0] == 401


def test_who_brings_wrong_tokens_without_end_is_told_to_wait_and_a_right_one_is_served(app, program):
    wrong = make_token(app).replace(".", "x.", 1)
    responses = [program.get("/account", headers={"Authorization": f"Bearer {wrong}"}) for _ in range(61)]
    assert {response.status_code for response in responses[:60]} == {401}
    assert refusal(responses[60])[:2] == (429, "too_many") and int(responses[60].headers["Retry-After"]) > 0
    assert program.get("/account").status_code == 200
    let_time_pass(app, minutes=6)
    assert program.get("/account", headers={"Authorization": f"Bearer {wrong}"}).status_code == 401


def test_the_last_use_is_kept(app, program):
    program.get("/account")
    with app.app_context():
        row = db.session.scalar(db.select(AccessToken))
        assert row.address == "127.0.0.1" and (utc_now() - row.seen_at).total_seconds() < 60


def test_only_the_hash_is_stored_and_no_line_holds_the_token(app, program, caplog):
    program.get("/account")
    program.start(brightness="1.5")
    with app.app_context():
        row = db.session.execute(db.select(*AccessToken.__table__.columns)).one()
        said = [f"{event.detail} {event.target}" for event in db.session.query(Event)]
    assert program.token not in str([*row, *said, caplog.text])


def test_maintenance_forgets_a_token_some_time_after_it_ended(app, program):
    with app.app_context():
        tokens.remove_expired(utc_now())
        assert db.session.query(AccessToken).count() == 1
        db.session.execute(db.update(AccessToken).values(expires_at=db.func.datetime("now", "-31 days")))
        tokens.remove_expired(utc_now())
        assert db.session.query(AccessToken).count() == 0
