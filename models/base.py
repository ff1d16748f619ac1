"""The one database handle, and the column types that mean the same on SQLite, MySQL and MariaDB."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, MetaData, String, UpdateBase
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

# Named constraints, so that a migration can drop on MySQL what it made on SQLite.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=MetaData(naming_convention=NAMES))

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """What mypy sees of `db.Model`, which Flask-SQLAlchemy makes while the program runs."""
else:
    Model = db.Model


def init_app(app: Flask) -> None:
    """Give the application its database. Every context lets go of its session, also of one whose server has gone."""
    db.init_app(app)
    app.teardown_appcontext(release)  # runs before Flask-SQLAlchemy's own, which would fall over a dead connection


def undo() -> None:
    """Roll the session back; a connection that cannot even do that is thrown away."""
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()


def release(error: BaseException | None = None) -> None:
    """End the session of this context, in any case. What it has read may still be looked at, so nothing is undone."""
    try:
        db.session.remove()
    except DBAPIError:
        db.session().invalidate()
        db.session.remove()


def count_changed(statement: UpdateBase) -> int:
    """Execute an INSERT, UPDATE or DELETE in this session; return how many rows it changed."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount


def utc_now() -> datetime:
    """Return the present as a naive UTC time, the only kind of time the database holds."""
    return datetime.now(UTC).replace(tzinfo=None)


def build_time_type() -> DateTime:
    """A column type for UTC times with microseconds (MySQL's DATETIME would drop them)."""
    return DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def build_ascii_type(length: int) -> String:
    """A column type for ASCII words compared byte by byte; MySQL would fold case and accents."""
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return String(length).with_variant(exact, "mysql", "mariadb")
