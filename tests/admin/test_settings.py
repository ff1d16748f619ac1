"""Settings that an administrator changes while the site runs: pages, API, commands, what they do, and who may."""

import ast
import re
import time
from pathlib import Path

import pytest
from sqlalchemy import text as sql

import config
from accounts.administration import Administrator
from accounts.errors import FieldErrors
from accounts.settings import changes, current
from accounts.settings.current import get_setting
from app import create_app
from changeable_settings import CHANGEABLE
from jobs import quotas, retention
from models import ChangedSetting, db
from tests.accounts.people import JSON, at_once, body, deliver, make_user, sign_in_person
from tests.admin.conftest import CHIEF, act, audit_lines
from tests.api.support import Program, refusal
from tests.support.engines import both_engines

ROOT = Path(__file__).resolve().parents[2]
BY = Administrator(CHIEF, "192.0.2.7")
PAGE = "/settings"


def save(browser, **fields: str):
    """Send the form with these fields touched, and one that nobody touched."""
    with browser.app.app_context():
        was = {f"was.{each.setting.name}": changes.write_text(each.value) for each in changes.list_settings()}
    untouched = {"MAX_WEBHOOKS": was["was.MAX_WEBHOOKS"]}
    confirm = {"confirm": "1"} if fields.pop("confirm", "") else {}
    return act(browser, PAGE, **(was | untouched | fields | confirm))


def read(app, name: str):
    with app.app_context():
        return get_setting(name)


@both_engines
def test_a_change_counts_at_once_is_audited_and_can_be_taken_back(app, chief, anna):
    assert save(chief, MAX_JOBS_PER_DAY=" 7 ", SITE_TITLE="Grandma's  photos").status_code == 303
    assert (read(app, "MAX_JOBS_PER_DAY"), read(app, "SITE_TITLE")) == (7, "Grandma's photos")
    with app.app_context():
        assert quotas.find_limits(anna).jobs_per_day == 7
        assert {row.name: row.changed_by for row in db.session.query(ChangedSetting)} == {
            "MAX_JOBS_PER_DAY": CHIEF,
            "SITE_TITLE": CHIEF,
        }
    assert act(chief, f"{PAGE}/MAX_JOBS_PER_DAY/default").status_code == 303
    assert read(app, "MAX_JOBS_PER_DAY") == 500
    assert sorted(audit_lines(app, "setting_changed", "setting_taken_back")) == [
        ("setting_changed", CHIEF, "", "192.0.2.7", "MAX_JOBS_PER_DAY: 500 -> 7"),
        ("setting_changed", CHIEF, "", "192.0.2.7", "SITE_TITLE: - -> Grandma's photos"),
        ("setting_taken_back", CHIEF, "", "192.0.2.7", "MAX_JOBS_PER_DAY: 7 -> 500"),
    ]


def test_the_page_says_where_each_value_comes_from(environment, app, chief):
    environment["MAX_ACTIVE_JOBS"] = "3"
    app.config.update(config.load(environment))
    save(chief, SHARE_DAYS="30")
    page = chief.get("/admin/settings").text
    origins = dict(re.findall(r'id="(\w+)-origin">\s*<p><span class="chip[^>]*>([^<]+)<', page))
    assert set(origins) == set(CHANGEABLE)
    assert origins["MAX_ACTIVE_JOBS"] == "Set by the environment" and origins["RETENTION_DAYS"] == "Default"
    assert origins["SHARE_DAYS"] == "Set here" and "Back to: 0" in page


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("MAX_JOBS_PER_DAY", "0", "Please give a whole number from 1 to 100000."),
        ("MAX_JOBS_PER_DAY", "", "Please give a whole number"),
        ("MAX_JOBS_PER_DAY", "9" * 6000, "Please give a whole number"),
        ("TRY_WITHOUT_ACCOUNT", "perhaps", "Please give yes or no."),
        ("SIGN_UP", "friends", "Please give one of: open, invitation, closed."),
        ("USER_NAME_KINDS", "phone", "Please give qq, email or both"),
        ("SITE_TITLE", "x" * 41, "at most 40 printable characters"),
        ("NOTICE", "turned \u202e round", "printable characters"),
    ],
)
def test_what_is_no_value_is_told_beside_its_field_and_nothing_is_changed(app, chief, name, text, told):
    other = "MAX_ACTIVE_JOBS"
    response = save(chief, **{other: "4", name: text})
    assert response.status_code == 400 and f'id="{name}-error"' in response.text and told in response.text
    assert read(app, other) == 20 and audit_lines(app, "setting_changed") == []


