"""From jobs that have ended to deliveries: one for each active webhook of the owner, written exactly once.

Every change of status marks a job that it ends (`models.transitions`), whoever asked for it. The mark is taken away in
the transaction that writes the deliveries, so that nothing is lost in a crash, and of several workers one writes them.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select, true, update
from sqlalchemy.exc import IntegrityError

from accounts.data_export import to_plain
from jobs import progress
from models import Job, User, Webhook, WebhookDelivery, count_changed, db, utc_now
from models.job import ENDED

JOB_ENDED, TEST = "job.ended", "test"
_AT_ONCE = 100
_SHOWN = ("id", "service", "status", "verdict", "verdict_message", "error")


@dataclass(frozen=True)
class _Ended:
    """A job as it was read, and what its owner's webhooks are told of it."""

    job_id: str
    status: str
    finished_at: datetime | None
    webhook_ids: tuple[int, ...]
    body: str


def announce() -> int:
    """Write the deliveries of jobs that have ended since the last look; return how many."""
    return sum(_announce_one(ended) for ended in _list_ended())


def make(webhook_id: int, event: str, body: str, job_id: str = "") -> WebhookDelivery:
    """Return the row of a message that is due now."""
    now = utc_now()
    message_id = uuid.uuid4().hex
    return WebhookDelivery(
        id=message_id, webhook_id=webhook_id, event=event, job_id=job_id, body=body, created_at=now, next_attempt_at=now
    )


def compose(event: str, data: dict[str, Any]) -> str:
    """Return the body of a message as JSON."""
    return json.dumps({"type": event, "timestamp": to_plain(utc_now()), "data": data}, ensure_ascii=False)


def _list_ended() -> list[_Ended]:
    marked = select(Job).where(Job.webhooks_due == true(), Job.status.in_(ENDED)).order_by(Job.id).limit(_AT_ONCE)
    jobs = list(db.session.scalars(marked))
    webhooks = _find_active_webhooks({job.user_id for job in jobs})
    found = []
    for job in jobs:
        owner, ids = webhooks.get(job.user_id, (None, ()))
        body = _compose_body(job, owner) if owner else ""
        found.append(_Ended(job.id, job.status, job.finished_at, tuple(ids), body))
    db.session.rollback()
    return found


def _find_active_webhooks(user_ids: Iterable[int]) -> dict[int, tuple[User, list[int]]]:
    """Return the owner and the ids of the active webhooks, by the owner's number; disabled owners are left out."""
    found = select(User, Webhook.id).join(Webhook, Webhook.user_id == User.id)
    found = found.where(User.id.in_(user_ids), Webhook.is_active == true(), User.disabled_at.is_(None))
    by_owner: dict[int, tuple[User, list[int]]] = {}
    for user, webhook_id in db.session.execute(found.order_by(Webhook.id)):
        by_owner.setdefault(user.id, (user, []))[1].append(webhook_id)
    return by_owner


def _announce_one(ended: _Ended) -> int:
    """Take the mark away and write the deliveries, unless another worker did, or the job was run again meanwhile."""
    same = Job.id == ended.job_id, Job.status == ended.status, Job.finished_at == ended.finished_at
    taken = update(Job).where(*same, Job.webhooks_due == true()).values(webhooks_due=False)
    if not count_changed(taken):
        db.session.rollback()
        return 0
    db.session.add_all(make(webhook_id, JOB_ENDED, ended.body, ended.job_id) for webhook_id in ended.webhook_ids)
    try:
        db.session.commit()
    except IntegrityError:  # one of them was deleted in this very moment: the next look finds the job again
        db.session.rollback()
        return 0
    return len(ended.webhook_ids)


def _compose_body(job: Job, user: User) -> str:
    with force_locale(user.language or "en"):
        view = progress.view(job, estimate=False)
    data = {name: view[name] for name in _SHOWN} | {
        "has_result": bool(job.result_file),
        "name": job.title or job.original_name,
        "created_at": to_plain(job.created_at),
        "finished_at": to_plain(job.finished_at),
        "url": None if job.deleted_at else f"{current_app.config['BASE_URL']}/{user.name}/jobs/{job.id}",
    }
    return compose(JOB_ENDED, data)
