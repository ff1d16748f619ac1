"""A folder of this machine, or one that several machines share: one folder per job, named by its id.

A file appears whole or not at all: it is written beside its name, flushed to the disk, then renamed.
"""

import io
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from jobs.files.backends import disk
from jobs.files.backends.base import FOLDER, PART, UNCOMMITTED, Backend, Draft, Stat, StoredFile
from jobs.files.backends.section import Section

_INCOMING = "incoming"


class FolderDraft(Draft):
    """A draft on the same file system as the jobs, so that keeping it is one rename."""

    def __init__(self, job_id: str, folder: Path, backend: "FolderBackend"):
        super().__init__(job_id, folder)
        self._backend, self._target = backend, backend.get_folder(job_id)

    def copy(self, source: StoredFile, name: str) -> int:
        with source.local_copy() as path:
            disk.link(path, self.folder / name)
        return (self.folder / name).stat().st_size

    def keep(self) -> None:
        (self.folder / UNCOMMITTED).touch()
        for file in self.folder.iterdir():
            self._backend.open_to_group(file)
            disk.flush(file)
        disk.flush(self.folder)
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._backend.open_to_group(self._target.parent)
        self._backend.open_to_group(self.folder)
        os.rename(self.folder, self._target)
        disk.flush(self._target.parent)


class FolderBackend(Backend):
    """Files below `root`; with `group_reads` the group of the folder may read them, so that nginx can send them."""

    kind = identity = FOLDER

    def __init__(self, root: Path, group_reads: bool = False):
        self.root, self.location, self.scratch = root, str(root), root / _INCOMING
        self._group_reads = group_reads

    def get_folder(self, job_id: str) -> Path:
        """Return the folder of a job; two letters first, so that no folder holds everything."""
        return self.root / job_id[:2] / job_id

    def open_to_group(self, path: Path) -> None:
        """Let the group read a file or enter a folder, where it should: a process may have a mask against that."""
        if self._group_reads:
            path.chmod(0o2750 if path.is_dir() else 0o640)

    def stat(self, job_id: str, name: str) -> Stat:
        path = self.get_folder(job_id) / name
        if not path.is_file():
            raise FileNotFoundError(path)
        seen = path.stat()
        return Stat(seen.st_size, f"{seen.st_mtime_ns} {seen.st_size}")

    def open(self, job_id: str, name: str, start: int = 0, stop: int | None = None) -> BinaryIO:
        path = self.get_folder(job_id) / name
        file = path.open("rb")
        if not start and stop is None:
            return file
        return cast(BinaryIO, Section(file, start, path.stat().st_size if stop is None else stop))

    @contextmanager
    def local_copy(self, job_id: str, name: str) -> Iterator[Path]:
        yield self.get_folder(job_id) / name

    def save(self, job_id: str, name: str, data: bytes) -> None:
        self._write(self.get_folder(job_id) / name, io.BytesIO(data))

    def add(self, job_id: str, name: str, source: BinaryIO) -> None:
        target = self.get_folder(job_id) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.open_to_group(target.parent.parent)
        self.open_to_group(target.parent)
        self._write(target, source)

    @contextmanager
    def draft(self, job_id: str) -> Iterator[Draft]:
        path = self.scratch / job_id
        try:
            path.mkdir(parents=True)
            yield FolderDraft(job_id, path, self)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def remove(self, job_id: str) -> None:
        """Delete the folder of a job. A worker may be writing in it, so it is moved out of reach first."""
        doomed = self.scratch / f"{job_id}-{secrets.token_hex(4)}"
        with suppress(FileNotFoundError):
            doomed.parent.mkdir(parents=True, exist_ok=True)
            os.rename(self.get_folder(job_id), doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def remove_files(self, job_id: str, *names: str) -> None:
        for name in names:
            (self.get_folder(job_id) / name).unlink(missing_ok=True)

    def list_files(self, job_id: str) -> dict[str, int]:
        found = {}
        for path in sorted(self.get_folder(job_id).glob("*")):
            if path.name != UNCOMMITTED and path.suffix != PART:
                with suppress(FileNotFoundError):  # deleted in this very moment
                    found[path.name] = path.stat().st_size
        return found

    def list_job_ids(self, older_than_seconds: float = 0) -> Iterator[str]:
        for shelf in sorted(self.root.glob("??")):
            for path in shelf.iterdir():
                if path.is_dir() and (not older_than_seconds or _measure_age_seconds(path) > older_than_seconds):
                    yield path.name

    def mark_uncommitted(self, job_id: str) -> None:
        with suppress(FileNotFoundError):
            (self.get_folder(job_id) / UNCOMMITTED).touch()

    def mark_committed(self, job_id: str) -> None:
        (self.get_folder(job_id) / UNCOMMITTED).unlink(missing_ok=True)

    def list_uncommitted(self, older_than_seconds: float) -> list[str]:
        marks = self.root.glob(f"??/*/{UNCOMMITTED}")
        return [mark.parent.name for mark in marks if _measure_age_seconds(mark) > older_than_seconds]

    def read_text(self, name: str) -> str:
        try:
            return (self.root / name).read_text().strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def write_text(self, name: str, text: str) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        part = self.root / f".{name}.{secrets.token_hex(4)}"
        try:
            part.write_text(f"{text}\n")
            os.replace(part, self.root / name)
        finally:
            part.unlink(missing_ok=True)

    def remove_stale(self, older_than_seconds: float) -> int:
        left = [*self.scratch.glob("*"), *self.root.glob(f"??/*/*{PART}")]
        return sum(disk.remove_if_old(path, older_than_seconds) for path in left)

    def measure_free_bytes(self) -> int:
        status = os.statvfs(disk.find_existing(self.root))
        return status.f_bavail * status.f_frsize

    def _write(self, target: Path, source: BinaryIO) -> None:
        # Two workers never share a half-written file.
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}{PART}")
        try:
            with part.open("xb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            self.open_to_group(part)
            os.rename(part, target)
        finally:
            part.unlink(missing_ok=True)
        disk.flush(target.parent)


def _measure_age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
