"""Which job is next. Accounts take turns, so that one picture never waits for all of somebody's batch.

Guests come when no account waits. The account that was served longest ago is next; one that has never been served
comes first. Of one account's jobs those that go on with an earlier job come first, for somebody waits for each of them,
then the oldest. Of very many accounts only those whose oldest job has waited longest take part at a time, so that
choosing stays cheap; the others move up.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from models import Job, Setting, User, db, utc_now
from models.job import QUEUED
from models.setting import PAUSED

ACCOUNTS_AT_A_TIME = 50
# Who was served longer ago than this counts as never served.
_LATELY = timedelta(days=1)
_OWN_ORDER = Job.parent_id == "", Job.created_at, Job.id


def pick_next() -> str | None:
    """Return the id of the job whose turn it is; none while an administrator has paused the queue."""
    try:
        is_paused = db.session.scalar(select(Setting.key).where(Setting.key == PAUSED))
        first = None if is_paused else next(iter(_list_turns()), None)
        if first is None:
            return None
        own = select(Job.id).where(Job.status == QUEUED, Job.user_id == first)
        return db.session.scalar(own.order_by(*_OWN_ORDER).limit(1))
    finally:
        db.session.rollback()


def count_ahead(job: Job) -> list[tuple[str, int]]:
    """Return (service, pixels) of each waiting job that comes before this one, as far as can be told now."""
    guests = _list_turns()
    accounts = list(guests)
    columns = (Job.id, Job.user_id, Job.service, Job.width * Job.height)
    waiting = select(*columns).where(Job.status == QUEUED).order_by(*_OWN_ORDER)
    if job.user_id not in accounts:  # more accounts wait than take turns: the older ones go first
        rows = db.session.execute(waiting.where(Job.created_at < job.created_at))
        return [(service, pixels) for _, _, service, pixels in rows]
    seen = dict.fromkeys(accounts, 0)
    line = []
    for job_id, account, service, pixels in db.session.execute(waiting.where(Job.user_id.in_(accounts))):
        line.append(((guests[account], seen[account], accounts.index(account)), job_id, service, pixels))
        seen[account] += 1
    own = next((place for place, job_id, _, _ in line if job_id == job.id), (False, 0, 0))
    return [(service, pixels) for place, _, service, pixels in line if place < own]


def _list_turns() -> dict[int, bool]:
    """Return the accounts that wait, in the order of their turns: id -> whether it is a guest."""
    oldest, is_guest = func.min(Job.created_at), User.guest_until.is_not(None)
    waiting = select(Job.user_id, oldest, is_guest).join(User).where(Job.status == QUEUED)
    waiting = waiting.group_by(Job.user_id, is_guest).order_by(is_guest, oldest)
    rows = db.session.execute(waiting.limit(ACCOUNTS_AT_A_TIME)).all()
    if len(rows) < 2:
        return {account: bool(guest) for account, _, guest in rows}
    lately = select(Job.user_id, func.max(Job.started_at)).where(
        Job.user_id.in_([account for account, *_ in rows]), Job.created_at > utc_now() - _LATELY
    )
    served = dict(db.session.execute(lately.group_by(Job.user_id)).all())
    turns = sorted((guest, served.get(account) or datetime.min, since, account) for account, since, guest in rows)
    return {account: bool(guest) for guest, _, _, account in turns}
