"""Whether the folder of the pictures is this installation's, and not an empty one where a share is not mounted.

The database and the folder both hold the installation's id. Only who keeps pictures writes it into the folder.
"""

import os
import secrets
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from errors import N_
from jobs.errors import ServiceUnavailable
from jobs.files import storage
from models import Job, db
from models.setting import INSTALLATION, read_text, write_text

FILE = "installation-id"
_KNOWN = "installation_id"
_NEWEST = 5
_FOREIGN = N_("The server's folder of pictures is not the one of this site. Please tell whoever runs it.")


def settle() -> None:
    """See to it that the folder holds the installation's id. Raises ServiceUnavailable where it is another folder.

    Call it only when the caller's transaction has written nothing that is not committed.
    """
    found = _read_file()
    if found and found == current_app.extensions.get(_KNOWN):
        return
    wanted = read_text(INSTALLATION)
    if not found or found != wanted:
        seen = holds_newest_jobs()
        if wanted and not seen and (found or seen is False):
            raise ServiceUnavailable("foreign_storage", _FOREIGN)
        wanted = wanted or write_text(INSTALLATION, found or secrets.token_hex(16), replace=False)
        with storage.translate_disk_errors():
            _write_file(wanted)
    current_app.extensions[_KNOWN] = wanted


def is_ours() -> bool:
    """Say whether the folder holds the installation's id, or where it has none yet, pictures of the newest jobs."""
    found, wanted = _read_file(), read_text(INSTALLATION)
    if found and found == wanted:
        return True
    seen = holds_newest_jobs()
    return not (found and wanted and found != wanted) if seen is None else seen


def holds_newest_jobs() -> bool | None:
    """Say whether the folder of any of the newest jobs is there; None where there are no jobs."""
    job_ids = list(db.session.scalars(select(Job.id).order_by(Job.created_at.desc()).limit(_NEWEST)))
    db.session.rollback()
    return any(storage.get_folder(job_id).is_dir() for job_id in job_ids) if job_ids else None


def _read_file() -> str:
    try:
        return (storage.get_root() / FILE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write_file(installation: str) -> None:
    root = storage.get_root()
    root.mkdir(parents=True, exist_ok=True)
    part: Path = root / f".{FILE}.{secrets.token_hex(4)}"
    try:
        part.write_text(f"{installation}\n")
        os.replace(part, root / FILE)
    finally:
        part.unlink(missing_ok=True)
