"""A request that comes twice makes one job: the program gives it a key of its own, and repeats both.

The key is in the row of the job, so it is remembered for as long as the job is.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from errors import N_
from jobs import lifecycle
from jobs.errors import JobError, NotNow
from jobs.files.uploads import FormFile
from jobs.lifecycle import RequestMark
from models import Job, db
from services.base import Service

KEY_FIELD = "Idempotency-Key"
MAX_KEY_LENGTH = 200
_CHUNK_BYTES = 1 << 20


def create_once(
    user_id: int, service: Service, fields: Mapping[str, Any], files: Mapping[str, FormFile], key: str
) -> tuple[Job, bool]:
    """Return the job of this request, and whether it was made just now; without a key it always is.

    Raises what `lifecycle.create` raises; JobError for a key that is none; NotNow for
    one of a request for something else, and when its job was deleted.
    """
    if not key:
        return lifecycle.create(user_id, service, fields, files), True
    check_key(key)
    mark = RequestMark(hash_key(key), _hash_request(service, fields, files))
    if job := _find(user_id, mark):
        return job, False
    try:
        return lifecycle.create(user_id, service, fields, files, mark), True
    except IntegrityError:  # the same request was a moment earlier
        if job := _find(user_id, mark):
            return job, False
        raise


def check_key(key: str) -> None:
    """Raise JobError for a key that is none; "" stands for no key."""
    if len(key) > MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        message = N_("Please give a key of at most 200 ASCII characters.")
        raise JobError("bad_idempotency_key", message, field=KEY_FIELD)


def hash_key(key: str) -> str:
    """Return how a key stands in the row of its job."""
    return hashlib.sha256(key.encode()).hexdigest()


def _find(user_id: int, mark: RequestMark) -> Job | None:
    same = select(Job).where(Job.user_id == user_id, Job.request_key == mark.request_key)
    job = db.session.scalar(same)
    if job is None:
        return None
    if job.request_hash != mark.request_hash:
        message = N_("This key was used for another request. Give each request a key of its own.")
        raise NotNow("idempotency_key_used", message, field=KEY_FIELD)
    if job.deleted_at:
        raise NotNow("job_deleted", N_("The job of this key was deleted."), field=KEY_FIELD)
    return job


def _hash_request(service: Service, fields: Mapping[str, Any], files: Mapping[str, FormFile]) -> str:
    """Return a hash of what is asked for; the files are read, and wound back."""
    parts = [["service", service.key], *([name, str(fields[name])] for name in sorted(fields))]
    for name in sorted(files):
        seen = hashlib.sha256()
        while chunk := files[name].stream.read(_CHUNK_BYTES):
            seen.update(chunk)
        files[name].stream.seek(0)
        parts.append([name, seen.hexdigest()])
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()
