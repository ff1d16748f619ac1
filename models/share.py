"""One link by which anybody may look at the result of a job. The row holds the hash of its token, never the token."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, build_ascii_type, build_time_type, utc_now
from models.job import Job


class Share(Model):
    """A link is alive until it expires or is revoked, its job is deleted, or the account of the job is disabled.

    `views` counts how often its page was opened.
    """

    __tablename__ = "shares"
    __table_args__ = {"sqlite_autoincrement": True}  # as in `models.user`

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(build_ascii_type(64), unique=True)
    views: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(build_time_type(), index=True)

    job: Mapped[Job] = relationship()