def test_a_form_that_lay_open_does_not_undo_what_another_administrator_changed(app, chief):
    was = {"was.MAX_ACTIVE_JOBS": "20", "MAX_ACTIVE_JOBS": "20", "was.SHARE_DAYS": "0", "SHARE_DAYS": "7"}
    save(chief, MAX_ACTIVE_JOBS="5")
    act(chief, PAGE, **was)
    assert (read(app, "MAX_ACTIVE_JOBS"), read(app, "SHARE_DAYS")) == (5, 7)


@both_engines
def test_two_who_change_one_setting_at_once_come_one_after_the_other(app, chief):
    make_user(app, "10002", is_admin=True)
    other = sign_in_person(app, "10002", "192.0.2.8")
    tokens = {browser: browser.token_of("/admin/") for browser in (chief, other)}

    def send(browser, number):
        fields = {"was.MAX_ACTIVE_JOBS": "20", "MAX_ACTIVE_JOBS": number}
        return browser.post("/admin/settings", fields, token=tokens[browser]).status_code

    assert at_once(2, lambda place: send((chief, other)[place], ("6", "8")[place])) == [303, 303]
    first, second = (line[4] for line in audit_lines(app, "setting_changed"))
    values = re.findall(r"\d+", f"{first} {second}")
    # Lines of the log may come in either order, but each has the value that was really there.
    assert values in (["20", "6", "6", "8"], ["20", "8", "8", "6"], ["6", "8", "20", "6"], ["8", "6", "20", "8"])


def test_pictures_are_deleted_sooner_only_when_that_is_confirmed(app, chief):
    refused = save(chief, RETENTION_DAYS="30")
    assert refused.status_code == 400 and "deleted for good" in refused.text
    assert save(chief, RETENTION_DAYS="30", confirm="yes").status_code == 303
    assert save(chief, RETENTION_DAYS="60").status_code == 303
    assert save(chief, RETENTION_DAYS="0").status_code == 303
    app.config["RETENTION_DAYS"] = 10
    assert act(chief, f"{PAGE}/RETENTION_DAYS/default").status_code == 400
    assert act(chief, f"{PAGE}/RETENTION_DAYS/default", confirm="1").status_code == 303
    with app.app_context():
        assert retention.find_days(0) == 10


def test_another_process_knows_within_seconds_and_goes_on_while_the_database_is_away(environment, app, monkeypatch):
    other = create_app(config.load(environment))
    assert read(other, "MAX_ACTIVE_JOBS") == 20
    with app.app_context():
        changes.change(BY, {"MAX_ACTIVE_JOBS": "3"})
    end = time.monotonic() + 2 * current.CACHE_SECONDS + 5
    while read(other, "MAX_ACTIVE_JOBS") != 3:
        assert time.monotonic() < end
        time.sleep(0.1)
    monkeypatch.setattr(current, "CACHE_SECONDS", 0)
    with other.app_context():
        db.session.execute(sql("ALTER TABLE changed_settings RENAME TO elsewhere"))
        db.session.commit()
        current.forget_cached()
        assert get_setting("MAX_ACTIVE_JOBS") == 3
    with create_app(config.load(environment)).app_context():
        assert get_setting("MAX_ACTIVE_JOBS") == 20  # nothing was ever read: the environment counts
        db.engine.dispose()
    with other.app_context():
        db.engine.dispose()


def test_what_this_version_does_not_take_does_not_count_and_is_told(app, chief):
    with app.app_context():
        db.session.add(ChangedSetting(name="SIGN_UP", value="by telephone"))
        db.session.add(ChangedSetting(name="SETTING_OF_LATER", value="1"))
        db.session.commit()
        assert get_setting("SIGN_UP") == "open"
    page = chief.get("/admin/settings").text
    assert "cannot use what was set here" in page and "SETTING_OF_LATER" not in page
    assert act(chief, f"{PAGE}/SIGN_UP/default").status_code == 303


