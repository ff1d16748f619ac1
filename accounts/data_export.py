"""What the site holds about a person, as plain data: account, sessions, tokens, shares, albums, webhooks, audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from models import AccessToken, Album, AlbumPhoto, Event, Job, Share, User, UserSession, Webhook, WebhookDelivery, db

_BATCH = 500
_BY_STRANGERS = {"share_opened"}


@dataclass(frozen=True)
class Account:
    """One account and no later one: SQLite may give the number of the newest to the next, once it is deleted."""

    id: int
    made_at: datetime

    def is_there(self) -> ColumnElement[bool]:
        """Return the condition on `User` that the account neither is gone nor disabled."""
        return and_(User.id == self.id, User.created_at == self.made_at, User.disabled_at.is_(None))


def find_account(user_id: int) -> Account:
    """Return the account that has this number now."""
    made_at = db.session.scalar(select(User.created_at).where(User.id == user_id))
    return Account(user_id, made_at or datetime.min)  # of one that is gone no row has this time


def export_account(user_id: int) -> dict[str, Any]:
    """Return everything that the account's row holds but the hash of the password."""
    user = db.session.get(User, user_id, populate_existing=True)
    shown = [
        column.key for column in User.__table__.columns if column.key not in {"id", "password_hash", "guest_until"}
    ]
    return {name: to_plain(getattr(user, name)) for name in shown}


def export_sessions(user_id: int) -> list[dict[str, Any]]:
    """Return the sessions without what could be used to take one over."""
    names = ("agent", "address", "created_at", "seen_at")
    rows = db.session.scalars(select(UserSession).where(UserSession.user_id == user_id).order_by(UserSession.id))
    return [{name: to_plain(getattr(row, name)) for name in names} for row in rows]


def export_access_tokens(user_id: int) -> list[dict[str, Any]]:
    """Return what is known of the access tokens; what they are themselves is stored nowhere."""
    names = ("name", "scopes", "created_at", "expires_at", "seen_at", "address")
    rows = db.session.scalars(select(AccessToken).where(AccessToken.user_id == user_id).order_by(AccessToken.id))
    return [{name: to_plain(getattr(row, name)) for name in names} for row in rows]


def export_shares(user_id: int) -> list[dict[str, Any]]:
    """Return the links by which results are shared; their tokens are stored nowhere."""
    names = ("job_id", "views", "created_at", "expires_at")
    rows = db.session.scalars(select(Share).join(Job).where(Job.user_id == user_id).order_by(Share.id))
    return [{name: to_plain(getattr(row, name)) for name in names} for row in rows]


def export_albums(user_id: int) -> list[dict[str, Any]]:
    """Return the albums, each with the ids of its photos in their order."""
    names = ("id", "name", "service", "options", "created_at")
    photos = select(AlbumPhoto.photo_id).order_by(AlbumPhoto.position)
    rows = db.session.scalars(select(Album).where(Album.user_id == user_id).order_by(Album.created_at)).all()
    return [
        {name: to_plain(getattr(row, name)) for name in names}
        | {"photos": list(db.session.scalars(photos.where(AlbumPhoto.album_id == row.id)))}
        for row in rows
    ]


def export_webhooks(user_id: int) -> list[dict[str, Any]]:
    """Return the webhooks without their secrets, each with what the log of its deliveries holds."""
    names = ("url", "is_active", "created_at")
    rows = db.session.scalars(select(Webhook).where(Webhook.user_id == user_id).order_by(Webhook.id)).all()
    return [
        {name: to_plain(getattr(row, name)) for name in names} | {"deliveries": _export_deliveries(row.id)}
        for row in rows
    ]


def _export_deliveries(webhook_id: int) -> list[dict[str, Any]]:
    names = ("id", "event", "job_id", "status", "attempts", "http_status", "error", "created_at")
    mine = select(*(getattr(WebhookDelivery, name) for name in names)).where(WebhookDelivery.webhook_id == webhook_id)
    rows = db.session.execute(mine.order_by(WebhookDelivery.created_at))
    return [{name: to_plain(getattr(row, name)) for name in names} for row in rows]


def export_events_after(name: str, since: datetime, last: int) -> list[tuple[int, dict[str, Any]]]:
    """Return the next lines of the audit log that speak of this person, each with its number.

    Those from before `since`, when the account was made, may speak of another person who had the name then.

    Who did something to the person, and from where, is told only of the person's own acts.
    """
    about = select(Event).where(or_(Event.target == name, Event.actor == name), Event.id > last)
    about = about.where(Event.at >= since)
    return [(row.id, _export_event(row, name)) for row in db.session.scalars(about.order_by(Event.id).limit(_BATCH))]


def _export_event(row: Event, name: str) -> dict[str, Any]:
    of_another = row.actor not in {"", name} or row.action in _BY_STRANGERS
    return {
        "at": to_plain(row.at),
        "action": row.action,
        "target": row.target,
        "detail": row.detail,
        "actor": "another person" if of_another else row.actor,
        "address": "" if of_another else row.address,
    }


def to_plain(value: Any) -> Any:
    """Return a value as JSON can hold it; times are UTC."""
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value
