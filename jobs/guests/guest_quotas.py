"""What all guests together may use, so that a flood of them takes no more than a part of the server.

What one guest may use are limits of its row (`accounts.guests`). Guests are decoded for as if they were one account,
and their jobs are run when no account waits (`jobs.scheduling.scheduler`).
"""

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, func, select

from accounts.guests import TOO_MANY_GUESTS
from accounts.settings.current import get_setting
from jobs.errors import QuotaExceeded
from models import Job, User, db
from models.job import QUEUED, RUNNING
from setting_readers import MEGABYTE

# What stands for all guests together where others have the id of their account.
ALL_GUESTS = 0
MAX_ACTIVE_JOBS = 20
_RETRY_SECONDS = 300


def is_guest(user_id: int) -> bool:
    """Say whether this is a visitor without an account."""
    return db.session.scalar(select(User.guest_until).where(User.id == user_id)) is not None


def find_owner(user_id: int) -> int:
    """Return under which id the work on uploads is counted that the web server does at once."""
    return ALL_GUESTS if is_guest(user_id) else user_id


def find_max_megapixels(user_id: int) -> int:
    """Return how large an upload of an account, or of a guest, may be."""
    return get_guest_megapixels() if is_guest(user_id) else int(current_app.config["MAX_MEGAPIXELS"])


def get_guest_megapixels() -> int:
    """Return how large an upload of a guest may be."""
    return min(int(current_app.config["MAX_MEGAPIXELS"]), int(get_setting("MAX_GUEST_MEGAPIXELS")))


def check(jobs_today: int) -> None:
    """Raise QuotaExceeded unless there is room for one more job, the last of so many today."""
    active = _count_of_guests(func.count(), Job.status.in_((QUEUED, RUNNING)))
    stored = _count_of_guests(func.coalesce(func.sum(Job.original_bytes + Job.result_bytes), 0))
    if (
        jobs_today > get_setting("MAX_GUEST_JOBS_PER_DAY")
        or active >= MAX_ACTIVE_JOBS
        or stored >= get_setting("MAX_GUEST_STORAGE_MEGABYTES") * MEGABYTE
    ):
        raise QuotaExceeded("too_many_guests", TOO_MANY_GUESTS, retry_after=_RETRY_SECONDS)


def make_refusal() -> QuotaExceeded:
    """Return the refusal for a guest who has used up what one guest may."""
    return QuotaExceeded(
        "guest_used_up", _("You have tried as much as goes without an account. Create one, and go on.")
    )


def make_size_refusal() -> QuotaExceeded:
    """Return the refusal of a picture that is too large for a guest."""
    message = _(
        "Without an account a picture may have %(limit)s megapixels. Make it smaller, or create an account.",
        limit=get_guest_megapixels(),
    )
    return QuotaExceeded("too_many_pixels", message, 400)


def _count_of_guests(number: ColumnElement[int], *conditions: ColumnElement[bool]) -> int:
    rows = select(number).select_from(Job).join(User).where(User.guest_until.is_not(None), *conditions)
    return int(db.session.scalar(rows) or 0)
