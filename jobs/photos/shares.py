"""The verbs of shared results: make a link, open it, list and revoke links.

Whoever has a link sees one picture, and nothing of the account. A link that is missing, expired or revoked, whose job
is deleted or whose account is disabled is the same to every verb: NotFound. So is any link while the site allows none.
"""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import joinedload

from accounts import sessions
from accounts.security import audit, limits, rights
from accounts.settings.current import get_setting
from errors import N_
from jobs import lifecycle
from jobs.errors import JobError, NotFound
from models import Job, Share, User, count_changed, db, utc_now

LIFETIMES_DAYS = (1, 7, 30, 90, 365)
MAX_SHARES = 100
MADE = limits.Limit("shares", name="30/hour;100/day")
# Nobody guesses a link. This keeps one address from opening links, or trying, without end.
OPENED = limits.Limit("opened-shares", address="150/5 minutes;600/hour", everybody="20000/hour")
_RANDOM_BYTES = 24


def list_lifetimes_days() -> list[int]:
    """Return for how many days a link may last; none where the site allows no links."""
    longest: int = get_setting("SHARE_DAYS")
    return sorted({days for days in LIFETIMES_DAYS if days < longest} | {longest}) if longest else []


def create(user: User, job_id: str, days: str, address: str | None) -> str:
    """Make a link to the result of the user's own job; return its token, which is shown this once only.

    Raises NotFound, TooMany, and JobError for another number of days than `list_lifetimes_days` or where the account
    has MAX_SHARES.
    """
    owner, user_id, allowed = user.name, user.id, list_lifetimes_days()
    if not allowed:
        raise NotFound()
    if days not in (choices := [str(each) for each in allowed]):
        raise JobError("wrong_days", N_("This is not one of the choices."), field="days", allowed=choices)
    limits.take(MADE, owner, None)
    rights.lock_account(user_id)
    job = lifecycle.find(user_id, job_id)
    if not job.result_file:
        raise NotFound()
    if (db.session.scalar(_select_living(user_id).with_only_columns(func.count(Share.id))) or 0) >= MAX_SHARES:
        raise JobError("too_many_shares", N_("You share as many pictures as an account can. Revoke a link first."))
    token, detail = secrets.token_urlsafe(_RANDOM_BYTES), f"{job.number}: {days}"
    ends = utc_now() + timedelta(days=int(days))
    db.session.add(Share(job_id=job_id, token_hash=sessions.hash_token(token), expires_at=ends))
    db.session.commit()
    audit.record("share_created", actor=owner, target=owner, address=address, detail=detail)
    return token


def find(token: str, address: str | None) -> Share:
    """Return the living link that this token is of, its job loaded. Every try is counted. Raises NotFound, TooMany."""
    if not list_lifetimes_days():
        raise NotFound()
    limits.take(OPENED, None, address)
    wanted = Share.token_hash == sessions.hash_token(token), User.disabled_at.is_(None), Job.result_file != ""
    share: Share | None = db.session.scalar(_select_living().join(User).where(*wanted))
    if share is None:
        raise NotFound()
    return share


def note_view(share: Share, address: str | None) -> None:
    """Count that the page of a link was opened, also in the audit log of its owner."""
    owner, number = db.session.scalar(select(User.name).where(User.id == share.job.user_id)), share.job.number
    sessions.write_if_possible(update(Share).where(Share.id == share.id).values(views=Share.views + 1))
    audit.record("share_opened", target=owner or "", address=address, detail=str(number))


def revoke(user: User, share_id: int, actor: str, address: str | None) -> None:
    """End one link of an account; one that is gone already, or somebody else's, is no error."""
    owner = user.name
    mine = Share.id == share_id, Share.job_id.in_(select(Job.id).where(Job.user_id == user.id))
    facts = select(Job.number, Share.views).join(Share, Share.job_id == Job.id).where(*mine)
    found = db.session.execute(facts).one_or_none()
    ended = count_changed(delete(Share).where(*mine).execution_options(synchronize_session=False))
    db.session.commit()
    if ended and found:
        detail = f"{found.number}: {found.views}"
        audit.record("share_revoked", actor=actor, target=owner, address=address, detail=detail)


def list_of_job(job: Job) -> list[Share]:
    """Return the links to a job that have not ended, the newest first."""
    return list(db.session.scalars(_select_living(job.user_id).where(Share.job_id == job.id).order_by(Share.id.desc())))


def list_of_account(user_id: int) -> list[Share]:
    """Return the links of an account that have not ended, each with its job, the newest first."""
    return list(db.session.scalars(_select_living(user_id).order_by(Share.id.desc())))


def remove_expired() -> None:
    """Delete the links that have ended."""
    db.session.execute(delete(Share).where(Share.expires_at <= utc_now()))
    db.session.commit()


def _select_living(user_id: int | None = None) -> Select[Any]:
    """Return the query for the links that have not ended and whose jobs are there."""
    query = select(Share).join(Share.job).options(joinedload(Share.job))
    query = query.where(Share.expires_at > utc_now(), Job.deleted_at.is_(None))
    return query if user_id is None else query.where(Job.user_id == user_id)
