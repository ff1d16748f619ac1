"""A worker process that is, or lately was, alive: what the health page and the waiting times are told from."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, db, utc_now


class Worker(Model):
    """`id` names machine, process and start (see `jobs.process_identity`); `seen_at` is renewed every few seconds.

    `threads` run jobs of any lane, `quick_threads` those of the quick lane alone. `weights` is a hash of the SHA-256 of
    all weights that it can use. `problems` are the keys of what does not fit (`jobs.scheduling.hands.PROBLEMS`),
    `unable` the keys of the services that it cannot run, both with commas between. `memory_megabytes` is what it
    occupies.
    """

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(build_ascii_type(80), primary_key=True)
    threads: Mapped[int] = mapped_column(default=1)
    quick_threads: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[str] = mapped_column(build_ascii_type(32), default="", server_default="")
    weights: Mapped[str] = mapped_column(build_ascii_type(16), default="", server_default="")
    problems: Mapped[str] = mapped_column(build_ascii_type(80), default="", server_default="")
    unable: Mapped[str] = mapped_column(build_ascii_type(255), default="", server_default="")
    memory_megabytes: Mapped[int] = mapped_column(default=0, server_default="0")
    device: Mapped[str] = mapped_column(db.String(80), default="")
    started_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
