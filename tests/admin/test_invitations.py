"""Invitations: made and revoked by administrators, stored hashed, used when an account is made, and never too often."""

import re
from datetime import timedelta

import pytest

from accounts import maintenance
from accounts.administration import Administrator
from accounts.settings import changes
from models import Invitation, User, db, utc_now
from tests.accounts.people import JSON, Browser, at_once, code_in, deliver, sign_in_person, user_count
from tests.admin.conftest import CHIEF, act, audit_lines
from tests.api.support import Program, refusal
from tests.guests.support import Guest
from tests.support.engines import both_engines


@pytest.fixture
def by_invitation(app):
    with app.app_context():
        changes.change(Administrator(CHIEF, ""), {"SIGN_UP": "invitation"})


def invite(chief, **fields: str) -> str:
    """Make an invitation by the form and return the path of its link."""
    page = act(chief, "/invitations", **({"note": "", "days": "7", "uses": "1"} | fields))
    assert page.status_code == 201, page.text
    return re.search(r'value="http://127\.0\.0\.1:5000(/invitations/[^"]+)"', page.text)[1]


def open_link(app, path: str, address: str = "192.0.2.20") -> Browser:
    browser = Browser(app, address)
    assert browser.get(path).location == "/register"
    return browser


def edit(app, **values):
    with app.app_context():
        db.session.execute(db.update(Invitation).values(**values))
        db.session.commit()


@both_engines
def test_who_is_invited_registers_once_and_the_log_says_with_what(app, chief, by_invitation):
    path = invite(chief, note="Aunt  Mary")
    token = path.rpartition("/")[2]
    with app.app_context():
        row = db.session.query(Invitation).one()
        assert row.note == "Aunt Mary" and token not in str(vars(row))
        invitation_id = row.id
    browser = open_link(app, path)
    assert "You are invited" in browser.get("/register").text and ">Register<" in browser.get("/login").text
    assert browser.ask_for_code("mary@example.com").status_code == 303
    assert browser.register("mary@example.com", code_in(deliver(app)[0])).status_code == 303
    second = open_link(app, path, "192.0.2.21")
    assert "by invitation here" in second.get("/register").text
    response = second.ask_for_code("tom@example.com", headers=JSON)
    assert (response.status_code, response.json["error"]["key"]) == (403, "invitation_needed")
    assert "used up" in chief.get("/admin/invitations").text and token not in chief.get("/admin/invitations").text
    lines = audit_lines(app, "invitation_created", "registered")
    assert [(line[0], line[1], line[4]) for line in lines] == [
        ("invitation_created", CHIEF, f"{invitation_id}: 1 x, 7 d: Aunt Mary"),
        ("registered", "mary@example.com", f"invitation {invitation_id}"),
    ]


def test_without_an_invitation_the_pages_say_so_and_no_mail_goes_out(app, by_invitation):
    browser = Browser(app)
    assert "by invitation here" in browser.get("/register").text
    assert ">Register<" not in browser.get("/").text
    assert browser.ask_for_code("tom@example.com").status_code == 403
    assert deliver(app) == []


@pytest.mark.parametrize(
    "over",
    [{"expires_at": utc_now() - timedelta(seconds=1)}, {"uses": 1}, {"token_hash": "0" * 64}],
    ids=["expired", "used up", "revoked"],
)
def test_an_invitation_that_is_over_between_code_and_account_makes_no_account(app, chief, by_invitation, over):
    browser = open_link(app, invite(chief))
    browser.ask_for_code("mary@example.com")
    code = code_in(deliver(app)[0])
    edit(app, **over)
    assert browser.register("mary@example.com", code).status_code == 403
    assert user_count(app) == 1


@both_engines
def test_of_many_who_register_with_one_use_at_once_one_succeeds(app, chief, by_invitation):
    path = invite(chief)
    names = [f"guest{number}@example.com" for number in range(4)]
    browsers = [open_link(app, path, f"192.0.2.{30 + number}") for number in range(4)]
    for name, browser in zip(names, browsers, strict=True):
        browser.ask_for_code(name)
    found = {letter["To"]: code_in(letter) for letter in deliver(app)}
    tokens = [browser.token() for browser in browsers]
    statuses = at_once(4, lambda n: browsers[n].register(names[n], found[names[n]], token=tokens[n]).status_code)
    assert sorted(statuses) == [303, 403, 403, 403]
    with app.app_context():
        assert db.session.query(User).count() == 2 and db.session.query(Invitation).one().uses == 1


