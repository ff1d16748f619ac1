"""A21: the first administrator comes from the command line, and nobody has a default password."""

import pytest

from models import Event, User, db
from tests.accounts.people import PASSWORD, Browser, body, code_in, deliver, make_user, sign_in_person, user_count


@pytest.fixture
def flask(app):
    runner = app.test_cli_runner()
    return lambda *words, **options: runner.invoke(args=["users", *words], **options)


def test_A21_a_new_installation_has_no_account(app):
    assert user_count(app) == 0


def test_A21_an_administrator_is_made_by_prompt(app, flask):
    result = flask("create-admin", input=f"Ann@Example.com\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    with app.app_context():
        user = db.session.query(User).one()
        assert (user.name, user.is_admin) == ("ann@example.com", True)
    assert Browser(app).sign_in("ann@example.com").status_code == 303


def test_A21_an_administrator_is_made_by_a_script(app, flask):
    result = flask("create-admin", "12345", "--password-stdin", input=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert Browser(app).sign_in("12345").status_code == 303


@pytest.mark.parametrize(
    "name, password", [("12345", "short"), ("12345", "P@ssw0rd"), ("12345", ""), ("ann", PASSWORD)]
)
def test_A21_the_rules_hold_for_administrators(app, flask, name, password):
    result = flask("create-admin", name, "--password-stdin", input=f"{password}\n")
    assert result.exit_code == 1
    assert result.output.startswith("Error: Please") or "first passwords" in result.output
    assert user_count(app) == 0


def test_a_name_that_is_taken_is_told(app, flask):
    make_user(app)
    result = flask("create-admin", "12345@qq.com", "--password-stdin", input=f"{PASSWORD}\n")
    assert result.exit_code == 1 and "exists already" in result.output
    with app.app_context():
        assert db.session.query(User).one().is_admin is False


@pytest.mark.parametrize("field", ["is_admin", "role", "id", "quota", "disabled_at", "password_hash"])
def test_A21_fields_that_the_form_does_not_have_are_ignored(app, field):
    browser = Browser(app)
    browser.ask_for_code("12345")
    code = code_in(*deliver(app))
    fields = {"username": "12345", "password": PASSWORD, "confirm": PASSWORD, "code": code, field: "1"}
    assert browser.post("/register", fields).status_code == 303
    with app.app_context():
        user = db.session.query(User).one()
        assert user.is_admin is False and user.disabled_at is None and user.password_hash.startswith("$argon2id$")


def test_A21_an_administrator_starts_a_reset_and_neither_sees_nor_chooses_the_password(app, flask):
    browser = sign_in_person(app)
    result = flask("reset-password", "12345")
    assert result.exit_code == 0
    assert not browser.is_signed_in()
    assert browser.sign_in("12345").status_code == 400
    (letter,) = deliver(app)
    assert "http://127.0.0.1:5000/reset" in body(letter)
    browser.ask_for_code("12345", "reset")
    (letter,) = deliver(app)
    assert browser.reset("12345", code_in(letter)).status_code == 303
    assert browser.sign_in("12345", "Quiet river 42").status_code == 303


def test_accounts_are_listed_disabled_and_enabled(app, flask):
    make_user(app, "12345")
    make_user(app, "ann@example.com", is_admin=True)
    assert flask("disable", "12345@qq.com", "--reason", "Spam").exit_code == 0
    lines = flask("list").output.splitlines()
    assert lines[0].startswith("12345  since ") and lines[0].endswith("  disabled")
    assert lines[1].startswith("ann@example.com  since ") and lines[1].endswith("  administrator")
    assert flask("list", "--admins").output.splitlines() == [lines[1]]
    assert flask("list", "--disabled").output.splitlines() == [lines[0]]
    assert Browser(app).sign_in("12345").status_code == 400
    assert flask("enable", "12345").exit_code == 0
    assert Browser(app).sign_in("12345").status_code == 303


def test_the_reason_for_disabling_is_asked_for_and_mailed(app, flask):
    browser = sign_in_person(app)
    assert flask("disable", "12345", input="\n   \n").exit_code == 1
    assert browser.is_signed_in()
    assert flask("disable", "12345", input="Too many <b>pictures</b>\n").exit_code == 0
    assert not browser.is_signed_in()
    (letter,) = deliver(app)
    assert "The reason given: Too many <b>pictures</b>" in body(letter)
    assert "&lt;b&gt;pictures" in body(letter, "html")


def test_administrators_are_made_and_unmade_but_the_last_one_stays(app, flask):
    make_user(app, "12345")
    make_user(app, "54321", is_admin=True)
    assert flask("promote", "12345").output == "12345 is an administrator.\n"
    assert flask("demote", "54321").output == "54321 is no administrator.\n"
    result = flask("demote", "12345")
    assert result.exit_code == 1 and "last administrator" in result.output
    result = flask("disable", "12345", "--reason", "x")
    assert result.exit_code == 1 and "last administrator" in result.output
    assert flask("list", "--admins").output.startswith("12345 ")


def test_every_change_from_the_command_line_is_in_the_audit_log(app, flask):
    make_user(app, "54321", is_admin=True)
    flask("create-admin", "12345", "--password-stdin", input=f"{PASSWORD}\n")
    for words in (["demote"], ["promote"], ["reset-password"], ["demote"], ["disable", "--reason", "Spam"], ["enable"]):
        assert flask(words[0], "12345", *words[1:]).exit_code == 0, words
    assert app.test_cli_runner().invoke(args=["jobs", "purge"]).output == "0 jobs deleted.\n"
    with app.app_context():
        lines = [(event.actor, event.action, event.target) for event in db.session.query(Event).order_by(Event.id)]
    actions = [
        "admin_created",
        "user_demoted",
        "user_promoted",
        "reset_started",
        "user_demoted",
        "user_disabled",
        "user_enabled",
    ]
    assert lines == [*(("command line", action, "12345") for action in actions), ("command line", "jobs_purged", "")]


@pytest.mark.parametrize("words", ["disable --reason x", "enable", "promote", "demote", "reset-password"])
def test_a_name_that_nobody_has_is_told(flask, words):
    command, *options = words.split()
    result = flask(command, "99999", *options)
    assert result.exit_code == 1
    assert "There is no account 99999." in result.output


def test_every_command_says_what_it_does(app):
    runner = app.test_cli_runner()
    for words in (["users"], ["jobs"]):
        page = runner.invoke(args=[*words, "--help"]).output
        for line in page.split("Commands:")[1].strip().splitlines():
            name = line.split()[0]
            assert len(line.split()) > 3, line
            assert "Usage:" in runner.invoke(args=[*words, name, "--help"]).output
