"""Is everything there that Revive needs: the database, a worker, the queue, the disk."""

import os
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from jobs.files import storage
from jobs.progress import WORKER_SEEN_SECONDS
from jobs.queue import JOB, bell
from models import Worker, db, utc_now

MIN_FREE_MEGABYTES = 512


def report() -> dict[str, str]:
    """Return part -> "ok" or what is wrong, and `status`: "ok", "degraded" or "down" (no database)."""
    parts = {"web": "ok", "database": _database()}
    parts["worker"] = _worker() if parts["database"] == "ok" else "unknown"
    parts |= {"queue": _queue(), "disk": _disk()}
    if parts["database"] != "ok":
        return {"status": "down"} | parts
    return {"status": "ok" if set(parts.values()) == {"ok"} else "degraded"} | parts


def free_bytes() -> int:
    """Return how many bytes the storage can still take."""
    root = storage.root()
    root.mkdir(parents=True, exist_ok=True)
    status = os.statvfs(root)
    return status.f_bavail * status.f_frsize


def _database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
        return "ok"
    except DBAPIError:
        db.session.rollback()
        return "away"


def _worker() -> str:
    living = Worker.seen_at > utc_now() - timedelta(seconds=WORKER_SEEN_SECONDS)
    return "ok" if db.session.scalar(select(func.count()).select_from(Worker).where(living)) else "none"


def _queue() -> str:
    try:
        bell(current_app._get_current_object(), JOB).huey.storage.queue_size()
        return "ok"
    except Exception:  # whatever the queue's driver raises
        return "away"


def _disk() -> str:
    return "ok" if free_bytes() >= MIN_FREE_MEGABYTES * 2**20 else "low"
