"""Mails: to a real SMTP server, into the outbox, late, in two languages, and never forged."""

import re
import smtplib
import stat
from email import policy

import pytest

import config
from accounts.mail import outbox
from accounts.security import audit, codes
from app import create_app
from models import EmailCode, Event, db
from tests.accounts.people import Browser, body, code_in, deliver, gives_away, let_time_pass, make_user, read
from tests.support.servers import free_port, smtp_server


@pytest.fixture
def post_office(tmp_path, environment):
    """A real SMTP server; the folder of what it received."""
    with smtp_server(tmp_path / "maildir") as server:
        environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(server.port)}
        environment |= {"MAIL_DEFAULT_SENDER": "Revive <post@revive.example>"}
        yield tmp_path / "maildir" / "new"


def test_a_mail_arrives_over_smtp_as_text_and_as_html(post_office, app, capsys):
    browser = Browser(app)
    browser.ask_for_code("ann@example.com")
    assert deliver(app) == []
    (letter,) = (read(path) for path in post_office.iterdir())
    assert letter["To"] == "ann@example.com"
    assert letter["From"] == "Revive <post@revive.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    code = code_in(letter)
    assert code in body(letter, "html")
    assert browser.register("ann@example.com", code).status_code == 303
    assert code not in capsys.readouterr().out


def test_without_an_smtp_server_the_mail_is_a_private_file_and_the_code_on_the_terminal(app, capsys):
    Browser(app).ask_for_code("12345")
    (letter,) = deliver(app)
    assert f"Code for 12345: {code_in(letter)}\n" in capsys.readouterr().out
    (path,) = app.config["OUTBOX_DIR"].iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_F16_while_the_mail_server_is_down_the_response_is_the_same_and_the_mail_is_tried_again(
    environment, database, caplog
):
    environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(free_port())}
    app = create_app(config.load(environment) | {"TESTING": True})
    browser = Browser(app)
    assert browser.ask_for_code("12345").status_code == 303
    with app.app_context():
        (code_id,) = outbox.list_due()
        assert outbox.deliver_code(code_id) is False
        assert outbox.list_due() == []
    let_time_pass(app, seconds=6)
    with app.app_context():
        assert outbox.list_due() == [code_id]
        for _ in range(10):
            outbox.deliver_code(code_id)
            db.session.query(EmailCode).one().next_attempt_at = db.session.query(EmailCode).one().requested_at
            db.session.commit()
        assert db.session.query(EmailCode).one().mail_attempts == outbox.MAX_ATTEMPTS
        assert outbox.list_due() == []
    assert not re.search(r"\D\d{6}\D", re.sub(r"\d{4}-\d\d-\d\dT\S+", "", caplog.text))


def test_F16_a_mail_that_failed_arrives_when_the_server_is_back(post_office, app, monkeypatch):
    def refuse(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected("gone")

    browser = Browser(app)
    browser.ask_for_code("12345")
    with monkeypatch.context() as patch:
        patch.setattr(outbox.PatientConnection, "configure_host", refuse)
        deliver(app)
    let_time_pass(app, seconds=6)
    deliver(app)
    (letter,) = (read(path) for path in post_office.iterdir())
    assert browser.register("12345", code_in(letter)).status_code == 303


def test_a_mail_is_not_sent_again_or_after_its_time(app):
    Browser(app).ask_for_code("12345")
    with app.app_context():
        (code_id,) = outbox.list_due()
    let_time_pass(app, minutes=11)
    assert deliver(app) == []
    with app.app_context():
        assert outbox.deliver_code(code_id) is False
        assert outbox.deliver_code("0" * 32) is False


def test_A12_no_line_break_reaches_a_header_whatever_the_form_holds(app):
    browser = Browser(app)
    for name in ("12345\r\nBcc: eve@example.com", "ann@example.com\nBcc: eve@example.com", "ann@example.com%0aBcc:x"):
        assert browser.ask_for_code(name).status_code == 400
    assert deliver(app) == []


def test_no_subject_holds_what_a_person_typed(app):
    from accounts.mail import templates

    with app.test_request_context():
        for purpose in (codes.REGISTER, codes.RESET, codes.CHANGED, codes.INVITE):
            for has_account in (True, False):
                letter = templates.compose(purpose, "ann@example.com", "123456", has_account)
                assert "ann" not in letter.subject and "123456" not in letter.subject


def test_B08_links_in_mails_come_from_the_settings_not_from_the_request(app):
    make_user(app)
    Browser(app).ask_for_code("12345", headers={"X-Forwarded-Host": "evil.example"})
    (letter,) = deliver(app)
    links = re.findall(r"https?://[^\s\"<]+", body(letter) + body(letter, "html"))
    assert links[0] == "http://127.0.0.1:5000/login"
    assert {link.rpartition("/")[0] for link in links[1:]} == {"http://127.0.0.1:5000", "http://127.0.0.1:5000/mailbox"}
    assert b"evil" not in letter.as_bytes(policy=policy.SMTP)


def test_a_mail_speaks_the_language_of_the_page_that_asked_for_it(app):
    browser = Browser(app)
    browser.ask_for_code("12345", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    (letter,) = deliver(app)
    assert re.search("[\u4e00-\u9fff]{4}", letter["Subject"])
    assert re.search("[\u4e00-\u9fff]{8}", body(letter))
    assert 'lang="zh-CN"' in body(letter, "html")
    assert code_in(letter)


def test_G04_what_matters_is_in_the_audit_log_with_its_time_zone_and_without_secrets(app, caplog):
    browser = Browser(app)
    browser.ask_for_code("12345")
    code = code_in(*deliver(app))
    browser.register("12345", f"{(int(code) + 1) % 10**6:06d}")
    browser.register("12345", code)
    browser.post("/logout", token=browser.token_of("/12345/account"))
    browser.sign_in("12345", "wrong-1x")
    browser.sign_in("12345")
    browser.post("/logout", token=browser.token_of("/12345/account"))
    with app.app_context():
        actions = [event.action for event in db.session.query(Event).order_by(Event.id)]
    assert actions == [
        "code_requested",
        "mail_sent",
        "code_wrong",
        "registered",
        "signed_in",
        "signed_out",
        "sign_in_failed",
        "signed_in",
        "signed_out",
    ]
    lines = [record.getMessage() for record in caplog.records if record.name == "revive.audit"]
    assert len(lines) == len(actions)
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 \w+ ", line) for line in lines)
    assert not gives_away(caplog.text, code)
    assert "blue-Heron7" not in caplog.text and "wrong-1x" not in caplog.text


def test_G04_nothing_that_is_logged_can_forge_a_line(app, caplog):
    with app.app_context():
        audit.record("sign_in_failed", target="12345", detail='x"\r\n2026-01-01T00:00:00+00:00 signed_in actor="root')
    (line,) = (record.getMessage() for record in caplog.records if record.name == "revive.audit")
    assert "\n" not in line and "\r" not in line
    assert line.count('"') - line.count('\\"') == 4
