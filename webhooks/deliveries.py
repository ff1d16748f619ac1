"""Sending what is due. The rows are the truth: an attempt is claimed as a job is, and its end written to the row.

An attempt that fails is followed by another one after a growing pause, for most of a day in all. A test has one only.
Accounts take turns: of each, one message goes out at a time, so that nobody waits for somebody else's dead receivers.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete as delete_from
from sqlalchemy import func, select, true, update

from accounts.security import audit
from models import User, Webhook, WebhookDelivery, count_changed, db, utc_now
from models.webhook import DELIVERED, GIVEN_UP, PENDING, drop_pending
from webhooks import sending, signing, targets
from webhooks.announcements import TEST
from webhooks.errors import NotDelivered

logger = logging.getLogger(__name__)

PAUSES_SECONDS = (10, 60, 300, 1800, 7200, 21_600, 43_200)
# Much longer than an attempt may take, else a second worker would send it again.
LEASE_SECONDS = 60
# A webhook is switched off after so many deliveries in a row that were given up.
MAX_FAILURES = 10
_AT_ONCE = 100


def list_due() -> list[str]:
    """Return the ids of the deliveries whose turn it is: of each account the one that is due longest."""
    now = utc_now()
    order = WebhookDelivery.next_attempt_at, WebhookDelivery.id
    turn = func.row_number().over(partition_by=Webhook.user_id, order_by=order)
    waiting = select(WebhookDelivery.id, WebhookDelivery.next_attempt_at, turn.label("turn"))
    waiting = waiting.join(Webhook, Webhook.id == WebhookDelivery.webhook_id).join(User, User.id == Webhook.user_id)
    ranked = waiting.where(*_is_due(now), Webhook.is_active == true(), User.disabled_at.is_(None)).subquery()
    first = select(ranked.c.id).where(ranked.c.turn == 1).order_by(ranked.c.next_attempt_at).limit(_AT_ONCE)
    found = list(db.session.scalars(first))
    db.session.rollback()
    return found


def send(delivery_id: str) -> bool:
    """Make one attempt; say whether the message arrived. Does nothing where another worker has it, or it is not due."""
    attempt = _claim(delivery_id)
    if attempt is None:
        return False
    db.session.remove()  # the attempt holds no connection
    try:
        columns = {"status": DELIVERED, "http_status": _post(attempt), "error": ""}
    except NotDelivered as error:
        columns = {"http_status": error.http_status, "error": error.key} | _plan_next_attempt(attempt)
    except Exception:  # nobody foresaw this one: else the message would be sent without end
        logger.exception("Delivery %s, attempt %s failed.", attempt.id, attempt.attempts)
        columns = {"http_status": None, "error": "unexpected"} | _plan_next_attempt(attempt)
    _end(attempt, columns)
    return columns.get("status") == DELIVERED


def remove_old(days: int) -> None:
    """Delete the log of deliveries that are older than so many days."""
    old = WebhookDelivery.created_at <= utc_now() - timedelta(days=days)
    db.session.execute(delete_from(WebhookDelivery).where(old))
    db.session.commit()


def _is_due(now: datetime) -> tuple:
    return WebhookDelivery.status == PENDING, WebhookDelivery.next_attempt_at <= now


def _claim(delivery_id: str) -> Any | None:
    """Count an attempt and keep others away for its time; return what it needs, None when it is not ours."""
    now = utc_now()
    claim = update(WebhookDelivery).where(WebhookDelivery.id == delivery_id, *_is_due(now))
    lease = now + timedelta(seconds=LEASE_SECONDS)
    is_claimed = count_changed(claim.values(attempts=WebhookDelivery.attempts + 1, next_attempt_at=lease))
    db.session.commit()
    if not is_claimed:
        return None
    columns = WebhookDelivery.id, WebhookDelivery.webhook_id, WebhookDelivery.event, WebhookDelivery.body
    needed = select(*columns, WebhookDelivery.attempts, Webhook.url, Webhook.secret)
    needed = needed.join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
    return db.session.execute(needed.where(WebhookDelivery.id == delivery_id)).one_or_none()


def _post(attempt: Any) -> int:
    secret = signing.decrypt(attempt.secret)
    if secret is None:
        raise NotDelivered("secret_lost")
    networks = current_app.config["WEBHOOK_NETWORKS"]
    try:
        target = targets.read(attempt.url, networks)
    except targets.WrongUrl:  # was allowed when it was added
        raise NotDelivered("address_refused") from None
    body = attempt.body.encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Revive"}
    return sending.post(target, networks, body, headers | signing.sign(secret, attempt.id, utc_now(), body))


def _plan_next_attempt(attempt: Any) -> dict[str, Any]:
    """Return the columns that say when there is another attempt, or that there is none."""
    if attempt.event == TEST or attempt.attempts > len(PAUSES_SECONDS):
        return {"status": GIVEN_UP}
    return {"next_attempt_at": utc_now() + timedelta(seconds=PAUSES_SECONDS[attempt.attempts - 1])}


def _end(attempt: Any, columns: dict[str, Any]) -> None:
    """Write how an attempt ended, unless the row has moved on meanwhile; then count what was given up in a row."""
    ours = WebhookDelivery.id == attempt.id, WebhookDelivery.attempts == attempt.attempts
    end = update(WebhookDelivery).where(*ours, WebhookDelivery.status == PENDING).values(columns)
    is_written = count_changed(end) == 1
    # In a transaction of its own: who deletes a webhook locks it before its deliveries.
    db.session.commit()
    status = columns.get("status")
    logger.info("Delivery %s, attempt %s: %s", attempt.id, attempt.attempts, columns.get("error") or status)
    if is_written and status == DELIVERED:
        _set_failures(attempt.webhook_id, 0)
    elif is_written and status == GIVEN_UP and attempt.event != TEST:
        _set_failures(attempt.webhook_id, Webhook.failures + 1)
        _switch_off_after_failures(attempt.webhook_id)


def _set_failures(webhook_id: int, failures: Any) -> None:
    changed = update(Webhook).where(Webhook.id == webhook_id, Webhook.failures != failures)
    db.session.execute(changed.values(failures=failures).execution_options(synchronize_session=False))
    db.session.commit()


def _switch_off_after_failures(webhook_id: int) -> None:
    failing = Webhook.id == webhook_id, Webhook.is_active == true(), Webhook.failures >= MAX_FAILURES
    if not count_changed(update(Webhook).where(*failing).values(is_active=False)):
        db.session.rollback()
        return
    drop_pending([webhook_id])
    db.session.commit()
    owner = select(User.name).join(Webhook, Webhook.user_id == User.id).where(Webhook.id == webhook_id)
    name = db.session.scalar(owner) or ""
    db.session.rollback()
    audit.record("webhook_switched_off", target=name, detail=f"{MAX_FAILURES} deliveries in a row failed")
