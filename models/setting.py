"""What the whole installation knows: its switches, and what a worker has counted so that no page has to."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, utc_now

# A switch: while its row exists no worker takes a job.
PAUSED = "queue_paused"
# Counted by a worker now and then (see `jobs.job_statistics`).
ACCOUNTS, DISABLED, STORED_BYTES = "accounts", "accounts_disabled", "stored_bytes"


class Setting(Model):
    """One switch or one number, and since when it is so."""

    __tablename__ = "facts"

    key: Mapped[str] = mapped_column(build_ascii_type(48), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, default=0)
    changed_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)


class DailyFigure(Model):
    """How many jobs of one service, made on one day (UTC), have one status, and how many seconds they ran in all."""

    __tablename__ = "day_figures"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    service: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    status: Mapped[str] = mapped_column(build_ascii_type(16), primary_key=True)
    jobs: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)
