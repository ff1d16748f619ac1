"""A mail about an account that the worker has to send: mostly one with a code.

The web process writes the row, the worker makes the code, mails it and keeps only its hash here.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, utc_now
from models.user import NAME_LENGTH


class EmailCode(Model):
    """One code for one purpose, one name and one browser; single use, a few tries, a few minutes.

    `boot` and `steady_until` hold the deadline by the machine's steady clock as well (see `accounts.security.clock`).
    `next_attempt_at` is when a worker may (again) try to send the mail.
    """

    __tablename__ = "email_codes"
    __table_args__ = (Index(None, "name", "purpose"), Index(None, "sent_at", "next_attempt_at"))

    id: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(build_ascii_type(16))
    name: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH))
    browser_hash: Mapped[str] = mapped_column(build_ascii_type(64), default="")
    language: Mapped[str] = mapped_column(build_ascii_type(16), default="en")
    code_hash: Mapped[str | None] = mapped_column(build_ascii_type(64))
    tries: Mapped[int] = mapped_column(default=0)
    mail_attempts: Mapped[int] = mapped_column(default=0)
    requested_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now, index=True)
    expires_at: Mapped[datetime] = mapped_column(build_time_type())
    boot: Mapped[str] = mapped_column(build_ascii_type(36), default="")
    steady_until: Mapped[int] = mapped_column(BigInteger, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    sent_at: Mapped[datetime | None] = mapped_column(build_time_type())
    ended_at: Mapped[datetime | None] = mapped_column(build_time_type())
