"""Migrations that can be run again where one was interrupted, and one at a time.

MySQL and SQLite take each change of a table at once: a migration that was killed has made some of its changes, and its
number is not yet written down. So each step first looks whether it is done. The steps that fill columns compute the
same values again.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.ddl.mysql import MariaDBImpl, MySQLImpl
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import Column, Connection, Engine, Index, Table, inspect, text

logger = logging.getLogger("alembic.runtime.migration")
_LOCK = "revive-migration"
_WAIT_SECONDS = 3600


class _Resumable:
    """Of an implementation of alembic's: leaves out what is done already."""

    connection: Connection | None

    def _has_column(self, table: str, column: str) -> bool:
        seen = inspect(self.connection)
        return seen.has_table(table) and column in {each["name"] for each in seen.get_columns(table)}

    def _has_index(self, index: Index) -> bool:
        seen, table = inspect(self.connection), index.table.name
        return seen.has_table(table) and index.name in {each["name"] for each in seen.get_indexes(table)}

    def add_column(self, table_name: str, column: Column[Any], **more: Any) -> None:
        if not self._has_column(table_name, column.name):
            super().add_column(table_name, column, **more)  # type: ignore[misc]  # alembic's, mixed in below

    def drop_column(self, table_name: str, column: Column[Any], **more: Any) -> None:
        if self._has_column(table_name, column.name):
            super().drop_column(table_name, column, **more)  # type: ignore[misc]  # alembic's, mixed in below

    def create_table(self, table: Table, **more: Any) -> None:
        if not inspect(self.connection).has_table(table.name):
            super().create_table(table, **more)  # type: ignore[misc]  # alembic's, mixed in below

    def drop_table(self, table: Table, **more: Any) -> None:
        if inspect(self.connection).has_table(table.name):
            super().drop_table(table, **more)  # type: ignore[misc]  # alembic's, mixed in below

    def create_index(self, index: Index, **more: Any) -> None:
        if not self._has_index(index):
            super().create_index(index, **more)  # type: ignore[misc]  # alembic's, mixed in below

    def drop_index(self, index: Index, **more: Any) -> None:
        if self._has_index(index):
            super().drop_index(index, **more)  # type: ignore[misc]  # alembic's, mixed in below


# By their `__dialect__` they take the places of alembic's own.
class _MySQL(_Resumable, MySQLImpl):
    __dialect__ = "mysql"


class _MariaDB(_Resumable, MariaDBImpl):
    __dialect__ = "mariadb"


class _SQLite(_Resumable, SQLiteImpl):
    __dialect__ = "sqlite"


@contextmanager
def one_at_a_time(engine: Engine) -> Iterator[None]:
    """Hold the lock of the database's migrations, waiting for whoever has it; it ends with the process."""
    if engine.dialect.name == "sqlite":
        with _lock_folder(Path(engine.url.database or "").parent):
            yield
        return
    with engine.connect() as connection:
        name = f"{_LOCK}:{engine.url.database}"[:64]
        if not connection.scalar(text("SELECT GET_LOCK(:name, 0)"), {"name": name}):
            logger.warning("Another migration of this database is running: waiting for it.")
            end = time.monotonic() + _WAIT_SECONDS
            while not connection.scalar(text("SELECT GET_LOCK(:name, 10)"), {"name": name}):
                if time.monotonic() > end:
                    raise SystemExit("Another migration of this database has not ended for an hour.")
        try:
            yield
        finally:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("Another migration of this database is running: waiting for it.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
