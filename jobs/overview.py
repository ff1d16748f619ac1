"""What the administrator sees of jobs at a glance: the queue, the workers, the last thirty days. Reads only."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from jobs.errors import UNEXPECTED
from jobs.job_statistics import DAYS_SHOWN
from jobs.scheduling.hands import WORKER_SEEN_SECONDS, split
from models import DailyFigure, Job, Setting, User, Worker, db, utc_now
from models.job import CANCELLED, DONE, FAILED, QUEUED, RUNNING
from models.setting import ACCOUNTS, DISABLED, PAUSED, STORED_BYTES

COUNT_UP_TO = 10_000
LATEST_FAILURES = 500
_PRECISIONS = {", bf16": "bfloat16", ", fp16": "float16"}  # how `inference.describe_device` ends, else it is float32


@dataclass(frozen=True)
class WorkerView:
    """One worker process, and whether it was heard of lately."""

    id: str
    threads: int
    device: str
    precision: str
    started_at: datetime
    seen_at: datetime
    alive: bool
    quick_threads: int
    version: str
    weights: str
    problems: list[str]
    unable: list[str]
    memory_megabytes: int


@dataclass(frozen=True)
class QueueState:
    """The queue at this moment; `waiting` stops counting at COUNT_UP_TO."""

    waiting: int
    running: int
    oldest_at: datetime | None
    paused_since: datetime | None


@dataclass(frozen=True)
class Day:
    """One day of the plots (UTC)."""

    day: date
    made: int
    done: int
    failed: int
    cancelled: int
    new_accounts: int


def read_queue_state() -> QueueState:
    """Return how long the queue is and whether it is paused."""
    oldest = select(Job.created_at).where(Job.status == QUEUED).order_by(Job.created_at).limit(1)
    paused = db.session.get(Setting, PAUSED)
    return QueueState(_count(QUEUED), _count(RUNNING), db.session.scalar(oldest), paused.changed_at if paused else None)


def list_running_jobs(limit: int = 50) -> list[Job]:
    """Return the jobs that are being worked on, the oldest first."""
    return list(db.session.scalars(select(Job).where(Job.status == RUNNING).order_by(Job.created_at).limit(limit)))


def list_workers() -> list[WorkerView]:
    """Return every worker of the last day, the living ones first."""
    alive_since = utc_now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    rows = db.session.scalars(select(Worker).order_by(Worker.seen_at.desc()))
    return [
        WorkerView(
            row.id,
            row.threads,
            _name_card(row.device),
            _find_precision(row.device),
            row.started_at,
            row.seen_at,
            row.seen_at > alive_since,
            row.quick_threads,
            row.version,
            row.weights,
            split(row.problems),
            split(row.unable),
            row.memory_megabytes,
        )
        for row in rows
    ]


def read_totals() -> dict[str, int]:
    """Return the totals that a worker counted last; none before it first has."""
    rows = db.session.execute(
        select(Setting.key, Setting.number).where(Setting.key.in_((ACCOUNTS, DISABLED, STORED_BYTES)))
    )
    return dict(rows.all())


def count_by_day() -> list[Day]:
    """Return the last thirty days, the oldest first."""
    first = utc_now().date() - timedelta(days=DAYS_SHOWN - 1)
    counts: dict[date, Counter[str]] = {first + timedelta(days=n): Counter() for n in range(DAYS_SHOWN)}
    for row in db.session.scalars(select(DailyFigure).where(DailyFigure.day >= first)):
        if row.day in counts:
            counts[row.day][row.status] += row.jobs
    new = _count_new_accounts(first)
    return [
        Day(day, c.total(), c[DONE], c[FAILED], c[CANCELLED], new.get(day.isoformat(), 0)) for day, c in counts.items()
    ]


def average_durations() -> dict[str, float]:
    """Return service -> mean seconds that a job ran in the last thirty days, where any was done."""
    first = utc_now().date() - timedelta(days=DAYS_SHOWN - 1)
    rows = db.session.execute(
        select(DailyFigure.service, func.sum(DailyFigure.seconds), func.sum(DailyFigure.jobs))
        .where(DailyFigure.day >= first, DailyFigure.status == DONE)
        .group_by(DailyFigure.service)
    )
    return {service: float(seconds) / int(jobs) for service, seconds, jobs in rows if jobs}


def count_failures() -> list[tuple[str, str, int]]:
    """Return why the latest jobs failed: (key, sentence or "", how many), the most frequent first."""
    lately = (
        select(Job.error_key, Job.error_message)
        .where(Job.status == FAILED)
        .order_by(Job.created_at.desc())
        .limit(LATEST_FAILURES)
    )
    rows = db.session.execute(lately).all()
    said = {key: message for key, message in rows if key != UNEXPECTED}  # there each message is a number in the log
    return [(key, said.get(key, ""), number) for key, number in Counter(key for key, _ in rows).most_common(10)]


def _count(status: str) -> int:
    some = select(Job.id).where(Job.status == status).limit(COUNT_UP_TO).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _count_new_accounts(first: date) -> dict[str, int]:
    day = func.date(User.created_at)
    start = datetime.combine(first, datetime.min.time())
    made = User.created_at >= start, User.guest_until.is_(None)
    rows = db.session.execute(select(day, func.count()).where(*made).group_by(day))
    return {str(made_on): number for made_on, number in rows}


def _name_card(device: str) -> str:
    return next((device.removesuffix(mark) for mark in _PRECISIONS if device.endswith(mark)), device)


def _find_precision(device: str) -> str:
    """`inference.describe_device` gives the precision after the device where it is not the usual one."""
    if not device:
        return ""
    return next((name for mark, name in _PRECISIONS.items() if device.endswith(mark)), "float32")
