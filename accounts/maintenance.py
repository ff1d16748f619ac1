"""Throwing away what accounts no longer need. The worker calls it now and then."""

from datetime import timedelta

from sqlalchemy import delete

from accounts import invitations, sessions, tokens
from accounts.mail import outbox
from accounts.security import limits
from models import EmailCode, Event, db, utc_now

CODES_KEPT_DAYS = 2
EVENTS_KEPT_DAYS = 365


def remove_expired() -> None:
    """Delete counters, sessions and tokens that are over, old codes and their mails, and events older than a year."""
    now = utc_now()
    db.session.execute(delete(EmailCode).where(EmailCode.expires_at <= now - timedelta(days=CODES_KEPT_DAYS)))
    db.session.execute(delete(Event).where(Event.at <= now - timedelta(days=EVENTS_KEPT_DAYS)))
    db.session.commit()
    outbox.sweep_outbox(CODES_KEPT_DAYS)
    sessions.remove_expired(now)
    tokens.remove_expired(now)
    invitations.remove_expired()
    limits.remove_expired(now)