def test_a_revoked_invitation_opens_nothing_and_accounts_made_with_it_stay(app, chief, by_invitation):
    path = invite(chief, uses="2")
    browser = open_link(app, path)
    browser.ask_for_code("mary@example.com")
    browser.register("mary@example.com", code_in(deliver(app)[0]))
    with app.app_context():
        invitation_id = db.session.query(Invitation).one().id
    for _time in range(2):
        assert act(chief, f"/invitations/{invitation_id}/revocation").status_code == 303
    assert "by invitation here" in open_link(app, path).get("/register").text
    assert user_count(app) == 2 and len(audit_lines(app, "invitation_revoked")) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"days": "0"}, "days"), ({"days": "366"}, "days"), ({"uses": "1001"}, "uses"), ({"note": "x" * 81}, "note")],
    ids=str,
)
def test_what_is_no_invitation_is_told_beside_its_field(app, chief, fields, wrong):
    page = act(chief, "/invitations", **({"note": "", "days": "7", "uses": "1"} | fields))
    assert page.status_code == 400 and f'id="{wrong}-error"' in page.text


def test_a_guest_who_was_invited_keeps_the_invitation(app, chief, by_invitation):
    app.config["TRY_WITHOUT_ACCOUNT"] = True
    path = invite(chief)
    guest = Guest(app)
    guest.get(path)
    guest.ask_for_code("mary@example.com")
    assert guest.register("mary@example.com", code_in(deliver(app)[0])).status_code == 303
    invited_first = open_link(app, invite(chief))
    invited_first.post("/guests")
    assert "You are invited" in invited_first.get("/register").text


def test_while_everybody_or_nobody_may_register_an_invitation_is_not_used(app, chief):
    path = invite(chief)
    browser = open_link(app, path)
    browser.ask_for_code("mary@example.com")
    assert browser.register("mary@example.com", code_in(deliver(app)[0])).status_code == 303
    with app.app_context():
        assert db.session.query(Invitation).one().uses == 0
        changes.change(Administrator(CHIEF, ""), {"SIGN_UP": "closed"})
    assert "takes no new accounts" in open_link(app, path).get("/register").text
    assert "not even with an invitation" in chief.get("/admin/invitations").text


def test_only_administrators_make_them(app, anna):
    browser = sign_in_person(app, "anna@example.com")
    assert browser.get("/admin/invitations").status_code == 404
    program = Program(app, "12345", "read jobs")
    assert refusal(program.post("/admin/invitations", json={}))[0] == 403


def test_programs_and_commands_make_list_and_revoke_them(app):
    administrator = Program(app, "54321", "read jobs admin", is_admin=True)
    made = administrator.post("/admin/invitations", json={"note": "Tom", "uses": 3})
    assert made.status_code == 201 and made.json["url"].startswith("http://127.0.0.1:5000/invitations/")
    assert refusal(administrator.post("/admin/invitations", json={"days": 0}))[::2] == (400, "days")
    run = app.test_cli_runner().invoke
    assert run(args=["users", "invite", "--days", "1"]).output.startswith("http://127.0.0.1:5000/invitations/")
    assert run(args=["users", "invite", "--days", "x"]).exit_code == 1
    listed = administrator.get("/admin/invitations").json["invitations"]
    assert [(each["note"], each["max_uses"], each["made_by"]) for each in listed] == [
        ("", 1, "command line"),
        ("Tom", 3, "54321"),
    ]
    assert administrator.ask("DELETE", f"/admin/invitations/{made.json['id']}").status_code == 204
    assert len(administrator.get("/admin/invitations").json["invitations"]) == 1


def test_they_are_thrown_away_a_month_after_they_ended(app, chief):
    invite(chief)
    edit(app, expires_at=utc_now() - timedelta(days=29))
    with app.app_context():
        maintenance.remove_expired()
        assert db.session.query(Invitation).count() == 1
    edit(app, expires_at=utc_now() - timedelta(days=31))
    with app.app_context():
        maintenance.remove_expired()
        assert db.session.query(Invitation).count() == 0
