"""Where the files of jobs lie: one place per job, named by its id. What a client calls a file never comes here.

The place is a folder or a bucket (`jobs.files.backends`); callers see none of it but the bytes. Who needs a path on
this machine asks for a `local_copy`.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from jobs.errors import StorageAway, StorageFull, StorageReadOnly
from jobs.files.backends import disk, opening
from jobs.files.backends.base import FOLDER, Backend, Draft, StoredFile
from jobs.files.backends.folder import FolderBackend
from models import Setting, db, disk_reserve
from models.setting import STORED_BYTES

MEGABYTE = 1_000_000
logger = logging.getLogger(__name__)

PREVIEW, THUMBNAIL = "preview", "thumbnail"
ORIGINAL, RESULT = "original", "result"
# The mask that a run made; an uploaded one has the name of its option, and must not be written over.
MASK = "result-mask"
ALTERNATIVE, FINISHED, CACHE, STEP = "answer", "file", "kept", "step"
_BACKEND = "storage"
_told_read_only = False


def make_id() -> str:
    """Return 128 random bits in hex."""
    return secrets.token_hex(16)


def get_backend() -> Backend:
    """Return where the site's files lie."""
    settings = current_app.config
    if not settings["STORAGE_URL"]:
        return FolderBackend(Path(settings["STORAGE_DIR"]), settings["NGINX_SENDS_FILES"])
    if _BACKEND not in current_app.extensions:  # it holds connections
        current_app.extensions[_BACKEND] = opening.open_bucket(settings["STORAGE_URL"], settings)
    backend: Backend = current_app.extensions[_BACKEND]
    return backend


def get_file(job_id: str, name: str) -> StoredFile:
    """Return a file of a job, which need not be there."""
    return get_backend().get_file(job_id, name)


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
    return disk.is_full(error)


def is_read_only(error: BaseException) -> bool:
    """True for a file system that is read-only, and for a file or folder of the storage that is not ours to write."""
    backend = get_backend()
    return disk.is_read_only(error, Path(backend.location), backend.scratch)


def note_read_only(error: OSError) -> None:
    """Say in the log that nothing can be written; once, until something is."""
    global _told_read_only
    if not _told_read_only:
        logger.error("The storage %s cannot be written to: %s.", get_backend().location, error.strerror)
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
def draft(job_id: str) -> Iterator[Draft]:
    """Yield an empty draft of a job; whatever it did not keep is removed."""
    if measure_free_bytes() == 0:
        raise StorageFull()
    db.session.rollback()  # an upload takes a while and needs no connection
    with translate_disk_errors(), get_backend().draft(job_id) as made:
        _leave_room(0)
        yield made


def mark_uncommitted(job_id: str) -> None:
    """Mark a job as one whose files may be removed later if its row is missing then."""
    get_backend().mark_uncommitted(job_id)


def mark_committed(job_id: str) -> None:
    """Take the mark away: the row is there. While the storage is away it stays, and the next purge takes it."""
    with suppress(StorageAway):
        get_backend().mark_committed(job_id)


def list_uncommitted(older_than_seconds: float) -> list[str]:
    """Return the ids of the jobs that have been marked for so long."""
    return get_backend().list_uncommitted(older_than_seconds)


def save(job_id: str, name: str, data: bytes) -> int:
    """Write one file of an existing job; return its size. See `Backend.save` for a job that is gone."""
    backend = get_backend()
    with translate_disk_errors():
        _leave_room(len(data) if backend.kind == FOLDER else 0)
        backend.save(job_id, name, data)
    return len(data)


def make_scratch_path(suffix: str) -> Path:
    """Return the path of a file on this machine that does not exist yet and will not be kept."""
    return get_backend().make_scratch_path(suffix)


def remove(job_id: str) -> bool:
    """Delete all files of a job; say whether that was done. From a storage that is away purging deletes them later, by
    the mark.
    """
    try:
        get_backend().remove(job_id)
    except StorageAway:
        return False
    return True


def remove_files(job_id: str, *names: str) -> None:
    """Delete single files of a job, where they exist; from a disk that takes nothing none is, and the log says so."""
    try:
        get_backend().remove_files(job_id, *filter(None, names))
    except OSError as error:
        if not is_read_only(error):
            raise
        note_read_only(error)


def list_files(job_id: str) -> dict[str, int]:
    """Return name -> bytes of every file of a job; nothing when the job is gone."""
    return get_backend().list_files(job_id)


def list_job_ids(older_than_seconds: float = 0) -> Iterator[str]:
    """Yield the id of every job that has files, or of those in which nothing has changed for so long."""
    return get_backend().list_job_ids(older_than_seconds)


def measure_free_bytes() -> int | None:
    """Return how many bytes the storage can still take; None where it has no limit that it tells.

    A bucket has STORAGE_MEGABYTES, less what a worker last counted as stored.
    """
    if (free := get_backend().measure_free_bytes()) is not None or not current_app.config["STORAGE_MEGABYTES"]:
        return free
    stored = db.session.scalar(select(Setting.number).where(Setting.key == STORED_BYTES)) or 0
    return max(0, int(current_app.config["STORAGE_MEGABYTES"]) * MEGABYTE - stored)


def remove_stale(older_than_seconds: float) -> int:
    """Delete what crashed requests and workers left behind; return how many things that was."""
    return get_backend().remove_stale(older_than_seconds)


def _leave_room(needed_bytes: int) -> None:
    """Raise StorageFull where pictures would take the last space of the database: people must be able to delete."""
    if disk_reserve.measure_room_for_pictures(disk.find_existing(get_backend().scratch)) <= needed_bytes:
        raise StorageFull()
