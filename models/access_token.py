"""One personal access token: with it a program acts for an account. The row holds its hash, never the token."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, build_ascii_type, build_time_type, db, utc_now

if TYPE_CHECKING:
    from models.user import User

TOKEN_NAME_LENGTH = 80


class AccessToken(Model):
    """A token is alive until it expires, is revoked, or its account is disabled or gets a new password.

    `scopes` are separated by spaces. `seen_at` and `address` are those of its last use, None and "" before it.
    """

    __tablename__ = "access_tokens"
    __table_args__ = {"sqlite_autoincrement": True}  # as in `models.user`

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(db.String(TOKEN_NAME_LENGTH))
    token_hash: Mapped[str] = mapped_column(build_ascii_type(64), unique=True)
    scopes: Mapped[str] = mapped_column(build_ascii_type(64))
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(build_time_type(), index=True)
    seen_at: Mapped[datetime | None] = mapped_column(build_time_type())
    address: Mapped[str] = mapped_column(build_ascii_type(45), default="")

    user: Mapped["User"] = relationship(back_populates="access_tokens")
