"""Deletion that can be taken back: a deleted job is out of every list at once, and gone for good a while later.

Until then it counts in the quotas. What was deleted together is taken back together: it has the same `deleted_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import delete, select, update

from jobs.errors import NotFound
from jobs.files import storage
from models import Job, count_changed, db, utc_now
from models.job import CANCELLED
from models.transitions import change_status

UNDO_MINUTES = 10
_DUE_AT_ONCE = 100


@dataclass(frozen=True)
class Batch:
    """Jobs of one account that were deleted in one go."""

    deleted_at: datetime
    jobs: tuple[Job, ...]


def put(user_id: int, job_ids: Sequence[str]) -> int:
    """Delete the user's jobs of these ids; those that wait or run are stopped. Return how many that was.

    Ids that are not the user's, or not there, are passed over. Raises NotFound when none is left.
    """
    mine = [Job.user_id == user_id, Job.deleted_at.is_(None)]
    found = list(db.session.scalars(select(Job.id).where(Job.id.in_(_keep_ascii(job_ids)), *mine)))
    if not found:
        raise NotFound()
    db.session.execute(change_status(CANCELLED, Job.id.in_(found), *mine))
    count = count_changed(update(Job).where(Job.id.in_(found), *mine).values(deleted_at=utc_now()))
    db.session.commit()
    return count


def take_back(user_id: int, job_ids: Sequence[str]) -> int:
    """Undo the deletion of jobs of the user; return how many that was. Raises NotFound when none is left."""
    mine = update(Job).where(Job.id.in_(_keep_ascii(job_ids)), Job.user_id == user_id, Job.deleted_at.is_not(None))
    count = count_changed(mine.values(deleted_at=None))
    db.session.commit()
    if not count:
        raise NotFound()
    return count


def erase(user_id: int, job_ids: Sequence[str]) -> int:
    """Erase deleted jobs of the user at once; return how many that was. Raises NotFound when none is left."""
    deleted = select(Job.id).where(
        Job.id.in_(_keep_ascii(job_ids)), Job.user_id == user_id, Job.deleted_at.is_not(None)
    )
    found = list(db.session.scalars(deleted))
    if not found:
        raise NotFound()
    return sum(_erase(job_id) for job_id in found)


def list_contents(user_id: int) -> list[Batch]:
    """Return what the user deleted and can still take back, the latest first."""
    deleted = select(Job).where(Job.user_id == user_id, Job.deleted_at.is_not(None))
    jobs = db.session.scalars(deleted.order_by(Job.deleted_at.desc(), Job.created_at.desc(), Job.id.desc()))
    return [Batch(moment, tuple(group)) for moment, group in groupby(jobs, key=lambda job: job.deleted_at)]


def erase_due() -> int:
    """Erase what can no longer be taken back; return how many jobs that was. A worker does this every few seconds."""
    due = select(Job.id).where(Job.deleted_at < utc_now() - timedelta(minutes=UNDO_MINUTES)).limit(_DUE_AT_ONCE)
    found = list(db.session.scalars(due))
    db.session.rollback()
    return sum(_erase(job_id) for job_id in found)


def _erase(job_id: str) -> bool:
    """Erase a job unless its deletion was taken back in this very moment: the row first, as `lifecycle.erase`."""
    storage.mark_uncommitted(job_id)
    gone = count_changed(delete(Job).where(Job.id == job_id, Job.deleted_at.is_not(None))) == 1
    db.session.commit()
    storage.remove(job_id) if gone else storage.mark_committed(job_id)
    return gone


def _keep_ascii(job_ids: Sequence[str]) -> list[str]:
    """Ids come from outside: a database may refuse to compare its own with anything but ASCII."""
    return [job_id for job_id in job_ids if job_id.isascii()]
