"""The end of a guest: all of it is deleted after an hour, or its pictures go into the account that it became."""

from sqlalchemy import delete, func, select

from accounts import guests
from accounts.security import audit, rights
from jobs import account_deletion, quotas
from jobs.files import storage
from models import Job, User, db

_DUE_AT_ONCE = 20


def count_pictures(user_id: int) -> int:
    """Return how many jobs a guest has that are not deleted."""
    own = select(func.count()).where(Job.user_id == user_id, Job.deleted_at.is_(None))
    return db.session.scalar(own) or 0


def remove_due() -> int:
    """Delete guests whose time is over; return how many that was. A worker does this every few seconds."""
    found = guests.list_due(_DUE_AT_ONCE)
    db.session.rollback()
    for user_id in found:
        remove(user_id)
    return len(found)


def remove(user_id: int) -> None:
    """Delete a guest with its session, jobs and pictures; one that is gone already is no error.

    As with an account the rows go first and all at once; see `account_deletion.remove`.
    """
    rights.lock_account(user_id)
    name = _find_name(user_id)
    if name is None:
        db.session.rollback()
        return
    _finish(user_id, name, "")


def take_over(guest_id: int, user_id: int) -> int:
    """Give the pictures of a guest to an account, then delete the guest; return how many jobs went over.

    They keep their ids and get the account's next numbers. None goes over where the account has no room for them.
    """
    rights.lock_account(guest_id)
    name = _find_name(guest_id)
    if name is None:
        db.session.rollback()
        return 0
    own = select(Job).where(Job.user_id == guest_id, Job.deleted_at.is_(None)).order_by(Job.number)
    jobs = list(db.session.scalars(own.with_for_update()))
    if not quotas.has_room(user_id, sum(job.original_bytes + job.result_bytes for job in jobs)):
        jobs = []
    newest = db.session.scalar(select(func.max(Job.number)).where(Job.user_id == user_id)) or 0
    for number, job in enumerate(jobs, newest + 1):
        job.user_id, job.number, job.request_key = user_id, number, None
    db.session.flush()
    _finish(guest_id, name, f"{len(jobs)} jobs taken over")
    return len(jobs)


def _find_name(user_id: int) -> str | None:
    return db.session.scalar(select(User.name).where(User.id == user_id, User.guest_until.is_not(None)))


def _finish(user_id: int, name: str, detail: str) -> None:
    """Delete a locked guest with what it has left, and end the transaction."""
    job_ids = account_deletion.mark_jobs(user_id)
    db.session.execute(delete(User).where(User.id == user_id))
    db.session.commit()
    for job_id in job_ids:
        storage.remove(job_id)
    audit.note("guest_deleted", target=name, detail=detail or f"{len(job_ids)} jobs")
