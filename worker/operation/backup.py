"""A backup in one file: a tar archive with every row, every picture and the SHA-256 of each.

`database/TABLE.jsonl` holds the rows as JSON, so that a backup of SQLite can be restored on MySQL and the other way
round. `storage/` holds the folders of the jobs that the rows name, `weights/` the imported weights, `secret_key` the
key where no setting gives it. `SHA256SUMS` comes last, and without it a backup is not whole.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection, Table, select

from jobs.files import marker, storage
from models import db, utc_now
from revive.packages import read_version

SUMS, ABOUT, KEY = "SHA256SUMS", "about.json", "secret_key"
DATABASE, STORAGE, WEIGHTS = "database/", "storage/", "weights/"
# Of processes that are gone by the time of a restore.
LEFT_OUT = {"workers"}


@dataclass
class Summary:
    """What a backup holds: rows, files and their bytes; files that the rows name and that are gone meanwhile."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)


class Archive:
    """The archive that is being written: each entry gets its hash."""

    def __init__(self, tar: tarfile.TarFile):
        self._tar = tar
        self.sums: dict[str, str] = {}

    def add(self, name: str, data: bytes) -> None:
        """Write one entry."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = len(data), 0o600, int(utc_now().timestamp())
        self._tar.addfile(entry, io.BytesIO(data))
        self.sums[name] = hashlib.sha256(data).hexdigest()

    def finish(self) -> None:
        """Write the hashes."""
        self.add(SUMS, "".join(f"{digest}  {name}\n" for name, digest in self.sums.items()).encode())


def write(path: Path) -> Summary:
    """Write a backup of the site to a file that does not exist yet, for its owner alone. Raises OSError.

    The rows are those of one moment. A picture that is deleted while the backup runs is missing in it, as it would be
    a moment later.
    """
    part = path.with_name(f".{path.name}.partial")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            summary = _write_all(Archive(tar))
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename, this never replaces a backup that is there
    finally:
        part.unlink(missing_ok=True)
    return summary


def _write_all(archive: Archive) -> Summary:
    summary = Summary()
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        about = {"version": read_version(), "revision": revision, "made_at": utc_now().isoformat()}
        archive.add(ABOUT, json.dumps(about).encode())
        job_ids: list[str] = []
        for table in list_tables():
            lines = list(_list_rows(connection, table))
            archive.add(f"{DATABASE}{table.name}.jsonl", "".join(f"{line}\n" for line in lines).encode())
            summary.rows += len(lines)
            if table.name == "jobs":
                job_ids = [json.loads(line)["id"] for line in lines]
    for name, read in _list_files(job_ids, summary):
        try:
            data = read()
        except FileNotFoundError:
            summary.missing.append(name)
            continue
        archive.add(name, data)
        summary.files, summary.bytes = summary.files + 1, summary.bytes + len(data)
    archive.finish()
    return summary


def list_tables() -> list[Table]:
    """Return the tables of a backup, each after those that it refers to."""
    return [table for table in db.metadata.sorted_tables if table.name not in LEFT_OUT]


def list_columns(table: Table) -> list[Any]:
    """Return the columns of a table that are stored, not computed by the database."""
    return [column for column in table.columns if column.computed is None]


def _list_rows(connection: Connection, table: Table) -> Iterator[str]:
    columns = list_columns(table)
    keys = [column.name for column in columns]
    for row in connection.execute(select(*columns).order_by(*table.primary_key.columns)):
        yield json.dumps({key: _tell(value) for key, value in zip(keys, row, strict=True)}, ensure_ascii=False)


def _tell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _list_files(job_ids: list[str], summary: Summary) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield (name in the archive, what reads it) of each file: pictures, mark of the storage, imported weights, key."""
    if mark := storage.get_backend().read_text(marker.FILE):
        yield f"{STORAGE}{marker.FILE}", f"{mark}\n".encode
    for job_id in job_ids:
        files = storage.list_files(job_id)
        if not files:
            summary.missing.append(f"{STORAGE}{job_id}")
        for file in files:
            yield f"{STORAGE}{job_id[:2]}/{job_id}/{file}", storage.get_file(job_id, file).read
    for path in sorted(Path(current_app.config["IMPORTED_WEIGHTS_DIR"]).glob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield f"{WEIGHTS}{path.name}", path.read_bytes
    if (key := find_key_file(current_app.config)).exists():
        yield KEY, key.read_bytes


def find_key_file(settings: Mapping[str, Any]) -> Path:
    """Return where the key lies that signs cookies, where no setting gives it."""
    return Path(settings["INSTANCE_DIR"]) / "secret_key"
