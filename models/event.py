"""The audit log: who did what to whom, when and from where. Never holds a code, a password or a token."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, db, utc_now
from models.user import NAME_LENGTH


class Event(Model):
    """One line of the audit log. Names, not ids, so that it outlives the accounts it speaks of."""

    __tablename__ = "events"
    __table_args__ = {"sqlite_autoincrement": True}  # as in `models.user`

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now, index=True)
    action: Mapped[str] = mapped_column(build_ascii_type(48), index=True)
    actor: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH), default="", index=True)
    target: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH), default="", index=True)
    address: Mapped[str] = mapped_column(build_ascii_type(45), default="", index=True)
    detail: Mapped[str] = mapped_column(db.String(255), default="")
