"""What a worker looks for in the rows every few seconds: lost messages, jobs of dead workers, pictures past their time.

Whether a worker of another machine is dead is told by watching: its heartbeat has to stand still for the whole
lease by this machine's own steady clock. No two clocks are compared, so one that is set wrong, or set right,
takes no job from anybody.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from errors import N_
from jobs import lifecycle, process_identity, retention, trash
from jobs.files import results, storage
from models import Job, Worker, count_changed, db, utc_now
from models.job import FAILED, QUEUED, RUNNING
from models.transitions import change_status
from worker import runner

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30
MAX_ATTEMPTS = 2
WORKER_LOST = "worker_lost"
_WORKER_LOST = N_("The server stopped twice while it worked on this picture. You can try it again.")
_DRAFT_SECONDS = 3600
_FORGET_WORKER = timedelta(days=1)


class Watch:
    """Remembers since when each running job's heartbeat stands still."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[Any, float]] = {}

    def rescue(self) -> int:
        """Take running jobs away from workers that are gone; return how many. Forgets all when the database is away."""
        try:
            columns = select(Job.id, Job.worker, Job.heartbeat_at, Job.attempts, Job.cache)
            rows = db.session.execute(columns.where(Job.status == RUNNING)).all()
            db.session.rollback()
        except DBAPIError:
            self._since.clear()
            raise
        now = time.monotonic()
        known = {row.id: self._since.get(row.id) for row in rows}
        self._since = {
            row.id: seen if (seen := known[row.id]) and seen[0] == row.heartbeat_at else (row.heartbeat_at, now)
            for row in rows
        }
        return sum(_release(row) for row in rows if self._is_gone(row, now))

    def _is_gone(self, row: Any, now: float) -> bool:
        if row.worker.startswith(f"{process_identity.make_worker_id()}/"):
            return not runner.is_active(row.worker)
        return process_identity.is_dead(row.worker) or now - self._since[row.id][1] >= LEASE_SECONDS


def give_back(worker: str) -> int:
    """Put the jobs that a stopping worker could not finish back into the queue; that was no failed attempt."""
    mine = Job.status == RUNNING, Job.worker.startswith(f"{worker}/", autoescape=True)
    count = count_changed(change_status(QUEUED, *mine, attempts=Job.attempts - 1))
    db.session.commit()
    return count


def purge(days: int | None = None) -> int:
    """Delete jobs that are kept no longer (see `jobs.retention`) and what crashes left in the storage.

    Returns how many jobs that was.
    """
    storage.remove_stale(_DRAFT_SECONDS)
    _settle_uncommitted()
    trash.erase_due()
    db.session.execute(delete(Worker).where(Worker.seen_at < utc_now() - _FORGET_WORKER))
    db.session.commit()
    job_ids = retention.list_outdated(days)
    for job_id in job_ids:
        lifecycle.erase(job_id)
    return len(job_ids)


def _settle_uncommitted() -> None:
    """Finish what a crash cut short between the files of a job and its row."""
    for job_id in storage.list_uncommitted(_DRAFT_SECONDS):
        if db.session.scalar(select(Job.id).where(Job.id == job_id)) or storage.remove(job_id):
            storage.mark_committed(job_id)


def list_orphans() -> list[str]:
    """Return the ids of folders whose job is not in the database; young ones may be about to get their row."""
    ids = storage.list_job_ids(_DRAFT_SECONDS)
    return [job_id for job_id in ids if db.session.get(Job, job_id) is None]


def list_missing_files() -> list[tuple[str, str]]:
    """Return (job id, file name) for each file that a row names and the storage does not have."""
    columns = (
        Job.id,
        Job.service,
        Job.options,
        Job.original_file,
        Job.result_file,
        Job.mask_file,
        Job.changes,
        Job.alternatives,
        Job.files,
        Job.cache,
    )
    rows = db.session.execute(select(*columns).execution_options(yield_per=500))
    missing = []
    for row in rows:
        stored = storage.list_files(row.id)
        missing += [(row.id, name) for name in results.list_names(row) if name not in stored]
    return missing


def _release(row: Any) -> bool:
    """Queue a job of a dead worker again, or fail it after its last attempt, unless it has moved on meanwhile."""
    same = Job.status == RUNNING, Job.worker == row.worker, Job.heartbeat_at == row.heartbeat_at
    stuck = Job.id == row.id, *same
    if row.attempts >= MAX_ATTEMPTS:
        change = change_status(FAILED, *stuck, error_key=WORKER_LOST, error_message=_WORKER_LOST)
    else:
        change = change_status(QUEUED, *stuck)
    released = count_changed(change) == 1
    db.session.commit()
    if released and row.attempts >= MAX_ATTEMPTS:
        results.forget(row.id, row.cache)  # what the lost run had stored, if it came so far
    if released:
        logger.warning("Job %s was left by worker %s after attempt %s", row.id, row.worker, row.attempts)
    return released
