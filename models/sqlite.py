"""What SQLite needs to serve several threads and processes well."""

import sqlite3

from flask import Flask
from sqlalchemy import event

from models.base import db

BUSY_TIMEOUT_MS = 15_000


def make_sqlite_durable(app: Flask) -> None:
    """Turn on foreign keys, write-ahead logging and waiting for locks on every SQLite connection."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _set_pragmas)


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
