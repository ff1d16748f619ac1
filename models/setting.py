"""What the whole installation knows: its switches, and what a worker has counted so that no page has to."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, build_ascii_type, build_time_type, count_changed, db, utc_now
from models.user import NAME_LENGTH

# A switch: while its row exists no worker takes a job.
PAUSED = "queue_paused"
# Counted by a worker now and then (see `jobs.job_statistics`).
ACCOUNTS, DISABLED, STORED_BYTES = "accounts", "accounts_disabled", "stored_bytes"
# Texts: the id of the installation, which its storage holds as well, and the fingerprint of the web servers' key.
INSTALLATION, KEY_FINGERPRINT = "installation", "key_fingerprint"
# The identity of the storage that pictures were moved to, or MOVING while they are.
STORAGE_PLACE, MOVING = "storage_place", "moving"


class Setting(Model):
    """One switch, one number or one text, and since when it is so."""

    __tablename__ = "facts"

    key: Mapped[str] = mapped_column(build_ascii_type(48), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, default=0)
    text: Mapped[str] = mapped_column(build_ascii_type(80), default="", server_default="")
    changed_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)


class ChangedSetting(Model):
    """What an administrator set a setting to; `value` is its text, as the environment would have it."""

    __tablename__ = "changed_settings"

    name: Mapped[str] = mapped_column(build_ascii_type(48), primary_key=True)
    value: Mapped[str] = mapped_column(db.String(600))
    changed_at: Mapped[datetime] = mapped_column(build_time_type(), default=utc_now)
    changed_by: Mapped[str] = mapped_column(build_ascii_type(NAME_LENGTH), default="")


class DailyFigure(Model):
    """How many jobs of one service, made on one day (UTC), have one status, and how many seconds they ran in all."""

    __tablename__ = "day_figures"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    service: Mapped[str] = mapped_column(build_ascii_type(32), primary_key=True)
    status: Mapped[str] = mapped_column(build_ascii_type(16), primary_key=True)
    jobs: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)


def read_text(key: str) -> str:
    """Return the text of a key, "" where there is none."""
    return db.session.scalar(select(Setting.text).where(Setting.key == key)) or ""


def write_text(key: str, text: str, *, replace: bool = True) -> str:
    """Write the text of a key and return the one that is there now: another's where it was first and not replaced."""
    if replace and count_changed(update(Setting).where(Setting.key == key).values(text=text, changed_at=utc_now())):
        db.session.commit()
        return text
    db.session.rollback()  # an UPDATE that found nothing holds a lock on the gap, on MySQL
    db.session.add(Setting(key=key, text=text))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
    return read_text(key)
