"""What a monitoring system asks of the queue and the workers, in numbers. Reads only, and few rows."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from jobs.scheduling import hands
from models import DailyFigure, Event, Job, Worker, db, utc_now
from models.job import DONE, FAILED, QUEUED, RUNNING

# Upper bounds of the histograms, in seconds.
BOUNDS_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200)
_LATELY = timedelta(hours=1)
_MAX_ROWS = 5000


@dataclass
class Histogram:
    """How many values were at most each of BOUNDS_SECONDS, how many there are, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_SECONDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one value."""
        self.counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.total += seconds


def count_waiting_and_running() -> dict[tuple[str, str, str], int]:
    """Return (service, status, lane) -> jobs, of those that wait or run."""
    counted = select(Job.service, Job.status, Job.lane, func.count()).where(Job.status.in_((QUEUED, RUNNING)))
    rows = db.session.execute(counted.group_by(Job.service, Job.status, Job.lane))
    return {(service, status, lane): number for service, status, lane, number in rows}


def measure_oldest_seconds() -> float:
    """Return how long the oldest waiting job has waited; 0 where none waits."""
    oldest = db.session.scalar(select(func.min(Job.created_at)).where(Job.status == QUEUED))
    return max(0.0, (utc_now() - oldest).total_seconds()) if oldest else 0.0


def count_today() -> dict[tuple[str, str], int]:
    """Return (service, status) -> jobs that were made today (UTC), as a worker counted them last."""
    rows = db.session.scalars(select(DailyFigure).where(DailyFigure.day == utc_now().date()))
    return {(row.service, row.status): row.jobs for row in rows}


def measure_last_hour() -> dict[str, tuple[Histogram, Histogram]]:
    """Return service -> how long its jobs of the last hour waited, and how long they ran."""
    ended = Job.status.in_((DONE, FAILED)), Job.finished_at > utc_now() - _LATELY
    columns = select(Job.service, Job.created_at, Job.started_at, Job.finished_at)
    found: dict[str, tuple[Histogram, Histogram]] = {}
    rows = db.session.execute(columns.where(*ended).order_by(Job.finished_at.desc()).limit(_MAX_ROWS))
    for service, created_at, started_at, finished_at in rows:
        if started_at and finished_at:
            waits, runs = found.setdefault(service, (Histogram(), Histogram()))
            waits.add(max(0.0, (started_at - created_at).total_seconds()))
            runs.add(max(0.0, (finished_at - started_at).total_seconds()))
    return found


def count_workers() -> dict[str, int]:
    """Return "fit", "unfit" and "silent" -> workers of the last day."""
    since = utc_now() - timedelta(seconds=hands.WORKER_SEEN_SECONDS)
    found = Counter({"fit": 0, "unfit": 0, "silent": 0})
    for seen_at, problems in db.session.execute(select(Worker.seen_at, Worker.problems)):
        found["silent" if seen_at <= since else "unfit" if problems else "fit"] += 1
    return dict(found)


def count_mails_of_last_hour() -> dict[str, int]:
    """Return "sent" and "failed" -> attempts to send a mail in the last hour."""
    spoken = Event.action.in_(("mail_sent", "mail_failed")), Event.at > utc_now() - _LATELY
    rows = db.session.execute(select(Event.action, func.count()).where(*spoken).group_by(Event.action))
    return {"sent": 0, "failed": 0} | {action.removeprefix("mail_"): number for action, number in rows}
