"""Whether the storage is this installation's, and not an empty folder where a share is not mounted.

The database and the storage both hold the installation's id. Only who keeps pictures writes it into the storage.
"""

import secrets

from flask import current_app
from sqlalchemy import select

from errors import N_
from jobs.errors import ServiceUnavailable, StorageAway
from jobs.files import storage
from jobs.scheduling.hands import STORAGE, STORAGE_AWAY, STORAGE_MOVED
from models import Job, db
from models.setting import INSTALLATION, STORAGE_PLACE, read_text, write_text

FILE = "installation-id"
_KNOWN = "installation_id"
_NEWEST = 5
_FOREIGN = N_("The server's storage of pictures is not the one of this site. Please tell whoever runs it.")
_MOVED = N_("The pictures of this site are being moved, so new ones are not taken. Try again in a while.")
_MOVED_RETRY_SECONDS = 300


def settle() -> None:
    """See to it that the storage holds the installation's id.

    Raises ServiceUnavailable where it is another site's or the pictures were moved, StorageAway.

    Call it only when the caller's transaction has written nothing that is not committed.
    """
    if was_moved():
        raise ServiceUnavailable("storage_moved", _MOVED, retry_after=_MOVED_RETRY_SECONDS)
    found = storage.get_backend().read_text(FILE)
    if found and found == current_app.extensions.get(_KNOWN):
        return
    wanted = read_text(INSTALLATION)
    if not found or found != wanted:
        seen = holds_newest_jobs()
        if wanted and not seen and (found or seen is False):
            raise ServiceUnavailable("foreign_storage", _FOREIGN)
        wanted = wanted or write_text(INSTALLATION, found or secrets.token_hex(16), replace=False)
        with storage.translate_disk_errors():
            storage.get_backend().write_text(FILE, wanted)
    current_app.extensions[_KNOWN] = wanted


def is_ours() -> bool:
    """Say whether the storage holds the installation's id, or where it has none yet, pictures of the newest jobs.

    Raises StorageAway.
    """
    found, wanted = storage.get_backend().read_text(FILE), read_text(INSTALLATION)
    if found and found == wanted:
        return True
    seen = holds_newest_jobs()
    return not (found and wanted and found != wanted) if seen is None else seen


def was_moved() -> bool:
    """Say whether the pictures were moved to another storage than this one, or are on their way."""
    place = read_text(STORAGE_PLACE)
    return bool(place) and place != storage.get_backend().identity


def find_problem() -> str:
    """Return which of the problems of `hands` the storage has; "" where it answers and is this site's."""
    try:
        return STORAGE_MOVED if was_moved() else "" if is_ours() else STORAGE
    except StorageAway:
        return STORAGE_AWAY


def holds_newest_jobs() -> bool | None:
    """Say whether there are files of any of the newest jobs; None where there are no jobs."""
    job_ids = list(db.session.scalars(select(Job.id).order_by(Job.created_at.desc()).limit(_NEWEST)))
    db.session.rollback()
    return any(storage.list_files(job_id) for job_id in job_ids) if job_ids else None
