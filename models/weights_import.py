"""An official checkpoint that an administrator has uploaded: it waits for a worker, and then says what became of it."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, db, utc_now
from models.user import NAME_LENGTH


class WeightsImport(Model):
    """One upload; `status` is one of those of a job. The file lies in the folder of imported weights while it waits."""

    __tablename__ = "weights_imports"

    id: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    name: Mapped[str] = mapped_column(build_ascii_type(64))
    status: Mapped[str] = mapped_column(build_ascii_type(16), index=True)
    asked_by: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH))
    address: Mapped[str] = mapped_column(build_ascii_type(45), default="")
    file_name: Mapped[str] = mapped_column(db.String(255), default="")
    file_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    worker: Mapped[str] = mapped_column(build_ascii_type(80), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    error_message: Mapped[str] = mapped_column(db.String(255), default="")
    error_detail: Mapped[str] = mapped_column(db.String(255), default="")
    created_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now, index=True)
    started_at: Mapped[datetime | None] = mapped_column(build_time_type())
    finished_at: Mapped[datetime | None] = mapped_column(build_time_type())
