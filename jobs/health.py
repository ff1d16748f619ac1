"""Is everything there that Revive needs: the database, a worker, the queue, the disk, the mails."""

import os
import time
from pathlib import Path

from flask import current_app
from flask.globals import app_ctx
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from accounts.mail.faults import find_mail_fault
from jobs.availability import find_unavailable_reason
from jobs.files import marker, storage
from jobs.files.backends import disk
from jobs.queue import JOB, get_wake_up
from jobs.quotas import MEGABYTE
from jobs.scheduling import hands
from models import Worker, db, disk_reserve, undo
from models.faults import classify_fault, find_sqlite_folder
from services import SERVICES

MIN_FREE_MEGABYTES = 512
ALMOST_NOTHING_BYTES = 2**20
# A worker lacks weights of a tool that this web server offers.
WEIGHTS = "weights"
# What the report says beside its parts: "folder" or "bucket".
STORAGE_KIND = "storage_kind"
_STORAGE_STATE, _STORAGE_SECONDS = "storage_state", 3
_STORAGE_STATES = {"": "ok", hands.STORAGE: "foreign", hands.STORAGE_AWAY: "away", hands.STORAGE_MOVED: "moved"}


def report() -> dict[str, str]:
    """Return part -> "ok" or what is wrong, and `status`: "ok", "degraded" or "down" (no database)."""
    parts = {"web": "ok", "database": _check_database()}
    parts |= {
        "storage": "unknown",
        "worker": "unknown",
        "queue": check_queue(),
        "disk": check_disk(),
        "mail": "unknown",
    }
    # On a full disk no worker can say that it lives.
    if parts["database"] == "ok" and (_check_worker() == "ok" or parts["disk"] not in {"full", "read-only"}):
        parts["worker"] = _check_worker()
    if parts["database"] == "ok":
        parts["mail"] = "failing" if find_mail_fault() else "ok"
        parts["storage"] = check_storage()
    is_well = set(parts.values()) == {"ok"}
    status = "down" if parts["database"] != "ok" else "ok" if is_well else "degraded"
    return {"status": status} | parts | {STORAGE_KIND: storage.get_backend().kind}


def free_bytes() -> int | None:
    """Return how many bytes the storage can still take; None where it has no limit that it tells."""
    return storage.measure_free_bytes()


def check_storage() -> str:
    """Say whether the storage of the pictures is "ok", "away", "moved" or "foreign", which is not this site's.

    A folder is looked at, a bucket asked, at most every few seconds.
    """
    known = current_app.extensions.get(_STORAGE_STATE)
    if known is None or time.monotonic() - known[0] > _STORAGE_SECONDS:
        known = time.monotonic(), _STORAGE_STATES[marker.find_problem()]
        current_app.extensions[_STORAGE_STATE] = known
    state: str = known[1]
    return state


def _check_database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
        db.session.execute(select(Worker).limit(1))
        return "ok"
    except DBAPIError as error:
        undo()
        return classify_fault(error).value


def _check_worker() -> str:
    """Say "ok", "none", or which of `hands.PROBLEMS` and WEIGHTS any living worker has."""
    problems, fit = hands.list_problems(), hands.list_fit()
    unable = frozenset().union(*(worker.unable for worker in fit))
    if any(not find_unavailable_reason(service) for service in SERVICES if service.key in unable):
        problems.append(WEIGHTS)
    if problems:
        return f"unfit: {', '.join(problems)}"
    return "ok" if fit else "none"


def check_queue() -> str:
    """Say whether the queue is "ok" or "away"."""
    try:
        get_wake_up(app_ctx.app, JOB).huey.storage.queue_size()
        return "ok"
    except Exception:  # whatever the queue's driver raises
        return "away"


def check_disk() -> str:
    """Say how the disks of the pictures and of the database are: the worst of "ok", "low", "full", "read-only".

    Beside a bucket there is a disk for what passes through, and STORAGE_MEGABYTES counts like a disk.
    """
    written = (storage.get_backend().scratch.parent, find_sqlite_folder())
    folders = {disk.find_existing(folder) for folder in written if folder is not None}
    if not all(_can_be_written(folder) for folder in folders):
        return "read-only"
    if any(disk_reserve.measure_room_for_pictures(folder) < ALMOST_NOTHING_BYTES for folder in folders):
        return "full"
    least = min(map(_measure_free_bytes, folders)), free_bytes()
    if least[1] == 0:
        return "full"
    return "low" if any(free is not None and free < MIN_FREE_MEGABYTES * MEGABYTE for free in least) else "ok"


def _measure_free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _can_be_written(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY
