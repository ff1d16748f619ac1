"""One tool with one set of options on all photos of an album. What is wrong with one never stops the rest."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select

from errors import N_, DomainError
from imaging.io.errors import PictureError
from jobs import idempotency, options
from jobs.availability import find_unavailable_reason
from jobs.errors import JobError, ServiceUnavailable, UploadRefused
from jobs.files import storage
from jobs.photos import albums
from jobs.sources import FROM_JOB, FROM_VARIANT
from models import AlbumPhoto, Job, db
from services.base import Service, ServiceError

# Whatever picture comes next is refused for the same reason.
_FOR_ALL = {"too_many_active_jobs", "too_many_jobs_today"}


@dataclass(frozen=True)
class Outcome:
    """What came of one photo: the `job_id` of its new job, or why there is none.

    `shown_id` is the newest version of the photo before that, and `name` what it is called.
    """

    shown_id: str
    name: str
    job_id: str = ""
    error: DomainError | None = None


@dataclass(frozen=True)
class Run:
    """What to do with an album: one tool, the fields of its form, and from which picture of each photo to start.

    `variant` is "original", the upload or the print that was cut out of it, or "result", the newest result where there
    is one. `job_ids` leaves only the photos in that these jobs are of; all, when it is empty. `key` makes of the same
    run twice one job a photo.
    """

    service: Service
    fields: Mapping[str, Any]
    variant: str = storage.ORIGINAL
    job_ids: Sequence[str] = ()
    key: str = ""


def start(user_id: int, album_id: str, run: Run) -> list[Outcome]:
    """Queue a job for each photo and remember the options in the album; return what came of each, in its order.

    Raises NotFound, UploadRefused for another variant, ServiceUnavailable, ServiceError for an option that is wrong,
    JobError for a key that is none.
    """
    album = albums.find(user_id, album_id)
    idempotency.check_key(run.key)
    if run.variant not in (storage.ORIGINAL, storage.RESULT):
        message = N_("Go on either with the original or with the result.")
        raise UploadRefused("unknown_source", message, field=FROM_VARIANT)
    if reason := find_unavailable_reason(run.service):
        raise ServiceUnavailable("service_unavailable", reason)
    # What is uploaded beside a picture is there for some photos and not for others: each answers for itself.
    uploaded = [option.name for option in options.list_uploads(run.service)]
    wanted, _counting = options.parse_form(run.service, run.fields, uploaded)
    albums.set_options(album, run.service.key, wanted)
    db.session.commit()
    outcomes: list[Outcome] = []
    for versions in _list_versions(user_id, album_id, run.job_ids):
        before = outcomes[-1].error if outcomes else None
        outcomes.append(_start_one(user_id, run, versions, before if before and before.key in _FOR_ALL else None))
    return outcomes


def _start_one(user_id: int, run: Run, versions: Sequence[Row[Any]], refused: DomainError | None) -> Outcome:
    shown_id, name = versions[-1].id, versions[-1].title or versions[-1].original_name
    if refused:
        return Outcome(shown_id, name, error=refused)
    key = hashlib.sha256(f"{run.key} {versions[0].photo_id}".encode()).hexdigest() if run.key else ""
    mark = idempotency.hash_key(key) if key else ""
    earlier = [version for version in versions if not mark or version.request_key != mark]
    fields = {**run.fields, **_choose_source(earlier or versions, run.variant)}
    try:
        job, _is_new = idempotency.create_once(user_id, run.service, fields, {}, key)
        return Outcome(shown_id, name, job.id)
    except (JobError, PictureError, ServiceError) as error:
        db.session.rollback()
        return Outcome(shown_id, name, error=error)


def _choose_source(versions: Sequence[Row[Any]], variant: str) -> dict[str, str]:
    """Return the fields that name the picture: the original of the first version, or the newest result.

    The original of a print that was cut out of a page is the print, not the page, which other prints lie on too.
    """
    done = [version for version in versions if version.result_file]
    if variant == storage.RESULT and done:
        return {FROM_JOB: done[-1].id, FROM_VARIANT: storage.RESULT}
    first = versions[0]
    is_print = first.id == first.photo_id and bool(first.parent_id)
    return {FROM_JOB: first.id, FROM_VARIANT: storage.RESULT if is_print else storage.ORIGINAL}


def _list_versions(user_id: int, album_id: str, job_ids: Sequence[str]) -> list[list[Row[Any]]]:
    """Return the living versions of each photo, the first version first, in the order of the album."""
    columns = Job.id, Job.photo_id, Job.parent_id, Job.title, Job.original_name, Job.result_file, Job.request_key
    query: Any = select(*columns)
    query = query.join(AlbumPhoto, AlbumPhoto.photo_id == Job.photo_id)
    query = query.where(AlbumPhoto.album_id == album_id, Job.user_id == user_id, Job.deleted_at.is_(None))
    rows = db.session.execute(query.order_by(AlbumPhoto.position, Job.created_at, Job.id)).all()
    db.session.rollback()
    photos = [list(group) for _photo, group in groupby(rows, key=lambda row: row.photo_id)]
    wanted = set(job_ids)
    return [versions for versions in photos if not wanted or wanted & {row.id for row in versions}]
