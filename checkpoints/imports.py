"""Official checkpoints become weights of this installation: import, list, remove; every line audited. No torch here.

The file is read in a child process (see `checkpoints.conversion`). What comes of it lies in IMPORTED_WEIGHTS_DIR,
outside the code, with a manifest of the same form as that of the shipped weights.
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

from flask import current_app

from accounts.administration import Administrator
from accounts.security import audit, rights
from errors import N_
from jobs.errors import JobError
from jobs.files import storage
from jobs.quotas import MEGABYTE
from models import db, utc_now
from networks.manifest import WeightsUnavailable, drop, hash_file, put, read_entries
from networks.releases import Official, find_official

_ROOT = Path(__file__).resolve().parents[1]
CHILD_SECONDS = 900
_SENTENCES = {
    "unknown": N_("There is no official checkpoint of this name."),
    "shipped": N_("Weights of this name come with Revive and cannot be replaced."),
    "not_there": N_("There is no such file."),
    "empty": N_("This file is empty."),
    "too_large": N_("This file is larger than this server takes."),
    "unreadable": N_("This is no checkpoint file, or it holds something other than tensors. Nothing of it was run."),
    "tensors": N_("The tensors in this file are not those of the official release."),
    "values": N_("This file holds values that are no numbers."),
    "too_costly": N_("Reading this file took more time or memory than this server allows."),
    "not_imported": N_("No weights of this name were imported."),
    "manifest": N_("The manifest of the imported weights cannot be read."),
}


class WeightsRefused(JobError):
    """Weights that cannot be imported or removed; `detail`, if any, names the fault for whoever knows the network."""

    def __init__(self, key: str, detail: str = ""):
        field = "name" if key in {"unknown", "shipped"} else "file"
        super().__init__(f"weights_{key}", _SENTENCES[key], 413 if key == "too_large" else 400, field=field)
        self.detail = detail


def get_folder() -> Path:
    """Return the folder of the imported weights."""
    return Path(current_app.config["IMPORTED_WEIGHTS_DIR"])


def may_import(name: str) -> Official:
    """Return the official checkpoint of this name. Raises WeightsRefused: there is none, or Revive ships the name."""
    row = find_official(name)
    if row is None:
        raise WeightsRefused("unknown")
    try:
        shipped = read_entries(current_app.config["WEIGHTS_DIR"])
    except WeightsUnavailable:
        shipped = {}
    if name in shipped:
        raise WeightsRefused("shipped")
    return row


def import_file(by: Administrator, name: str, source: Path) -> dict:
    """Convert the official file `source` and keep it as the weights `name`; return its entry in the manifest.

    Weights imported before under this name are replaced, and stay when the new file is refused. Raises WeightsRefused,
    StorageFull.
    """
    row = may_import(name)
    source = Path(source)
    if not source.is_file():
        raise WeightsRefused("not_there")
    if not source.stat().st_size:
        raise WeightsRefused("empty")
    if source.stat().st_size > current_app.config["MAX_WEIGHTS_MEGABYTES"] * MEGABYTE:
        raise WeightsRefused("too_large")
    partial = get_folder() / f".{name}.{secrets.token_hex(4)}.partial"
    try:
        with storage.translate_disk_errors():
            partial.parent.mkdir(parents=True, exist_ok=True)
            _ask_child(row, source.resolve(), partial)
            entry = _build_entry(row, source, partial)
            put(get_folder(), name, entry, partial)
    except WeightsUnavailable as error:
        raise WeightsRefused("manifest") from error
    finally:
        partial.unlink(missing_ok=True)
    audit.record("weights_imported", actor=by.name, target=name, address=by.address, detail=entry["source_sha256"])
    return entry


def remove(by: Administrator, name: str) -> None:
    """Delete imported weights. Raises WeightsRefused when there are none of this name."""
    rights.verify()
    db.session.commit()  # the file is not in the database, and the audit log waits for this transaction
    try:
        drop(get_folder(), name)
    except WeightsUnavailable as error:
        raise WeightsRefused("not_imported" if error.reason_key == "unlisted" else "manifest") from error
    audit.record("weights_removed", actor=by.name, target=name, address=by.address)


def audit_refusal(by: Administrator, name: str, error: JobError) -> None:
    """Write down that a file was not taken, and why."""
    detail = " ".join(word for word in (error.key, getattr(error, "detail", "")) if word)
    audit.record("weights_refused", actor=by.name, target=name, address=by.address, detail=detail)


def _build_entry(row: Official, source: Path, partial: Path) -> dict:
    sha256 = hash_file(partial)
    return {
        "network": row.network,
        "arguments": row.arguments,
        "licence": row.licence,
        "card": "",
        "figures": {},
        # Named by what is in it: readers of the old manifest find the old file until the new one is there.
        "file": f"{row.name}-{sha256[:16]}.safetensors",
        "sha256": sha256,
        "bytes": partial.stat().st_size,
        "source": row.source,
        "source_sha256": hash_file(source),
        "imported_at": utc_now().isoformat(timespec="seconds"),
    }


def _ask_child(row: Official, source: Path, partial: Path) -> None:
    """Convert in a process of its own, without this one's environment, where the secrets are. Raises WeightsRefused."""
    environment = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    max_bytes = str(current_app.config["MAX_WEIGHTS_MEGABYTES"] * MEGABYTE)
    command = [sys.executable, "-m", "checkpoints.conversion", row.name, str(source), str(partial), max_bytes]
    try:
        child = subprocess.run(
            command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=CHILD_SECONDS
        )
        reply = json.loads(child.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:  # it met one of its limits
        raise WeightsRefused("too_costly") from error
    if reply.get("error") == "os_error":
        raise OSError(reply["number"], os.strerror(reply["number"]))
    if "error" in reply:
        raise WeightsRefused(reply["error"], reply["detail"])
