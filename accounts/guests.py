"""Visitors who try the tools without an account, where TRY_WITHOUT_ACCOUNT allows it.

A guest is a row of `users` that lasts an hour, so that ownership, quotas, trash and deletion are those of everybody. It
has no password, and a name that nobody can sign in with; its session is its only way in. Which pages it has is said in
`views.http.guest_pages`, what all guests together may use in `jobs.guests`.
"""

from datetime import timedelta

from flask_babel import lazy_gettext as _
from sqlalchemy import or_, select

from accounts import sessions
from accounts.errors import TooMany
from accounts.names import make_guest_name
from accounts.security import audit, limits
from models import User, db, utc_now
from models.user import GUEST_MINUTES, find_latest_guest_end

MAX_JOBS, MAX_ACTIVE_JOBS = 10, 2
MAX_MEGAPIXELS, MAX_STORAGE_MEGABYTES = 40, 60
TOO_MANY_GUESTS = _("Many visitors are trying this site right now. Try again later, or create an account.")


def start(address: str | None, agent: str, language: str) -> tuple[User, str]:
    """Return a new guest and the token of its session. Raises TooMany."""
    try:
        limits.take(limits.GUESTS, None, address)
    except TooMany as error:
        audit.note("guest_refused", address=address or "")
        raise TooMany(error.retry_after or 0, TOO_MANY_GUESTS) from error
    now = utc_now()
    user = User(
        name=make_guest_name(),
        password_hash="",
        language=language,
        created_at=now,
        signed_in_at=now,
        guest_until=now + timedelta(minutes=GUEST_MINUTES),
        storage_megabytes_limit=MAX_STORAGE_MEGABYTES,
        active_jobs_limit=MAX_ACTIVE_JOBS,
        jobs_per_day_limit=MAX_JOBS,
        megapixels_per_day_limit=MAX_MEGAPIXELS,
    )
    token = sessions.make_token()
    db.session.add(user)
    sessions.add(user, token, address, agent)
    db.session.commit()
    audit.record("guest_started", actor=user.name, target=user.name, address=address)
    return user, token


def list_due(most: int) -> list[int]:
    """Return the ids of guests whose time is over, at most so many."""
    now = utc_now()
    over = or_(User.guest_until <= now, User.guest_until > find_latest_guest_end(now))
    return list(db.session.scalars(select(User.id).where(over).limit(most)))
