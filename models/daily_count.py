"""Counters of the rate limiter: in the database, so that all processes share them and restarts keep them."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type


class DailyCount(Model):
    """How often something happened within the window that ends at `expires_at`."""

    __tablename__ = "tallies"

    key: Mapped[str] = mapped_column(build_ascii_type(190), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(build_time_type(), index=True)
