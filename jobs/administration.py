"""What an administrator does to jobs, to the queue, and to an account with all its pictures; every line audited."""

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from accounts import user_queries
from accounts.administration import Administrator
from accounts.errors import FieldErrors, NoSuchAccount
from accounts.security import audit
from accounts.user_queries import normalize_name
from errors import N_
from jobs import account_deletion, lifecycle
from jobs.errors import NotFound, NotNow
from jobs.photos import shares
from jobs.queue import notify_worker
from jobs.scheduling import scheduler
from models import Job, Setting, User, count_changed, db
from models.job import QUEUED, RUNNING
from models.keyset import fetch_page
from models.setting import PAUSED

WAITING = (QUEUED, RUNNING)


def list_jobs(filters: dict[str, str], size: int, after: str) -> tuple[list[Job], str | None]:
    """Return a page of everybody's jobs with their users, the newest first, and the mark of the next page.

    `filters` may hold "user" (a user name), "service" and "status".
    """
    query = select(Job).options(selectinload(Job.user))
    if name := filters.get("user", "").strip():
        name = normalize_name(name)
        user_id = db.session.scalar(select(User.id).where(User.name == name)) if name.isascii() else None
        query = query.where(Job.user_id == (user_id or 0))
    for column in (Job.service, Job.status):
        if (wanted := filters.get(column.key, "")).isascii() and wanted:
            query = query.where(column == wanted)
    return fetch_page(query, Job.created_at, Job.id, size, after)


def find(job_id: str) -> Job:
    """Return anybody's job. Raises NotFound."""
    job = db.session.get(Job, job_id) if job_id.isascii() else None
    if job is None:
        raise NotFound()
    return job


def revoke_share(by: Administrator, user_id: int, share_id: int) -> None:
    """End one link of an account; one that is gone already is no error. Raises NoSuchAccount."""
    user = user_queries.find(user_id)
    if user is None:
        raise NoSuchAccount()
    shares.revoke(user, share_id, by.name, by.address)


def cancel(by: Administrator, job_id: str) -> None:
    """End a job that waits or runs. Raises NotFound, NotNow."""
    job = find(job_id)
    owner = job.user.name
    if job.status not in WAITING:
        raise NotNow("not_waiting", N_("This job has ended already."))
    lifecycle.cancel(job.user_id, job_id)
    audit.record("job_cancelled", actor=by.name, target=owner, address=by.address, detail=job_id)


def retry(by: Administrator, job_id: str) -> None:
    """Queue a failed or cancelled job again. Raises what `lifecycle.retry` raises."""
    job = find(job_id)
    owner = job.user.name
    lifecycle.retry(job.user_id, job_id)
    audit.record("job_retried", actor=by.name, target=owner, address=by.address, detail=job_id)


def pause(by: Administrator) -> None:
    """Let no worker take another job; those that run are finished."""
    db.session.add(Setting(key=PAUSED, number=1))
    try:
        db.session.commit()
    except IntegrityError:  # it stands still already
        db.session.rollback()
        return
    audit.record("queue_paused", actor=by.name, address=by.address)


def resume(by: Administrator) -> None:
    """Let the workers go on."""
    went_on = count_changed(delete(Setting).where(Setting.key == PAUSED))
    db.session.commit()
    if went_on:
        audit.record("queue_resumed", actor=by.name, address=by.address)
    if waiting := scheduler.pick_next():
        notify_worker(waiting)


def delete_account(by: Administrator, user_id: int, typed_name: str) -> str:
    """Delete an account with its jobs and pictures; return the id of the mail that tells its owner.

    `typed_name` shows that this very account is meant. Raises FieldErrors, NoSuchAccount, or AccountError for the
    last administrator.
    """
    user = db.session.get(User, user_id)
    if user is None:
        raise NoSuchAccount()
    if normalize_name(typed_name) != user.name:
        raise FieldErrors({"confirm": N_("This is not the user name of this account.")})
    return account_deletion.remove(user_id, actor=by.name, address=by.address)
