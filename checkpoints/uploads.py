"""Uploads of official weights wait in a line of their own until a worker converts them: the web process has no torch.

The row says what becomes of each; the file lies in `incoming` in the folder of the imported weights until then.
"""

import logging
import secrets
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select, update

from accounts.administration import Administrator
from accounts.security import rights
from checkpoints import imports
from errors import N_
from jobs import process_identity
from jobs.errors import JobError
from jobs.files import storage
from jobs.files.backends import disk
from jobs.files.uploads import clean_name
from models import WeightsImport, count_changed, db, utc_now
from models.job import DONE, FAILED, QUEUED, RUNNING
from networks.manifest import MANIFEST

logger = logging.getLogger(__name__)

SHOWN = 20
MAX_ATTEMPTS = 2
_UNFINISHED = (QUEUED, RUNNING)
_INCOMING = "incoming"
_REMEMBERED = timedelta(days=90)
_LEFT_SECONDS = 24 * 3600
_LOST = N_("The server stopped twice while it read this file. You can upload it again.")
_UNEXPECTED = N_("Something went wrong on our side; the worker's log says more.")


def make_incoming_folder() -> Path:
    """Return the folder of files that wait, made if need be."""
    path = imports.get_folder() / _INCOMING
    path.mkdir(parents=True, exist_ok=True)
    return path


def enqueue(by: Administrator, name: str, received: Path | None, client_name: str) -> str:
    """Let an uploaded file, which lies in `incoming`, wait for a worker; return the id of its row.

    `received` is linked, not moved: whoever received it may delete it. Raises WeightsRefused.
    """
    imports.may_import(name)
    if received is None or not client_name:
        raise imports.WeightsRefused("not_there")
    if not received.stat().st_size:
        raise imports.WeightsRefused("empty")
    row = WeightsImport(
        id=secrets.token_hex(16),
        name=name,
        status=QUEUED,
        asked_by=by.name,
        address=by.address,
        file_name=clean_name(client_name),
        file_bytes=received.stat().st_size,
    )
    import_id = row.id
    rights.verify()  # before the file is linked
    with storage.translate_disk_errors():
        disk.link(received, _build_path(import_id))
    db.session.add(row)
    db.session.commit()
    return import_id


def list_recent() -> list[WeightsImport]:
    """Return the latest uploads, the newest first."""
    newest_first = select(WeightsImport).order_by(WeightsImport.created_at.desc(), WeightsImport.id)
    return list(db.session.scalars(newest_first.limit(SHOWN)))


def is_busy() -> bool:
    """Say whether an upload waits or is being converted."""
    unfinished = select(WeightsImport.id).where(WeightsImport.status.in_(_UNFINISHED)).limit(1)
    return db.session.scalar(unfinished) is not None


def work(worker: str) -> int:
    """Convert what waits, oldest first, until nothing does; return how many that was."""
    _rescue()
    count = 0
    while (row := _claim_upload(worker)) is not None:
        _run(row)
        count += 1
    return count


def tidy() -> None:
    """Forget old uploads, and delete files that crashes left behind. What still waits is kept, however long."""
    old = WeightsImport.created_at < utc_now() - _REMEMBERED
    db.session.execute(delete(WeightsImport).where(old, WeightsImport.status.not_in(_UNFINISHED)))
    db.session.commit()
    if not imports.get_folder().is_dir():
        return
    waiting = select(WeightsImport.id).where(WeightsImport.status.in_(_UNFINISHED))
    needed = {f".{MANIFEST}.partial", *(_build_path(import_id).name for import_id in db.session.scalars(waiting))}
    for path in [*imports.get_folder().glob(f"{_INCOMING}/*"), *imports.get_folder().glob(".*.partial")]:
        with suppress(FileNotFoundError):  # it was somebody's a moment ago
            if path.name not in needed and time.time() - path.stat().st_mtime > _LEFT_SECONDS:
                path.unlink()


def _build_path(import_id: str) -> Path:
    return make_incoming_folder() / f"{import_id}.pth"


def _rescue() -> None:
    """Queue again what a worker that is gone has left, or fail it after its last attempt."""
    too_old = utc_now() - timedelta(seconds=2 * imports.CHILD_SECONDS)
    rows = db.session.scalars(select(WeightsImport).where(WeightsImport.status == RUNNING)).all()
    for row in rows:
        if process_identity.is_dead(row.worker) or (row.started_at or too_old) < too_old:
            if row.attempts >= MAX_ATTEMPTS:
                _end(row.id, row.worker, FAILED, _LOST)
            else:
                mine = _update_own(row.id, row.worker)
                db.session.execute(mine.values(status=QUEUED, worker=""))
                db.session.commit()
    db.session.rollback()


def _claim_upload(worker: str) -> WeightsImport | None:
    """Take the oldest upload that waits; of several workers one gets it."""
    while True:
        waiting = select(WeightsImport).where(WeightsImport.status == QUEUED).order_by(WeightsImport.created_at)
        row = db.session.scalar(waiting.limit(1))
        if row is None:
            db.session.rollback()
            return None
        this_run = process_identity.make_run(worker)
        claim = update(WeightsImport).where(WeightsImport.id == row.id, WeightsImport.status == QUEUED)
        values = {"status": RUNNING, "worker": this_run, "attempts": row.attempts + 1, "started_at": utc_now()}
        taken = count_changed(claim.values(**values))
        db.session.commit()
        if taken:
            row = db.session.get(WeightsImport, row.id, populate_existing=True)
            db.session.expunge(row)
            db.session.rollback()
            return row


def _run(row: WeightsImport) -> None:
    by = Administrator(row.asked_by, row.address)
    try:
        imports.import_file(by, row.name, _build_path(row.id))
        _end(row.id, row.worker, DONE)
    except JobError as error:
        _end(row.id, row.worker, FAILED, error.message, getattr(error, "detail", ""))
        imports.audit_refusal(by, row.name, error)
    except Exception:
        logger.exception("The import of %s failed", row.name)
        _end(row.id, row.worker, FAILED, _UNEXPECTED)


def _update_own(import_id: str, worker: str):
    return update(WeightsImport).where(
        WeightsImport.id == import_id, WeightsImport.status == RUNNING, WeightsImport.worker == worker
    )


def _end(import_id: str, worker: str, status: str, message: str = "", detail: str = "") -> None:
    values = {"status": status, "error_message": message, "error_detail": detail[:255], "finished_at": utc_now()}
    db.session.rollback()
    db.session.execute(_update_own(import_id, worker).values(**values))
    db.session.commit()
    _build_path(import_id).unlink(missing_ok=True)
