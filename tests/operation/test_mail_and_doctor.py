"""`revive mail test` names the step that fails; the pages tell of mails that do not go out; `revive doctor`."""

import pytest
from aiosmtpd.smtp import AuthResult

from accounts.mail.faults import find_mail_fault
from accounts.security import audit
from models import ChangedSetting, Worker, db, utc_now
from models.setting import KEY_FINGERPRINT, write_text
from tests.support.servers import free_port, smtp_server


@pytest.fixture
def run(app):
    return lambda *arguments: app.test_cli_runner().invoke(args=list(arguments))


def test_a_test_mail_arrives_and_each_step_is_named(app, run, tmp_path):
    with smtp_server(tmp_path / "mails") as server:
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        done = run("mail", "test", "ann@example.org")
    assert done.exit_code == 0 and done.output.count("ok  ") == 7, done.output
    (mail,) = (tmp_path / "mails" / "new").iterdir()
    assert "Subject: Revive: test" in mail.read_text() and "ann@example.org" in mail.read_text()


def test_the_step_that_fails_is_named_with_what_to_do(app, run, tmp_path):
    assert "MAIL_SERVER is not set" in run("mail", "test", "a@b.org").output
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=free_port())
    refused = run("mail", "test", "a@b.org")
    assert refused.exit_code == 1 and "FAILED  Connect" in refused.output and "MAIL_PORT" in refused.output
    options = {
        "authenticator": lambda *_: AuthResult(success=False, handled=False),
        "auth_require_tls": False,
        "auth_required": True,
    }
    with smtp_server(tmp_path / "mails", **options) as server:
        app.config.update(MAIL_PORT=server.port, MAIL_USE_TLS=True)
        assert "FAILED  Begin TLS" in run("mail", "test", "a@b.org").output
        app.config.update(MAIL_USE_TLS=False, MAIL_USERNAME="x", MAIL_PASSWORD="secret-word")
        signing_in = run("mail", "test", "a@b.org").output
        assert "FAILED  Sign in: 535" in signing_in and "secret-word" not in signing_in


def test_mails_that_do_not_go_out_are_told_until_one_does(app):
    with app.app_context():
        db.session.add(Worker(id="w"))
        db.session.commit()
        assert find_mail_fault() is None
        audit.record("mail_failed", target="12345", detail="reset: SMTPAuthenticationError")
        assert find_mail_fault().detail == "reset: SMTPAuthenticationError"
        told = app.test_client().get("/healthz").json
        assert (told["status"], told["mail"]) == ("degraded", "failing")
        audit.record("mail_sent", target="12345", detail="reset")
        assert find_mail_fault() is None


def test_the_doctor_says_what_is_set_what_is_wrong_and_what_to_do(app, run, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "secret-word")
    monkeypatch.setenv("BASE_URL", "https://photos.example.org")
    app.config["BASE_URL"] = "https://photos.example.org"
    with app.app_context():
        write_text(KEY_FINGERPRINT, "0" * 16)
        db.session.add(Worker(id="w", threads=2))
        db.session.commit()
    done = run("doctor")
    assert done.exit_code == 1 and "Traceback" not in done.output
    assert "BASE_URL=https://photos.example.org" in done.output and "secret-word" not in done.output
    for told in ("ok  Database", "ok  Tables", "ok  Workers: 1, with 2 threads", "WRONG  Key", "HTTPS=yes"):
        assert told in done.output, done.output


def test_the_doctor_tells_of_settings_that_were_changed_in_the_administration(app, run, monkeypatch):
    monkeypatch.setenv("SHARE_DAYS", "30")
    app.config["SHARE_DAYS"] = 30
    with app.app_context():
        db.session.add(ChangedSetting(name="SHARE_DAYS", value="7", changed_at=utc_now(), changed_by="12345"))
        db.session.commit()
    said = run("doctor").output
    assert "SHARE_DAYS=30\nSHARE_DAYS=7  (by 12345 in the administration, in place of 30)\n" in said
    assert "ok  Settings: 1 changed in the administration" in said
    with app.app_context():
        db.session.get_one(ChangedSetting, "SHARE_DAYS").value = "a week"
        db.session.commit()
    said = run("doctor").output
    assert "WRONG  Settings: SHARE_DAYS" in said and "(by 12345" not in said


def test_the_doctor_tells_of_a_worker_that_lacks_weights(app, run):
    with app.app_context():
        db.session.add(Worker(id="w", threads=2, unable="deblur,colorize", seen_at=utc_now()))
        db.session.commit()
    said = run("doctor").output
    assert "note  Workers: 1, with 2 threads" in said and "to others: " in said and "Deblur" in said
