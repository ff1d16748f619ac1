"""How long an account's jobs are kept after they have ended: its own number of days, else the site's; 0 is for ever."""

from datetime import timedelta

from sqlalchemy import Select, select

from accounts.settings.current import get_setting
from models import Job, User, db, utc_now
from models.job import ENDED


def find_days(user_id: int) -> int:
    """Return how many days an account's jobs are kept; 0 keeps them."""
    own = db.session.scalar(select(User.retention_days).where(User.id == user_id))
    return get_setting("RETENTION_DAYS") if own is None else own


def list_outdated(days: int | None = None) -> list[str]:
    """Return the ids of the jobs that ended longer ago than they are kept; with `days`, than that, of all accounts."""
    if days is not None:
        return list(db.session.scalars(_select_ended_before(days))) if days else []
    own = db.session.scalars(select(User.retention_days).where(User.retention_days > 0).distinct()).all()
    found: list[str] = []
    for number in filter(None, own):
        found += db.session.scalars(_select_ended_before(number).join(User).where(User.retention_days == number))
    if number := get_setting("RETENTION_DAYS"):
        found += db.session.scalars(_select_ended_before(number).join(User).where(User.retention_days.is_(None)))
    return found


def _select_ended_before(days: int) -> Select[str]:
    edge = utc_now() - timedelta(days=days)
    return select(Job.id).where(Job.finished_at < edge, Job.status.in_(ENDED))
