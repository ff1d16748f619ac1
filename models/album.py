"""Photos that belong together, such as those of one batch. A photo may be in several albums."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, db, utc_now

MAX_NAME_LENGTH = 100


class Album(Model):
    """`id` is 128 random bits in hex. `service` is the tool that was last run on all of it, "" for none, and `options`
    are its options as a job's row has them, without uploads.
    """

    __tablename__ = "albums"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(db.String(MAX_NAME_LENGTH))
    service: Mapped[str] = mapped_column(build_ascii_type(32), default="")
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)


class AlbumPhoto(Model):
    """One photo in one album. `photo_id` is that of its jobs; `position` orders the album, 1 being the first."""

    __tablename__ = "album_photos"
    __table_args__ = (Index(None, "album_id", "position"), Index(None, "photo_id"))

    album_id: Mapped[str] = mapped_column(ForeignKey("albums.id", ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    position: Mapped[int]
