"""What is wrong when the database raises an error: each kind of fault is told by its own name."""

import enum
import os
import resource
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from models.base import db


class Fault(enum.Enum):
    """`AWAY` is everything that is none of the others."""

    FULL = "full"
    READ_ONLY = "read-only"
    NO_TABLES = "without the tables of this version"
    LOCKED = "locked"
    AWAY = "away"


# Faults that leave what is stored readable.
WRITES_FAIL = (Fault.FULL, Fault.READ_ONLY, Fault.LOCKED)
# Errors by which a file system without a free block shows itself to SQLite besides SQLITE_FULL.
_MAYBE_FULL = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_SQLITE = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_BUSY: Fault.LOCKED,
    sqlite3.SQLITE_LOCKED: Fault.LOCKED,
}
# ER_DISK_FULL, ER_RECORD_FILE_FULL; ER_OPTION_PREVENTS_STATEMENT (--read-only), ER_READ_ONLY_MODE;
# ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK; ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR.
_MYSQL_DEADLOCK = 1213
_MYSQL = {
    1021: Fault.FULL,
    1114: Fault.FULL,
    1290: Fault.READ_ONLY,
    1836: Fault.READ_ONLY,
    1205: Fault.LOCKED,
    _MYSQL_DEADLOCK: Fault.LOCKED,
    1146: Fault.NO_TABLES,
    1054: Fault.NO_TABLES,
}
_SMALLEST_FREE_BYTES = 256 * 1024


def classify_fault(error: DBAPIError) -> Fault:
    """Return what kind of fault an error of the database is."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return _MYSQL.get(_read_mysql_code(error) or 0, Fault.AWAY)
    if code == sqlite3.SQLITE_ERROR and str(error.orig).startswith(("no such table", "no such column")):
        return Fault.NO_TABLES
    primary = code & 0xFF  # the other bits say which call it was
    if primary in _MAYBE_FULL and _no_byte_fits():
        return Fault.FULL
    return _SQLITE.get(primary, Fault.AWAY)


def describe(error: DBAPIError) -> str:
    """Return what the database is, for a line of the log: the fault, and the driver's own word for it."""
    return f"{classify_fault(error).value} ({type(error.orig).__name__})"


def is_deadlock(error: DBAPIError) -> bool:
    """Say whether the server rolled back a transaction because of a deadlock: it may be tried again."""
    return _read_mysql_code(error) == _MYSQL_DEADLOCK


def find_sqlite_folder() -> Path | None:
    """Return the folder of the SQLite database; None for a database server or one in memory."""
    path = _sqlite_file()
    return path.parent if path else None


def _sqlite_file() -> Path | None:
    url = db.engine.url
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _read_mysql_code(error: DBAPIError) -> int | None:
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _no_byte_fits() -> bool:
    """Say whether the file system is full, or the database as large as this process may make any file."""
    file = _sqlite_file()
    if file is None:
        return False
    try:
        status = os.statvfs(file.parent)
        largest = max(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
    except (OSError, ValueError):
        return False
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    at_limit = limit != resource.RLIM_INFINITY and largest + _SMALLEST_FREE_BYTES > limit
    return at_limit or status.f_bavail * status.f_frsize < _SMALLEST_FREE_BYTES
