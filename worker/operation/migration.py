"""Moves the pictures of the site between a folder and a bucket: copies, compares by SHA-256, deletes nothing.

While it works the site takes no new pictures and workers take no jobs. What is copied and compared is written down, so
that a run which was stopped is taken up where it was. Afterwards only processes that use the new place go on.
"""

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, select

from jobs.files import marker
from jobs.files.backends.base import FOLDER, Backend
from models import Job, db
from models.job import RUNNING
from models.setting import INSTALLATION, MOVING, STORAGE_PLACE, read_text, write_text

_AT_ONCE = 4
_CHUNK_BYTES = 1 << 20
# Workers look every three seconds whether they still may take jobs.
GRACE_SECONDS, WAIT_SECONDS = 7, 60


class CannotMigrate(Exception):
    """The pictures cannot be moved; the message says why in words."""


@dataclass
class Summary:
    """Files copied and compared now, their bytes, and files that an earlier run had copied."""

    files: int = 0
    bytes: int = 0
    known: int = 0


class Ledger:
    """The file of what was copied: one JSON object a line with file, SHA-256, and the source's mark at that time."""

    def __init__(self, file: BinaryIO):
        self._file, self._lock = file, threading.Lock()
        file.seek(0)
        lines = (json.loads(line) for line in file if line.endswith(b"\n"))
        self._marks: dict[str, str] = {line["file"]: line["mark"] for line in lines}

    def knows(self, name: str, mark: str) -> bool:
        """Say whether the file was copied as it is now."""
        return self._marks.get(name) == mark

    def add(self, name: str, mark: str, digest: str) -> None:
        """Write down that a file was copied and compared."""
        line = json.dumps({"file": name, "sha256": digest, "mark": mark})
        with self._lock:
            self._marks[name] = mark
            self._file.write(f"{line}\n".encode())
            self._file.flush()


def migrate(source: Backend, target: Backend, folder: Path, tell: Callable[[str], Any]) -> Summary:
    """Copy all pictures and let the site go on at the target; `folder` is for the ledger.

    Raises CannotMigrate, StorageAway, StorageFull, OSError; the site then goes on at the source.
    """
    _check_places(source, target)
    name = hashlib.sha256(f"{source.location} {target.location}".encode()).hexdigest()[:8]
    path = folder / f"storage-migration-{name}.jsonl"
    summary = Summary()
    with _open_ledger(path) as ledger, _stand_still(source, target):
        _wait_for_jobs(tell)
        target.write_text(marker.FILE, read_text(INSTALLATION))
        db.session.rollback()
        while _copy_all(source, target, ledger, summary) or _count_running():
            tell(_("{files} files are copied and compared.").format(files=summary.files))
        _remove_orphans(source, target)
    path.unlink(missing_ok=True)
    return summary


def unlock(backend: Backend) -> None:
    """Let the site go on with this storage, after a migration was killed."""
    write_text(STORAGE_PLACE, backend.identity)


def _check_places(source: Backend, target: Backend) -> None:
    if source.identity == target.identity and target.kind != FOLDER:
        raise CannotMigrate(_("Both are the same place."))
    if source.kind == target.kind == FOLDER:
        raise CannotMigrate(_("Copy a folder to another one with rsync, then set STORAGE_DIR."))
    ours = read_text(INSTALLATION)
    db.session.rollback()
    if not ours or source.read_text(marker.FILE) != ours:
        raise CannotMigrate(_("{place} does not hold the pictures of this site.").format(place=source.location))
    theirs = target.read_text(marker.FILE)
    if theirs != ours and (theirs or next(target.list_job_ids(), None)):
        raise CannotMigrate(_("{place} holds pictures of another site.").format(place=target.location))


@contextmanager
def _open_ledger(path: Path) -> Iterator[Ledger]:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotMigrate(_("A migration is running already.")) from None
        yield Ledger(file)


@contextmanager
def _stand_still(source: Backend, target: Backend) -> Iterator[None]:
    """Let nobody write pictures; in the end the site goes on at the target, after an error at the source."""
    write_text(STORAGE_PLACE, MOVING)
    try:
        yield
    except BaseException:
        db.session.rollback()
        write_text(STORAGE_PLACE, source.identity)
        raise
    write_text(STORAGE_PLACE, target.identity)


def _wait_for_jobs(tell: Callable[[str], Any]) -> None:
    """Wait until no job runs, and a moment more: a worker may not have heard yet. Raises CannotMigrate."""
    time.sleep(GRACE_SECONDS)
    end = time.monotonic() + WAIT_SECONDS
    while running := _count_running():
        if time.monotonic() > end:
            told = _("Jobs still running: {number}. Try again when they have ended, or stop the workers.")
            raise CannotMigrate(told.format(number=running))
        tell(_("Waiting for jobs that are running: {number}").format(number=running))
        time.sleep(min(GRACE_SECONDS, WAIT_SECONDS / 10))


def _count_running() -> int:
    count = db.session.scalar(select(func.count()).select_from(Job).where(Job.status == RUNNING)) or 0
    db.session.rollback()
    return count


def _copy_all(source: Backend, target: Backend, ledger: Ledger, summary: Summary) -> int:
    """Copy what the target does not have yet; return how many files that was."""
    before, summary.known = summary.files, 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        work = [pool.submit(_copy_job, source, target, ledger, job_id) for job_id in source.list_job_ids()]
        try:
            for each in work:
                done = each.result()
                summary.files, summary.bytes = summary.files + done.files, summary.bytes + done.bytes
                summary.known += done.known
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return summary.files - before


def _copy_job(source: Backend, target: Backend, ledger: Ledger, job_id: str) -> Summary:
    done, there = Summary(), target.list_files(job_id)
    for name, size in source.list_files(job_id).items():
        file = f"{job_id[:2]}/{job_id}/{name}"
        try:
            mark = source.stat(job_id, name).mark
            if there.get(name) == size and ledger.knows(file, mark):
                done.known += 1
                continue
            ledger.add(file, mark, _copy(source, target, job_id, name))
        except FileNotFoundError:  # its owner has deleted it
            continue
        done.files, done.bytes = done.files + 1, done.bytes + size
    return done


def _copy(source: Backend, target: Backend, job_id: str, name: str) -> str:
    """Copy a file and read it back; return its SHA-256. Raises CannotMigrate when the two differ."""
    with source.open(job_id, name) as file:
        digest = _hash(file)
        file.seek(0)
        target.add(job_id, name, file)
    with target.open(job_id, name) as copy:
        if _hash(copy) != digest:
            raise CannotMigrate(_("{file} of job {id} did not arrive as it was.").format(file=name, id=job_id))
    return digest


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _remove_orphans(source: Backend, target: Backend) -> None:
    """Delete copies of jobs that were deleted meanwhile."""
    here = set(source.list_job_ids())
    for job_id in list(target.list_job_ids()):
        if job_id not in here and db.session.get(Job, job_id) is None:
            target.remove(job_id)
    db.session.rollback()
