"""Restores a backup of `worker.operation.backup` into an empty site; all is checked before anything is written."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from datetime import date, datetime
from gettext import gettext as _
from pathlib import Path, PurePosixPath
from typing import Any

from alembic.runtime.migration import MigrationContext
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Connection, Table, delete, func, insert, inspect, select

from jobs.files import marker, storage
from models import Job, User, db
from worker.operation.backup import (
    ABOUT,
    DATABASE,
    KEY,
    STORAGE,
    SUMS,
    WEIGHTS,
    find_key_file,
    list_columns,
    list_tables,
)

_AT_ONCE = 500


class CannotRestore(Exception):
    """The backup is damaged, of another version, or the site is not empty; the message says so in words."""


def check(path: Path) -> dict[str, Any]:
    """Compare every entry with its SHA-256; return what the backup says of itself. Raises CannotRestore."""
    seen: dict[str, str] = {}
    sums: dict[str, str] | None = None
    about: dict[str, Any] | None = None
    try:
        for name, data in _list_entries(path):
            if name == SUMS:
                lines = (line.partition("  ") for line in data.decode().splitlines())
                sums = {listed: digest for digest, _gap, listed in lines}
                continue
            seen[name] = hashlib.sha256(data).hexdigest()
            if name == ABOUT:
                about = json.loads(data)
    except (OSError, tarfile.TarError, ValueError) as error:
        raise CannotRestore(_("{file} cannot be read: {reason}").format(file=path, reason=error)) from error
    if sums is None or about is None:
        raise CannotRestore(_("{file} is not whole: its end is missing.").format(file=path))
    wrong = sorted(name for name in {*seen, *sums} if seen.get(name) != sums.get(name))
    if wrong:
        told = _("{file} is damaged: {number} entries do not have their SHA-256, the first is {name}.")
        raise CannotRestore(told.format(file=path, number=len(wrong), name=wrong[0]))
    return about


def restore(path: Path) -> tuple[int, int]:
    """Write all of a backup into this empty site; return how many rows and files. Raises CannotRestore, OSError."""
    about = check(path)
    _check_target(about)
    tables = {f"{DATABASE}{table.name}.jsonl": table for table in list_tables()}
    rows = files = 0
    with db.engine.begin() as connection:
        for table in reversed(list(tables.values())):  # what a new site has written of itself
            connection.execute(delete(table))
        for name, data in _list_entries(path):
            if name in tables:
                rows += _insert(connection, tables[name], data)
    for name, data in _list_entries(path):
        files += _restore_file(name, data)
    return rows, files


def _check_target(about: dict[str, Any]) -> None:
    if inspect(db.engine).has_table("users") and any(
        db.session.scalar(select(func.count()).select_from(model)) for model in (User, Job)
    ):
        raise CannotRestore(_("This site has accounts or jobs. Restore into an empty database and an empty folder."))
    db.session.remove()
    if any(storage.list_job_ids()):
        told = _("{folder} holds pictures. Restore into an empty database and an empty folder.")
        raise CannotRestore(told.format(folder=storage.get_backend().location))
    upgrade()
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision != about["revision"]:
        told = _("The backup is of version {theirs} of the database, this Revive has {ours}. Install Revive {version}.")
        told = told.format(theirs=about["revision"], ours=revision, version=about["version"])
        raise CannotRestore(told)


def _list_entries(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, data) of each file of the archive, one after the other. Raises CannotRestore for a strange name."""
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            if not entry.isfile() or PurePosixPath(entry.name).is_absolute() or ".." in PurePosixPath(entry.name).parts:
                raise CannotRestore(_("{file} is no backup of Revive.").format(file=path))
            file = tar.extractfile(entry)
            yield entry.name, file.read() if file else b""


def _insert(connection: Connection, table: Table, data: bytes) -> int:
    rows = [_read_row(table, line) for line in data.decode().splitlines()]
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(table), rows[start : start + _AT_ONCE])
    return len(rows)


def _read_row(table: Table, line: str) -> dict[str, Any]:
    row = json.loads(line)
    return {column.key: _read_value(column.type.python_type, row.get(column.name)) for column in list_columns(table)}


def _read_value(kind: type, value: Any) -> Any:
    if value is None or kind not in (datetime, date):
        return value
    return kind.fromisoformat(value)


def _restore_file(name: str, data: bytes) -> bool:
    """Write a file of the archive where it belongs; say whether it is one of the site."""
    backend, place = storage.get_backend(), PurePosixPath(name).parts
    if name == f"{STORAGE}{marker.FILE}":
        backend.write_text(marker.FILE, data.decode().strip())
    elif name.startswith(STORAGE) and len(place) == 4:
        backend.add(place[2], place[3], io.BytesIO(data))
        _check_written(backend.get_file(place[2], place[3]).read(), data, name)
    elif target := _find_target(name):
        _write(target, data)
    else:
        return False
    return True


def _find_target(name: str) -> Path | None:
    """Return where a file beside the pictures goes; None for what is no file of the site, or a key that is set."""
    if name.startswith(WEIGHTS):
        return Path(current_app.config["IMPORTED_WEIGHTS_DIR"]) / name.removeprefix(WEIGHTS)
    return find_key_file(current_app.config) if name == KEY and not os.environ.get("SECRET_KEY") else None


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(data)
    os.replace(part, target)
    _check_written(target.read_bytes(), data, str(target))


def _check_written(found: bytes, wanted: bytes, name: str) -> None:
    if hashlib.sha256(found).digest() != hashlib.sha256(wanted).digest():
        raise OSError(f"{name} was not written whole")
