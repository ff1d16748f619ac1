"""One run of one service on one upload. The row is the truth; the queue only wakes a worker."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

import traces
from models.base import Model, build_ascii_type, build_time_type, db, utc_now

if TYPE_CHECKING:
    from models.user import User

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ENDED = (DONE, FAILED, CANCELLED)


class Job(Model):
    """`id` is 128 random bits in hex. File columns hold names relative to the job's own folder.

    `number` counts the jobs of one account: what its history calls the frame. `parent_id` is the job whose picture
    (`parent_variant`: "original" or "result") this one was made from, deleted by now or not. `photo_id` is the first
    job of the upload that all this began with: jobs that share it are versions of one photo. `alternatives` is how many
    pictures there are to pick the result from, 0 where there is but one; `chosen` is the one that the owner picked.
    `files` holds {"name", "label", "bytes"} of each finished download, `cache` the names of what a later run on the
    same original can use, `checks` {"key", "state", "value"} of each row of the result's checklist, `steps` {"key",
    "state", "said", "value", "shown", "width", "height"} of each step of the run (`shown`: whether it made a picture),
    `changes` {"kept", "changed", "replaced"}, the shares of the change map of each picture to pick from, or of the one.
    `original_bytes` counts the original with all that was uploaded beside it, `result_bytes` everything else in the
    folder but the small copies. `request_key` is the hash of the key that a program gave the request by, `request_hash`
    that of what it asked for (see `jobs.idempotency`). `lane` says how long it is likely to run (see
    `jobs.scheduling.lanes`).
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "user_id", "created_at"),
        Index(None, "status", "created_at"),
        # For the lists of the administrator, newest first whatever they are filtered by.
        Index(None, "created_at"),
        Index(None, "service", "created_at"),
        Index(None, "service", "status", "created_at"),
        # For the history of one tool, the number of the next job, and the jobs whose deletion is due.
        Index(None, "user_id", "service", "created_at"),
        Index(None, "user_id", "number"),
        # For the versions of one photo.
        Index(None, "user_id", "photo_id", "created_at"),
        # A program that asks for the same job twice gets the one that it has.
        Index(None, "user_id", "request_key", unique=True),
        Index(None, "deleted_at"),
        # For the purge of what is kept no longer.
        Index(None, "finished_at"),
        # For the few that have ended and whose owner's webhooks are not yet told.
        Index(None, "webhooks_due"),
        # Holds all that the storage of an account is summed from.
        Index(None, "user_id", "original_bytes", "result_bytes"),
    )

    id: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(build_ascii_type(32))
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    number: Mapped[int] = mapped_column(default=0, server_default="0")
    title: Mapped[str] = mapped_column(db.String(255), default="", server_default="")
    parent_id: Mapped[str] = mapped_column(build_ascii_type(32), default="", server_default="")
    parent_variant: Mapped[str] = mapped_column("parent_which", build_ascii_type(16), default="", server_default="")
    photo_id: Mapped[str] = mapped_column(build_ascii_type(32), default="", server_default="")

    # Where the trace of the request that made the job goes on (see `traces`); "" while traces are off.
    trace: Mapped[str] = mapped_column(build_ascii_type(55), default=traces.read_context, server_default="")

    request_key: Mapped[str | None] = mapped_column(build_ascii_type(64))
    request_hash: Mapped[str] = mapped_column(build_ascii_type(64), default="", server_default="")

    status: Mapped[str] = mapped_column(build_ascii_type(16), default=QUEUED)
    lane: Mapped[str] = mapped_column(build_ascii_type(8), default="", server_default="")
    verdict: Mapped[str] = mapped_column(build_ascii_type(48), default="")
    stage: Mapped[str] = mapped_column(db.String(80), default="")
    progress: Mapped[float] = mapped_column(default=0.0)
    device: Mapped[str] = mapped_column(db.String(80), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(build_ascii_type(80), default="")
    error_key: Mapped[str] = mapped_column(build_ascii_type(48), default="")
    error_message: Mapped[str] = mapped_column(db.String(255), default="")

    original_name: Mapped[str] = mapped_column(db.String(255), default="")
    original_file: Mapped[str] = mapped_column(build_ascii_type(64))
    original_bytes: Mapped[int] = mapped_column(default=0)
    image_format: Mapped[str] = mapped_column(build_ascii_type(16), default="")
    # How many pictures the original's file holds, of which the job has the largest one.
    image_pages: Mapped[int] = mapped_column(default=1, server_default="1")
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    result_file: Mapped[str] = mapped_column(build_ascii_type(64), default="")
    result_bytes: Mapped[int] = mapped_column(default=0)
    result_has_alpha: Mapped[bool] = mapped_column(default=False)
    result_width: Mapped[int] = mapped_column(default=0, server_default="0")
    result_height: Mapped[int] = mapped_column(default=0, server_default="0")
    mask_file: Mapped[str] = mapped_column(build_ascii_type(64), default="")
    alternatives: Mapped[int] = mapped_column("answers", default=0, server_default="0")
    chosen: Mapped[int | None]
    files: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    cache: Mapped[list[str] | None] = mapped_column("kept", JSON(none_as_null=True))
    checks: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    steps: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    changes: Mapped[list[dict[str, float]] | None] = mapped_column(JSON(none_as_null=True))

    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    started_at: Mapped[datetime | None] = mapped_column(build_time_type())
    heartbeat_at: Mapped[datetime | None] = mapped_column(build_time_type())
    finished_at: Mapped[datetime | None] = mapped_column(build_time_type())
    # Deleted by its owner, who may still take that back; maintenance erases it (see `jobs.trash`).
    deleted_at: Mapped[datetime | None] = mapped_column(build_time_type())
    # Set whenever the job ends, until a worker has written the deliveries (see `webhooks.announcements`).
    webhooks_due: Mapped[bool] = mapped_column(default=False, server_default="0")

    user: Mapped["User"] = relationship(back_populates="jobs")
