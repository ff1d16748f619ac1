"""Which job is next. Accounts take turns, so that one picture never waits for all of somebody's batch.

Guests come when no account waits. The account that was served longest ago is next; one that has never been served
comes first. Of one account's jobs those that go on with an earlier job come first, for somebody waits for each of them,
then the oldest. Of very many accounts only those whose oldest job has waited longest take part at a time, so that
choosing stays cheap; the others move up. Long jobs of one account never hold all threads where there are several.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from jobs.scheduling import hands
from jobs.scheduling.lanes import LONG, QUICK
from models import Job, Setting, User, db, utc_now
from models.job import QUEUED, RUNNING
from models.setting import PAUSED

ACCOUNTS_AT_A_TIME = 50
# Who was served longer ago than this counts as never served.
_LATELY = timedelta(days=1)
_OWN_ORDER = Job.parent_id == "", Job.created_at, Job.id


class Work(NamedTuple):
    """What a waiting or running job asks of a worker."""

    service: str
    options: Mapping[str, Any]
    pixels: int
    lane: str


WORK = Job.service, Job.options, Job.width * Job.height, Job.lane


def pick_next(*, quick_only: bool = False, unable: Collection[str] = (), without: Collection[str] = ()) -> str | None:
    """Return the id of the job whose turn it is; none while an administrator has paused the queue.

    With `quick_only`, of the quick lane; not of the services in `unable`, and not the jobs in `without`.
    """
    try:
        if db.session.scalar(select(Setting.key).where(Setting.key == PAUSED)):
            return None
        wanted = _list_conditions(quick_only, unable, without)
        first = next(iter(_list_turns(*wanted)), None)
        if first is None:
            return None
        own = select(Job.id).where(Job.status == QUEUED, Job.user_id == first, *wanted)
        return db.session.scalar(own.order_by(*_OWN_ORDER).limit(1))
    finally:
        db.session.rollback()


def list_ahead(job: Job) -> list[Work]:
    """Return each waiting job that comes before this one, as far as can be told now, in their order."""
    guests = _list_turns()
    accounts = list(guests)
    waiting = select(Job.id, Job.user_id, *WORK).where(Job.status == QUEUED).order_by(*_OWN_ORDER)
    if job.user_id not in accounts:  # more accounts wait than take turns: the older ones go first
        rows = db.session.execute(waiting.where(Job.created_at < job.created_at))
        return [Work(*work) for _, _, *work in rows]
    seen = dict.fromkeys(accounts, 0)
    line = []
    for job_id, account, *work in db.session.execute(waiting.where(Job.user_id.in_(accounts))):
        line.append(((guests[account], seen[account], accounts.index(account)), job_id, Work(*work)))
        seen[account] += 1
    own = next((place for place, job_id, _ in line if job_id == job.id), (False, 0, 0))
    return [work for place, _, work in sorted(line, key=lambda each: each[0]) if place < own]


def _list_conditions(quick_only: bool, unable: Collection[str], without: Collection[str]) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if quick_only:
        wanted.append(Job.lane == QUICK)
    elif held := _list_holders():
        wanted.append(or_(Job.lane != LONG, Job.user_id.not_in(held)))
    if unable:
        wanted.append(Job.service.not_in(unable))
    if without:
        wanted.append(Job.id.not_in(without))
    return wanted


def _list_holders() -> list[int]:
    """Return the accounts whose long jobs hold all threads but one, where there are several."""
    long_jobs = select(Job.user_id, func.count()).where(Job.status == RUNNING, Job.lane == LONG).group_by(Job.user_id)
    running = db.session.execute(long_jobs).all()
    if not running:
        return []
    threads = sum(worker.threads for worker in hands.list_fit())
    return [account for account, count in running if threads > 1 and count >= threads - 1]


def _list_turns(*wanted: ColumnElement[bool]) -> dict[int, bool]:
    """Return the accounts that wait, in the order of their turns: id -> whether it is a guest."""
    oldest, is_guest = func.min(Job.created_at), User.guest_until.is_not(None)
    waiting = select(Job.user_id, oldest, is_guest).join(User).where(Job.status == QUEUED, *wanted)
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
