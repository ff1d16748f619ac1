"""A person's account."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from flask_login import UserMixin
from sqlalchemy import BigInteger, Computed, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, build_ascii_type, build_time_type, db, utc_now

if TYPE_CHECKING:
    from models.access_token import AccessToken
    from models.job import Job
    from models.user_session import UserSession

NAME_LENGTH = 120
INVITATION_NOTE_LENGTH = 80
GUEST_MINUTES = 60
# Clocks of several machines differ a little.
_CLOCK_SKEW = timedelta(minutes=1)


class User(UserMixin, Model):  # type: ignore[misc]  # Flask-Login says nothing of its types
    """One account; `name` is the canonical user name (see `accounts.names`)."""

    __tablename__ = "users"
    __table_args__ = (
        # For the lists of the administrator.
        Index(None, "created_at"),
        Index(None, "stored_bytes"),
        Index(None, "signed_in_at"),
        Index(None, "disabled_at"),
        # Each order of the disabled ones: whoever is disabled may be rare, and last in any order.
        Index(None, "is_disabled", "created_at"),
        Index(None, "is_disabled", "name"),
        Index(None, "is_disabled", "signed_in_at"),
        Index(None, "is_disabled", "stored_bytes"),
        Index(None, "is_admin", "disabled_at"),
        # For the purge.
        Index(None, "retention_days"),
        # For the guests whose time is over.
        Index(None, "guest_until"),
        # A number is never given again: somebody may still hold a request for the account that had it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH), unique=True)
    password_hash: Mapped[str] = mapped_column(build_ascii_type(255))
    is_admin: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(build_ascii_type(16))
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    signed_in_at: Mapped[datetime | None] = mapped_column(build_time_type())
    disabled_at: Mapped[datetime | None] = mapped_column(build_time_type())
    # Computed by the database, so that an index can begin with it.
    is_disabled: Mapped[bool] = mapped_column(Computed("disabled_at IS NOT NULL", persisted=False), deferred=True)
    disabled_reason: Mapped[str] = mapped_column(db.String(255), default="", server_default="")
    theme: Mapped[str | None] = mapped_column(build_ascii_type(8))
    # Counted by a worker every few minutes (see `jobs.job_statistics`); what a quota allows is summed anew.
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    # What this account may use; NULL is the site's setting (see `jobs.quotas`).
    storage_megabytes_limit: Mapped[int | None]
    active_jobs_limit: Mapped[int | None]
    jobs_per_day_limit: Mapped[int | None]
    megapixels_per_day_limit: Mapped[int | None]
    # Its jobs are deleted so many days after they ended; 0 keeps them, NULL is the site's setting.
    retention_days: Mapped[int | None]
    # Of a visitor without an account: when it is deleted with all it has (see `accounts.guests`). NULL for accounts.
    guest_until: Mapped[datetime | None] = mapped_column(build_time_type())

    sessions: Mapped[list["UserSession"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    access_tokens: Mapped[list["AccessToken"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    jobs: Mapped[list["Job"]] = relationship(back_populates="user", cascade="all, delete-orphan", passive_deletes=True)

    # The token of the browser's session while it is signed in; never stored. Flask-Login keeps it in the cookie.
    session_token = cast(str | None, None)

    def get_id(self) -> str | None:
        """What Flask-Login puts into the cookie: not who it is, but which session."""
        return self.session_token

    @property
    def is_active(self) -> bool:
        """Flask-Login refuses a user who is not active."""
        return self.disabled_at is None

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor who tries the tools, and no account."""
        return self.guest_until is not None

    def is_over(self, now: datetime) -> bool:
        """Say whether the time of a guest is over; an end beyond a guest's time is of a clock that was set back."""
        return self.guest_until is not None and not now < self.guest_until <= find_latest_guest_end(now)


class Invitation(Model):
    """A link with which somebody may register where sign-up needs one. The row holds its hash, never the link.

    It is alive until it expires, is used as often as it may be, or is revoked, which deletes the row.
    """

    __tablename__ = "invitations"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(build_ascii_type(64), unique=True)
    note: Mapped[str] = mapped_column(db.String(INVITATION_NOTE_LENGTH), default="")
    max_uses: Mapped[int] = mapped_column(default=1)
    uses: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH), default="")
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(build_time_type(), index=True)


def find_latest_guest_end(now: datetime) -> datetime:
    """Return when the time of a guest who came just now ends at the latest, whichever machine looked at its clock."""
    return now + timedelta(minutes=GUEST_MINUTES) + _CLOCK_SKEW
