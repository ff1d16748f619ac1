"""The verbs of an account's webhooks: list, add, switch, renew the secret, test, delete.

A webhook that is missing and one that is somebody else's are the same to every verb: NoSuchWebhook. The audit log gets
a line for each change, with the host alone: the rest of an address may be as good as a password.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy import delete as delete_from
from sqlalchemy import func, select

from accounts.errors import FieldErrors
from accounts.security import audit, codes, limits, present_password, rights
from accounts.settings.current import get_setting
from models import Job, User, Webhook, WebhookDelivery, db
from models.webhook import drop_pending
from webhooks import announcements, signing, targets
from webhooks.errors import NoSuchWebhook, SwitchedOff

URL_FIELD, PASSWORD_FIELD = "webhook_url", "webhook_password"
TESTS = limits.Limit("webhook-tests", name="5/minute;30/hour")
_SHOWN_DELIVERIES = 5


@dataclass(frozen=True)
class Owner:
    """Whose webhooks these are, and from which network address the owner asks."""

    id: int
    name: str
    address: str | None


@dataclass(frozen=True)
class Listed:
    """A webhook with its latest deliveries, the newest first, and the ids of those of their jobs that can be seen."""

    webhook: Webhook
    deliveries: Sequence[WebhookDelivery]
    job_ids: frozenset[str]


class Added(NamedTuple):
    """A new webhook: its id, its secret, which is shown this once, and the id of the mail that tells the owner."""

    id: int
    secret: str
    mail_id: str


def list_all(user_id: int) -> list[Listed]:
    """Return the webhooks of an account in the order in which they were added."""
    found = db.session.scalars(select(Webhook).where(Webhook.user_id == user_id).order_by(Webhook.id)).all()
    return [_list_one(webhook) for webhook in found]


def add(owner: Owner, url: str, password: str) -> Added:
    """Add a webhook, for whoever knows the owner's present password. Raises FieldErrors or TooMany."""
    try:
        target = targets.read(url, current_app.config["WEBHOOK_NETWORKS"])
    except targets.WrongUrl as error:
        raise FieldErrors({URL_FIELD: error.message}) from None
    password_hash, language = _read_account(owner.id)
    failed = {"field": PASSWORD_FIELD, "refused": "webhook_refused"}
    present_password.confirm(owner.name, password_hash, password, owner.address, **failed)
    rights.lock_account(owner.id)
    count = db.session.scalar(select(func.count()).where(Webhook.user_id == owner.id))
    if count >= get_setting("MAX_WEBHOOKS"):
        db.session.rollback()
        raise FieldErrors({URL_FIELD: _("You have as many webhooks as this server allows. Delete one first.")})
    secret = signing.make()
    webhook = Webhook(user_id=owner.id, url=target.url, secret=signing.encrypt(secret))
    db.session.add(webhook)
    mail_id = codes.order_notice(codes.WEBHOOK_ADDED, owner.name, language)
    _record(owner, "webhook_added", webhook)
    return Added(webhook.id, secret, mail_id)


def switch(owner: Owner, webhook_id: int, is_active: bool) -> None:
    """Switch a webhook on or off. What waits while it is switched off is never sent. Raises NoSuchWebhook."""
    webhook = _find(owner, webhook_id)
    if webhook.is_active == is_active:
        return
    webhook.is_active, webhook.failures = is_active, 0
    db.session.flush()
    if not is_active:
        drop_pending([webhook_id])
    db.session.commit()
    _record(owner, "webhook_switched_on" if is_active else "webhook_switched_off", webhook)


def renew_secret(owner: Owner, webhook_id: int) -> str:
    """Return a new secret, shown this once; the old one signs nothing from now on. Raises NoSuchWebhook."""
    webhook = _find(owner, webhook_id)
    secret = signing.make()
    webhook.secret = signing.encrypt(secret)
    db.session.commit()
    _record(owner, "webhook_secret_renewed", webhook)
    return secret


def send_test(owner: Owner, webhook_id: int) -> str:
    """Have a worker send a test; return the id of its delivery. Raises NoSuchWebhook, SwitchedOff, TooMany."""
    if not _find(owner, webhook_id).is_active:
        raise SwitchedOff()
    limits.take(TESTS, owner.name, None)
    delivery = announcements.make(webhook_id, announcements.TEST, announcements.compose(announcements.TEST, {}))
    db.session.add(delivery)
    db.session.commit()
    return delivery.id


def delete(owner: Owner, webhook_id: int) -> None:
    """Delete a webhook with the log of its deliveries. Raises NoSuchWebhook."""
    webhook = _find(owner, webhook_id)
    host = _read_host(webhook)
    db.session.execute(delete_from(Webhook).where(Webhook.id == webhook_id, Webhook.user_id == owner.id))
    db.session.commit()
    audit.record("webhook_deleted", actor=owner.name, target=owner.name, address=owner.address, detail=host)


def _find(owner: Owner, webhook_id: int) -> Webhook:
    mine = select(Webhook).where(Webhook.id == webhook_id, Webhook.user_id == owner.id)
    webhook = db.session.scalar(mine)
    if webhook is None:
        raise NoSuchWebhook()
    return webhook


def _read_account(user_id: int) -> tuple[str, str]:
    """Return the hash of the password and the language of an account; a hash that nothing matches where it is gone."""
    found = db.session.execute(select(User.password_hash, User.language).where(User.id == user_id)).one_or_none()
    return (found.password_hash, found.language or "en") if found else ("", "en")


def _list_one(webhook: Webhook) -> Listed:
    log = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    newest = WebhookDelivery.created_at.desc(), WebhookDelivery.id
    latest = db.session.scalars(log.order_by(*newest).limit(_SHOWN_DELIVERIES)).all()
    told_of = Job.id.in_([delivery.job_id for delivery in latest]), Job.user_id == webhook.user_id
    there = db.session.scalars(select(Job.id).where(*told_of, Job.deleted_at.is_(None)))
    return Listed(webhook, latest, frozenset(there))


def _record(owner: Owner, action: str, webhook: Webhook) -> None:
    audit.record(action, actor=owner.name, target=owner.name, address=owner.address, detail=_read_host(webhook))


def _read_host(webhook: Webhook) -> str:
    return urlsplit(webhook.url).netloc
