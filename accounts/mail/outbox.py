"""Sending the mails that `accounts.security.codes` orders. Runs in the worker, never in a request."""

import contextlib
import os
import smtplib
import ssl
import time
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_mail import Connection, Mail, Message, _Mail
from sqlalchemy import ColumnElement, select, update

from accounts.mail import templates
from accounts.names import find_mailbox
from accounts.security import audit, codes, key_fingerprint
from accounts.settings.site import get_site_name
from models import EmailCode, User, count_changed, db, utc_now

SMTP_TIMEOUT_SECONDS = 10
MAX_ATTEMPTS = 5
# Longer than the slowest of servers may take for the whole dialogue, else a second worker would send it again.
LEASE_SECONDS = 120
FIRST_RETRY_SECONDS = 5


class PatientConnection(Connection):
    """Flask-Mail's connection, but with a time limit and with the server's certificate checked."""

    def configure_host(self) -> smtplib.SMTP:
        settings = self.mail
        context = ssl.create_default_context()
        host: smtplib.SMTP
        if settings.use_ssl:
            host = smtplib.SMTP_SSL(settings.server, settings.port, timeout=SMTP_TIMEOUT_SECONDS, context=context)
        else:
            host = smtplib.SMTP(settings.server, settings.port, timeout=SMTP_TIMEOUT_SECONDS)
        if settings.use_tls:
            host.starttls(context=context)
        if settings.username and settings.password:
            host.login(settings.username, settings.password)
        return host


class RealMail(Mail):
    """Flask-Mail without its habits of sending nothing in tests and of printing the dialogue, code included."""

    def init_mail(self, config: dict[str, Any], debug: bool | int = False, testing: bool = False) -> _Mail:
        return super().init_mail(config, debug=False, testing=False)

    def connect(self) -> PatientConnection:
        return PatientConnection(current_app.extensions["mail"])


mail = RealMail()


def deliver_code(code_id: str) -> bool:
    """Make the code of a row and mail it; say whether a mail went out.

    Of several workers that are told at once, one sends it; a row that was sent, ended or is too old sends nothing. A
    failed attempt is tried again by `pending`, with growing pauses, five times in all. A worker with another key than
    the web servers' sends nothing: its codes would never work.
    """
    if not key_fingerprint.agrees() or not _claim(code_id):
        return False
    row = db.session.get(EmailCode, code_id, populate_existing=True)
    if row is None or codes.is_over(row):
        return False
    try:
        _send(row)
    except (OSError, smtplib.SMTPException) as error:
        _try_later(row)
        audit.record("mail_failed", target=row.name, detail=f"{row.purpose}: {type(error).__name__}")
        return False
    row.sent_at = utc_now()
    name, purpose = row.name, row.purpose
    db.session.commit()
    audit.record("mail_sent", target=name, detail=purpose)
    return True


def list_due(limit: int = 50) -> list[str]:
    """Return the ids of the rows whose mail is due: their message was lost, or an attempt failed."""
    now = utc_now()
    due = select(EmailCode.id).where(*_is_due(now)).order_by(EmailCode.next_attempt_at).limit(limit)
    return list(db.session.scalars(due))


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        EmailCode.sent_at.is_(None),
        EmailCode.next_attempt_at <= now,
        EmailCode.ended_at.is_(None),
        EmailCode.expires_at > now,
        EmailCode.mail_attempts < MAX_ATTEMPTS,
    )


def _claim(code_id: str) -> bool:
    now = utc_now()
    claim = update(EmailCode).where(EmailCode.id == code_id, *_is_due(now))
    lease = now + timedelta(seconds=LEASE_SECONDS)
    claimed = count_changed(claim.values(mail_attempts=EmailCode.mail_attempts + 1, next_attempt_at=lease)) == 1
    db.session.commit()
    return claimed


def _try_later(row: EmailCode) -> None:
    row.next_attempt_at = utc_now() + timedelta(seconds=FIRST_RETRY_SECONDS * 3 ** (row.mail_attempts - 1))
    db.session.commit()


def _send(row: EmailCode) -> None:
    found = db.session.execute(select(User.disabled_reason, User.language).where(User.name == row.name)).first()
    has_account = found is not None
    if row.purpose == codes.SIGN_IN_LINK:
        if found is None:
            return  # a name that strangers tried, perhaps somebody's mailbox, but nobody's account
        row.language = found.language or row.language
    wants_code = row.purpose == codes.REGISTER or (row.purpose == codes.RESET and has_account)
    code = codes.make(row.id) if wants_code else None
    reason = found.disabled_reason if found else ""
    with force_locale(row.language):
        message = _compose_message(row, templates.compose(row.purpose, row.name, code, has_account, reason))
    if current_app.config["MAIL_SERVER"]:
        mail.send(message)
    else:
        _keep(row, message, code)


def _compose_message(row: EmailCode, letter: templates.Letter) -> Message:
    return Message(
        letter.subject,
        recipients=[find_mailbox(row.name)],
        body=_render("mail/letter.txt", letter=letter),
        html=_render("mail/letter.html", letter=letter, language=row.language),
        # Tells mail programs that nobody wrote this by hand, so that none answers "I am on holiday".
        extra_headers={"Auto-Submitted": "auto-generated"},
    )


def sweep_outbox(days: float) -> None:
    """Delete the mails that were kept instead of sent, and are so old."""
    for path in current_app.config["OUTBOX_DIR"].glob("*.eml"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > days * 86_400:
                path.unlink()


def _render(template: str, **values: object) -> str:
    """Render without what pages need: in the worker there is no request and nobody is signed in."""
    return current_app.jinja_env.get_template(template).render(site_name=get_site_name(), **values)


def _keep(row: EmailCode, message: Message, code: str | None) -> None:
    """Without an SMTP server the mail goes to a folder that only the owner of the server reads, the code to him."""
    folder = current_app.config["OUTBOX_DIR"]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{utc_now():%Y%m%dT%H%M%S}-{row.id}.eml"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(message.as_bytes())
    if code is not None:
        print(f"Code for {row.name}: {code}", flush=True)
