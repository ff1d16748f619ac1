"""Whether mails go out: told by the latest line of the audit log that speaks of one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from models import Event, db, utc_now

MAIL_SENT, MAIL_FAILED = "mail_sent", "mail_failed"
_LATELY = timedelta(days=1)


@dataclass(frozen=True)
class MailFault:
    """The latest attempt failed: when, and why, as the audit log has it."""

    at: datetime
    detail: str


def find_mail_fault() -> MailFault | None:
    """Return the latest failure of the last day that no success came after; None when all is well."""
    spoken = Event.action.in_((MAIL_SENT, MAIL_FAILED)), Event.at > utc_now() - _LATELY
    columns = select(Event.action, Event.at, Event.detail)
    row = db.session.execute(columns.where(*spoken).order_by(Event.at.desc(), Event.id.desc()).limit(1)).first()
    return MailFault(row.at, row.detail) if row and row.action == MAIL_FAILED else None
