"""What SQLite needs to serve several threads and processes well."""

import sqlite3
from functools import partial

from flask import Flask
from sqlalchemy import event

from models.base import db

# How long a worker or a command waits for a lock. No page waits so long: see `DATABASE_TIMEOUT_SECONDS`.
LOCK_SECONDS = 15


def make_sqlite_durable(app: Flask) -> None:
    """Turn on foreign keys, write-ahead logging and waiting for locks on every SQLite connection."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            seconds = min(app.config["DATABASE_TIMEOUT_SECONDS"] or LOCK_SECONDS, LOCK_SECONDS)
            event.listen(db.engine, "connect", partial(_set_pragmas, lock_seconds=seconds))


def _set_pragmas(connection: sqlite3.Connection, _record: object, lock_seconds: int) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {lock_seconds * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")  # a full disk must not keep anybody from reading
    cursor.close()
