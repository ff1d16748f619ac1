"""An address of an owner's choice that is told how jobs end, and what was sent to it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, db, utc_now

MAX_URL_LENGTH = 500
PENDING, DELIVERED, GIVEN_UP = "pending", "delivered", "given up"


class Webhook(Model):
    """`secret` signs what is sent, and is encrypted (see `webhooks.signing`).

    `failures` counts the deliveries that were given up since the last one that arrived.
    """

    __tablename__ = "webhooks"
    __table_args__ = {"sqlite_autoincrement": True}  # as in `models.user`

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(build_ascii_type(MAX_URL_LENGTH))
    secret: Mapped[str] = mapped_column(build_ascii_type(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)


class WebhookDelivery(Model):
    """One message to one webhook; `body` is sent as it stands here at every attempt.

    `next_attempt_at` is when a worker may (again) try to send it. `http_status` is what the receiver answered last,
    `error` a key of `webhooks.errors` that says why the last attempt failed, "" before there was one.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(None, "status", "next_attempt_at"),
        Index(None, "webhook_id", "created_at"),
        Index(None, "created_at"),
    )

    id: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(build_ascii_type(32))
    job_id: Mapped[str] = mapped_column(build_ascii_type(32), default="")
    body: Mapped[str] = mapped_column(db.Text)
    status: Mapped[str] = mapped_column(build_ascii_type(16), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    http_status: Mapped[int | None]
    error: Mapped[str] = mapped_column(build_ascii_type(32), default="")
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    next_attempt_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)


def drop_pending(webhook_ids: Collection[int]) -> None:
    """Give up what waits for webhooks that are being switched off, in the caller's transaction."""
    waiting = WebhookDelivery.webhook_id.in_(webhook_ids), WebhookDelivery.status == PENDING
    db.session.execute(update(WebhookDelivery).where(*waiting).values(status=GIVEN_UP, error="switched_off"))
