"""Where the pictures lie: one folder per job, named by its id. What a client calls a file never comes here.

A file appears whole or not at all: it is written beside its name, flushed to the disk, then renamed.
"""

import errno
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import current_app

from jobs.errors import StorageFull, StorageReadOnly
from models import disk_reserve

logger = logging.getLogger(__name__)

PREVIEW, THUMBNAIL = "preview", "thumbnail"
ORIGINAL, RESULT = "original", "result"
# The mask that a run made; an uploaded one has the name of its option, and must not be written over.
MASK = "result-mask"
ALTERNATIVE, FINISHED, CACHE, STEP = "answer", "file", "kept", "step"
_INCOMING = "incoming"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}
_PART = ".part"
_UNCOMMITTED = "row-unsure"
_told_read_only = False


def make_id() -> str:
    """Return 128 random bits in hex."""
    return secrets.token_hex(16)


def get_root() -> Path:
    """Return the folder that holds the folders of all jobs."""
    return Path(current_app.config["STORAGE_DIR"])


def get_folder(job_id: str) -> Path:
    """Return the folder of a job; two letters first, so that no folder holds everything."""
    return get_root() / job_id[:2] / job_id


def name_small(kind: str, of: str) -> str:
    """Return the name of a small copy: `small("preview", "result")`."""
    return f"{of}-{kind}.webp"


def name_cache_file(name: str) -> str:
    """Return the file of something that a run cached for later runs."""
    return f"{CACHE}-{name}.bin"


def name_alternative(number: int) -> str:
    """Return the stem of one of the pictures that the result is picked from; the first is the result as it came."""
    return f"{ALTERNATIVE}-{number}" if number else RESULT


def name_change_map(of: str) -> str:
    """Return the stem of the change map of a picture, by that picture's stem."""
    return f"{of}-changes"


def name_version_map(option: str, number: int | str) -> str:
    """Return the file of one of the change maps that came along with a version, by the option that it is given for."""
    return f"{option}-changes{number}.png"


def name_step(key: str) -> str:
    """Return the stem of the small copies of what a step of the run made."""
    return f"{STEP}-{key}"


def name_finished_file(name: str) -> str:
    """Return the file of a finished download."""
    return f"{FINISHED}-{name}"


def is_full(error: BaseException) -> bool:
    """True for the ways in which a file system says that nothing more fits."""
    return isinstance(error, OSError) and error.errno in _FULL


def is_read_only(error: BaseException) -> bool:
    """True for a file system that is read-only, and for a file or folder of the storage that is not ours to write."""
    if not isinstance(error, OSError) or error.errno not in _READ_ONLY:
        return False
    return error.errno == errno.EROFS or str(error.filename or "").startswith(str(get_root()))


def note_read_only(error: OSError) -> None:
    """Say in the log that nothing can be written; once, until something is."""
    global _told_read_only
    if not _told_read_only:
        logger.error("The storage %s cannot be written to: %s.", get_root(), error.strerror)
    _told_read_only = True


@contextmanager
def translate_disk_errors() -> Iterator[None]:
    """Turn the errors of a full disk into StorageFull, and those of one that takes nothing into StorageReadOnly."""
    global _told_read_only
    try:
        yield
        _told_read_only = False
    except OSError as error:
        if is_full(error):
            raise StorageFull() from error
        if is_read_only(error):
            note_read_only(error)
            raise StorageReadOnly() from error
        raise


@contextmanager
def draft(job_id: str) -> Iterator[Path]:
    """Yield an empty folder in which a job is put together; whatever `keep` did not move away is removed."""
    path = get_root() / _INCOMING / job_id
    with translate_disk_errors():
        try:
            path.mkdir(parents=True)
            _leave_room(0)
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def keep(path: Path, job_id: str) -> None:
    """Flush a draft to the disk and move it to its place in one step, uncommitted until `mark_committed`."""
    (path / _UNCOMMITTED).touch()
    for file in path.iterdir():
        _flush(file)
    _flush(path)
    target = get_folder(job_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(path, target)
    _flush(target.parent)


def mark_uncommitted(job_id: str) -> None:
    """Mark a job's folder as one that may be removed later if its row is missing then."""
    with suppress(FileNotFoundError):
        (get_folder(job_id) / _UNCOMMITTED).touch()


def mark_committed(job_id: str) -> None:
    """Take the mark away: the row is there."""
    (get_folder(job_id) / _UNCOMMITTED).unlink(missing_ok=True)


def list_uncommitted(older_than_seconds: float) -> list[str]:
    """Return the ids of the jobs whose folders have been marked for so long."""
    marks = [
        mark for mark in get_root().glob(f"??/*/{_UNCOMMITTED}") if _measure_age_seconds(mark) > older_than_seconds
    ]
    return [mark.parent.name for mark in marks]


def save(job_id: str, name: str, data: bytes) -> int:
    """Write one file of an existing job; return its size. Raises FileNotFoundError when the job is gone."""
    target = get_folder(job_id) / name
    part = target.with_name(f"{name}.{secrets.token_hex(4)}{_PART}")  # two workers never share a half-written file
    with translate_disk_errors():
        try:
            _leave_room(len(data))
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.rename(part, target)
        finally:
            part.unlink(missing_ok=True)
    _flush(target.parent)
    return len(data)


def link(source: Path, target: Path) -> None:
    """Let `target` be the file `source` as well: linked, or copied where the file system knows no links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(source, target)


def make_passing_path(suffix: str) -> Path:
    """Return the path of a file that does not exist yet and will not be kept."""
    path = get_root() / _INCOMING / f"{secrets.token_hex(8)}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def remove(job_id: str) -> None:
    """Delete the folder of a job. A worker may be writing in it, so it is moved out of reach first."""
    doomed = get_root() / _INCOMING / f"{job_id}-{secrets.token_hex(4)}"
    with suppress(FileNotFoundError):
        doomed.parent.mkdir(parents=True, exist_ok=True)
        os.rename(get_folder(job_id), doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def remove_files(job_id: str, *names: str) -> None:
    """Delete single files of a job, where they exist; from a disk that takes nothing none is, and the log says so."""
    for path in (get_folder(job_id) / name for name in names if name):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if not is_read_only(error):
                raise
            note_read_only(error)


def list_job_ids() -> Iterator[str]:
    """Yield the id of every job that has a folder."""
    for shelf in sorted(get_root().glob("??")):
        yield from (path.name for path in shelf.iterdir() if path.is_dir())


def measure_age_seconds(job_id: str) -> float:
    """Return how long ago anything changed in a job's folder; 0 when it is gone."""
    return _measure_age_seconds(get_folder(job_id))


def remove_stale_drafts(older_than_seconds: float) -> int:
    """Delete what crashed requests and workers left behind; return how many things that was."""
    drafts = list((get_root() / _INCOMING).glob("*"))
    parts = list(get_root().glob(f"??/*/*{_PART}"))
    return sum(_remove_if_old(path, older_than_seconds) for path in drafts + parts)


def _remove_if_old(path: Path, older_than_seconds: float) -> bool:
    if _measure_age_seconds(path) <= older_than_seconds:
        return False
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return True


def _measure_age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _leave_room(needed_bytes: int) -> None:
    """Raise StorageFull where pictures would take the last space of the database: people must be able to delete."""
    if disk_reserve.measure_room_for_pictures(get_root()) <= needed_bytes:
        raise StorageFull()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