def test_secrets_and_addresses_cannot_be_changed_here(app, chief):
    for name in ("SECRET_KEY", "DATABASE_URL", "MAIL_PASSWORD", "STORAGE_DIR", "HOST", "no_such"):
        assert act(chief, f"{PAGE}/{name}/default").status_code == 404
        assert act(chief, PAGE, **{f"was.{name}": "", name: "x"}).status_code == 404


def test_only_administrators_find_the_page(app, anna):
    browser = sign_in_person(app, "anna@example.com")
    assert browser.get("/admin/settings").status_code == 404
    assert browser.post("/admin/settings", {"was.SITE_TITLE": "", "SITE_TITLE": "Mine"}).status_code == 404
    program = Program(app, "12345", "read jobs")
    response = program.ask("PUT", "/admin/settings/SITE_TITLE", json={"value": "Mine"})
    assert response.status_code == 403 and read(app, "SITE_TITLE") is None


@both_engines
def test_who_lost_the_rights_meanwhile_changes_nothing(app, chief, monkeypatch):
    begin = changes._begin

    def demoted_first(names):
        with db.engine.begin() as connection:
            connection.execute(sql("UPDATE users SET is_admin = 0"))
        return begin(names)

    fields, token = {"was.SITE_TITLE": "", "SITE_TITLE": "Mine"}, chief.token_of("/admin/")
    monkeypatch.setattr(changes, "_begin", demoted_first)
    assert chief.post("/admin/settings", fields, token=token).status_code == 404
    assert read(app, "SITE_TITLE") is None and audit_lines(app, "setting_changed") == []


def test_programs_list_change_and_take_back(app):
    administrator = Program(app, "54321", "read jobs admin", is_admin=True)
    listed = {each["name"]: each for each in administrator.get("/admin/settings").json["settings"]}
    assert list(listed) == list(CHANGEABLE)
    assert listed["USER_NAME_KINDS"]["value"] == ["qq", "email"] and listed["SITE_TITLE"]["value"] is None
    place = "/admin/settings/"
    for name, value in (("TRY_WITHOUT_ACCOUNT", True), ("SHARE_DAYS", 7), ("USER_NAME_KINDS", ["email"])):
        changed = administrator.ask("PUT", place + name, json={"value": value}).json
        assert (changed["value"], changed["origin"], changed["changed_by"]) == (value, "changed", "54321")
        assert read(app, name) == (tuple(value) if isinstance(value, list) else value)
    assert administrator.ask("DELETE", f"{place}SHARE_DAYS").json["origin"] == "default"
    wrong = administrator.ask("PUT", f"{place}SHARE_DAYS", json={"value": 400})
    assert wrong.status_code == 400 and "SHARE_DAYS" in wrong.json["error"]["fields"]
    assert refusal(administrator.ask("PUT", f"{place}SECRET_KEY", json={"value": "x" * 40}))[:2] == (404, "not_found")
    kept = {"value": 5, "confirm": True}
    assert administrator.ask("PUT", f"{place}RETENTION_DAYS", json={"value": 5}).status_code == 400
    assert administrator.ask("PUT", f"{place}RETENTION_DAYS", json=kept).json["value"] == 5


def test_commands_list_set_and_unset(app):
    run = app.test_cli_runner().invoke
    assert run(args=["settings", "set", "sign_up", "closed"]).output == "SIGN_UP=closed\n"
    assert "SIGN_UP=closed  (set here)" in run(args=["settings", "list"]).output
    assert run(args=["settings", "unset", "SIGN_UP"]).output == "SIGN_UP=open\n"
    wrong = run(args=["settings", "set", "SIGN_UP", "maybe"])
    assert wrong.exit_code == 1 and "give one of: open, invitation, closed" in wrong.output
    assert run(args=["settings", "set", "SECRET_KEY", "x"]).exit_code == 1
    refused = run(args=["settings", "set", "RETENTION_DAYS", "3"])
    assert refused.exit_code == 1 and "deleted for good" in refused.output
    assert run(args=["settings", "set", "RETENTION_DAYS", "3", "--yes"]).output == "RETENTION_DAYS=3\n"
    assert {line[1] for line in audit_lines(app, "setting_changed")} == {"command line"}
    refused = run(args=["settings", "set", "SIGN_UP", "maybe"], env={"LANGUAGE": "zh"})
    assert "请填写其中之一" in refused.output


