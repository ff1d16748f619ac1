"""Is everything there that Revive needs: the database, a worker, the queue, the disk, the mails."""

import os
from pathlib import Path

from flask.globals import app_ctx
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from accounts.mail.faults import find_mail_fault
from jobs.availability import find_unavailable_reason
from jobs.files import storage
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


def report() -> dict[str, str]:
    """Return part -> "ok" or what is wrong, and `status`: "ok", "degraded" or "down" (no database)."""
    parts = {"web": "ok", "database": _check_database()}
    parts |= {"worker": "unknown", "queue": check_queue(), "disk": check_disk(), "mail": "unknown"}
    # On a full disk no worker can say that it lives.
    if parts["database"] == "ok" and (_check_worker() == "ok" or parts["disk"] not in {"full", "read-only"}):
        parts["worker"] = _check_worker()
    if parts["database"] == "ok":
        parts["mail"] = "failing" if find_mail_fault() else "ok"
    if parts["database"] != "ok":
        return {"status": "down"} | parts
    return {"status": "ok" if set(parts.values()) == {"ok"} else "degraded"} | parts


def free_bytes() -> int:
    """Return how many bytes the storage can still take."""
    status = os.statvfs(_find_existing(storage.get_root()))
    return status.f_bavail * status.f_frsize


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
    """Say how the disks of the pictures and of the database are: the worst of "ok", "low", "full", "read-only"."""
    folders = {_find_existing(folder) for folder in (storage.get_root(), find_sqlite_folder()) if folder is not None}
    if not all(_can_be_written(folder) for folder in folders):
        return "read-only"
    if any(disk_reserve.measure_room_for_pictures(folder) < ALMOST_NOTHING_BYTES for folder in folders):
        return "full"
    return "ok" if free_bytes() >= MIN_FREE_MEGABYTES * MEGABYTE else "low"


def _can_be_written(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY


def _find_existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
