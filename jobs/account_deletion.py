"""Deleting an account with everything that belongs to it."""

from sqlalchemy import delete, select

from accounts import deletion
from accounts.security import audit
from jobs import quotas
from jobs.files import storage
from models import DailyCount, Job, User, db


def delete_own_account(user: User, password: str, address: str | None) -> str:
    """Delete an account as its owner asked; return the id of the mail that confirms it.

    Raises FieldErrors or TooMany for a wrong password, AccountError for the last administrator.
    """
    user_id, name = user.id, user.name
    deletion.confirm(user, password, address)
    return remove(user_id, actor=name, address=address)


def remove(user_id: int, actor: str, address: str | None) -> str:
    """Delete an account, its sessions, jobs and pictures; return the id of the mail that tells its owner.

    The rows go first and all at once, so that nobody is shown a job without pictures; a crash after that leaves marked
    folders, which the next purge removes. Raises NoSuchAccount, or AccountError for the last administrator.
    """
    user = deletion.close(user_id)
    name = user.name
    job_ids = mark_jobs(user_id)
    mail_id = deletion.erase(user)
    for job_id in job_ids:
        storage.remove(job_id)
    audit.record("account_deleted", actor=actor, target=name, address=address, detail=f"{len(job_ids)} jobs")
    return mail_id


def mark_jobs(user_id: int) -> list[str]:
    """Mark the jobs of a locked account as about to go, within the caller's transaction; return their ids.

    An account that is locked gets no more jobs, and this reads even those committed a moment ago.
    """
    job_ids = list(db.session.scalars(select(Job.id).where(Job.user_id == user_id).with_for_update()))
    for job_id in job_ids:
        storage.mark_uncommitted(job_id)
    db.session.execute(delete(DailyCount).where(DailyCount.key.in_(quotas.make_keys(user_id))))
    return job_ids