def test_with_sign_up_closed_every_door_says_so(app, client):
    with app.app_context():
        changes.change(BY, {"SIGN_UP": "closed"})
    assert "takes no new accounts" in (page := client.get("/register").text) and 'name="password"' not in page
    for path in ("/", "/login", "/tools/colorize"):
        page = client.get(path).text
        assert ">Register<" not in page and "Create an account<" not in page.replace('"form-title">', "")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]
    form = {
        "csrf_token": token,
        "username": "12345",
        "password": "blue-Heron7",
        "confirm": "blue-Heron7",
        "code": "1" * 6,
    }
    for path in ("/register/code", "/register"):
        response = client.post(path, data=form, headers=JSON)
        assert (response.status_code, response.json["error"]["key"]) == (403, "sign_up_closed")
    assert deliver(app) == []
    assert client.post("/reset/code", data=form, headers=JSON).status_code == 202


def test_the_notice_stands_on_every_page_in_its_language_as_plain_text(app, chief, client):
    save(chief, NOTICE="<b>Away</b> on Sunday & Monday", SITE_TITLE="<i>Lab</i>")
    for path in ("/", "/login", "/no-such-page"):
        page = client.get(path).text
        assert "&lt;b&gt;Away&lt;/b&gt; on Sunday &amp; Monday" in page and "<b>Away" not in page
        assert "&lt;i&gt;Lab&lt;/i&gt;" in page.partition("</title>")[0] and "<i>Lab" not in page
    chinese = {"Accept-Language": "zh"}
    assert '<p class="wrap" lang="en">&lt;b&gt;Away' in client.get("/", headers=chinese).text
    save(chief, NOTICE_ZH="周日停机")
    assert '<p class="wrap" lang="zh-CN">周日停机' in client.get("/", headers=chinese).text
    save(chief, NOTICE="", NOTICE_ZH="")
    assert "site-notice" not in client.get("/").text


def test_the_name_of_the_site_stands_in_its_mails(app):
    with app.app_context():
        changes.change(BY, {"SITE_TITLE": "Grandma's photos"})
    make_user(app, CHIEF, is_admin=True)
    chief = sign_in_person(app, CHIEF)
    act(chief, "/users/new", username="bob@example.com", language="zh")
    (letter,) = deliver(app)
    assert letter["Subject"] == "为您开设的Grandma's photos账号" and "Revive" not in body(letter)


def test_values_are_written_as_the_environment_would_have_them(in_app):
    for setting in CHANGEABLE.values():
        if setting.default is not None:
            assert setting.read(changes.write_text(setting.default)) == setting.default
        assert setting.title and setting.about and setting.group
    with pytest.raises(FieldErrors):
        changes.change(BY, {"JOB_MINUTES": "-1"})


def test_nothing_reads_a_changeable_setting_from_the_configuration():
    """`app.config` and `config` in a template say what the environment says."""
    rooms = ("accounts", "checkpoints", "jobs", "models", "views", "webhooks", "worker")
    for path in (path for room in rooms for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("config"):
                assert not (isinstance(node.slice, ast.Constant) and node.slice.value in CHANGEABLE), path
    for path in (ROOT / "templates").rglob("*.html"):
        assert not set(re.findall(r"\bconfig\.(\w+)", path.read_text())) & set(CHANGEABLE), path


def test_every_button_of_the_page_saves_what_was_changed_in_any_group(chief):
    form = re.search(
        r'<form method="post" action="/admin/settings">.*?</form>', chief.get("/admin/settings").text, re.S
    )[0]
    assert all(f'name="{name}"' in form for name in CHANGEABLE) and form.count(">Save</button>") > 2
