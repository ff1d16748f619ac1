"""Counters of the rate limiter: in the database, so that all processes share them and restarts keep them."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, ascii_text, moment


class DailyCount(Model):
    """How often something happened within the window that ends at `expires_at`."""

    __tablename__ = "tallies"

    key: Mapped[str] = mapped_column(ascii_text(190), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(moment(), index=True)
