"""One signed-in browser. The cookie holds a random token, the row its hash: no row, no session."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, build_ascii_type, build_time_type, db, utc_now

if TYPE_CHECKING:
    from models.user import User


class UserSession(Model):
    """One sign-in of one user, alive until signed out, idle too long, too old, or ended by a new password."""

    __tablename__ = "user_sessions"
    __table_args__ = {"sqlite_autoincrement": True}  # as in `models.user`

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(build_ascii_type(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    address: Mapped[str] = mapped_column(build_ascii_type(45), default="")
    agent: Mapped[str] = mapped_column(db.String(255), default="")

    user: Mapped["User"] = relationship(back_populates="sessions")
