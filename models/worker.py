"""A worker process that is, or lately was, alive: what the health page and the waiting times are told from."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, db, utc_now


class Worker(Model):
    """`id` names machine, process and start (see `jobs.process_identity`); `seen_at` is renewed every few seconds."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(build_ascii_type(80), primary_key=True)
    threads: Mapped[int] = mapped_column(default=1)
    device: Mapped[str] = mapped_column(db.String(80), default="")
    started_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
