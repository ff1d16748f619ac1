"""The verbs of jobs on the side of the site: create, find, cancel, retry, delete (`jobs.photos` lists them).

A job that is missing and one that is somebody else's are the same to every verb: NotFound.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import delete as delete_from
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

import services
from errors import N_, DomainError
from imaging.io.files import probe
from jobs import options, quotas, sources, trash
from jobs.availability import find_unavailable_reason
from jobs.errors import NotFound, NotNow, ServiceUnavailable
from jobs.files import marker, results, storage, uploads
from jobs.files.backends.base import Draft
from jobs.files.uploads import FormFile, Upload
from jobs.queue import notify_quick_lane, notify_worker
from jobs.scheduling import lanes
from jobs.sources import Source, Version
from models import Job, db, undo
from models.faults import Fault, classify_fault
from models.job import CANCELLED, ENDED, FAILED, QUEUED
from models.transitions import change_status
from services.base import Service

IMAGE = "image"
# The switch of a service that declines some pictures: take this one all the same.
ANYWAY = "anyway"


class RequestMark(NamedTuple):
    """By what the request for a job is known again: hashes of its key (None without one) and of what it asked for."""

    request_key: str | None
    request_hash: str


NO_MARK = RequestMark(None, "")


@dataclass(frozen=True)
class Template:
    """The form of a tool, filled in from an earlier job: `values` by option, and which `uploads` need not come again.

    `variant` picture of `job` the new one will start from, "original" or "result"; `is_again` where the same tool gets
    the same original: only then earlier uploads count once more. `frame`: where the earlier job cut it, or "".
    """

    job: Job
    variant: str
    is_again: bool
    values: Mapping[str, str]
    uploads: tuple[str, ...]
    frame: str


def create(
    user_id: int,
    service: Service,
    fields: Mapping[str, Any],
    files: Mapping[str, FormFile],
    request: RequestMark = NO_MARK,
) -> Job:
    """Keep the upload and queue a job for it; return its row.

    Without a file named "image", the field `from_job` may name one of the user's earlier jobs, and `from_which` its
    "original" (as it is when absent) or "result". The same tool on the same original is the same work again: it gets
    what the earlier run kept, and of the pictures uploaded beside that original those for which neither a new file
    comes nor the field `<option>_reuse` says 0. For an option that wants a version of the photo, `<option>_from` may
    name the job whose result is meant, or say "original" where the photo itself is.

    Raises NotFound, QuotaExceeded, ServiceUnavailable, ServiceError, PictureError, UploadRefused, StorageFull. An error
    that belongs to one field of the form has its name in the attribute `field`. Nothing is kept on an error.
    `request` marks the row (see `jobs.idempotency`); IntegrityError is raised where a row has that mark.
    """
    quotas.check(user_id)
    source = sources.find_named(user_id, service, fields, is_sent=IMAGE in files)
    versions = sources.find_versions(user_id, service, fields)
    marker.settle()
    db.session.rollback()  # an upload takes a while and needs no connection
    if reason := find_unavailable_reason(service):
        raise ServiceUnavailable("service_unavailable", reason)
    old_uploads = source.uploads(service, fields) if source else {}
    row, wanted = options.parse_form(service, fields, {*files, *versions, *old_uploads})
    job = Job(id=storage.make_id(), user_id=user_id, service=service.key, options=row, **request._asdict())
    with storage.draft(job.id) as draft:
        _put_picture(job, draft, source, files)
        for name in wanted:
            if name in files:
                extra = _receive(files[name], draft.folder, name, name, user_id)
            else:
                extra = _put_earlier(name, draft, versions, source, old_uploads)
            row[name] = extra.file
            job.original_bytes += extra.bytes
        _keep(draft)
    return _admit_and_queue(job)


def prefill(user_id: int, job_id: str, service: Service | None = None, variant: str = storage.ORIGINAL) -> Template:
    """Return the form of `service` (the job's own when None) as an earlier job would fill it in.

    To a form that is posted with `from_job`, `from_which` and these values `create` makes the same job again,
    or with another tool's on the same picture. Another tool's form has no values. Raises NotFound, UploadRefused.
    """
    job = find(user_id, job_id)
    service = service or _get_service(job)
    source = sources.find(user_id, service, job_id, variant)
    values = options.format_fields(service, source.job.options) if source.job.service == service.key else {}
    return Template(
        source.job, variant, source.is_again, values, tuple(source.uploads(service, {})), source.read_frame()
    )


def run_again(user_id: int, job_id: str, changes: Mapping[str, Any]) -> Job:
    """Queue a new job like an earlier one, with some fields of its form changed. Raises what `create` raises."""
    form = prefill(user_id, job_id)
    service = _get_service(form.job)
    fields = {**form.values, **changes, sources.FROM_JOB: job_id, sources.FROM_VARIANT: storage.ORIGINAL}
    return create(user_id, service, fields, {})


def can_run_anyway(job: Job) -> bool:
    """Say whether the service declined a picture that it would take with its switch `anyway`."""
    service = services.get(job.service)
    declined = job.status in ENDED and job.verdict and not job.result_file and not job.options.get(ANYWAY)
    return bool(declined and service and any(o.name == ANYWAY and o.kind == "switch" for o in service.options))


def find(user_id: int, job_id: str) -> Job:
    """Return the user's own job that is not deleted. Raises NotFound."""
    own = select(Job).where(Job.id == job_id, Job.user_id == user_id, Job.deleted_at.is_(None))
    job = db.session.scalar(own) if job_id.isascii() else None
    if job is None:
        raise NotFound()
    return job


def find_parents(jobs: Sequence[Job]) -> dict[str, Job]:
    """Return by id the jobs that these, all of one account, were made from; those that are gone are missing."""
    ids = {job.parent_id for job in jobs if job.parent_id}
    if not ids:
        return {}
    own = Job.id.in_(ids), Job.user_id == jobs[0].user_id, Job.deleted_at.is_(None)
    return {parent.id: parent for parent in db.session.scalars(select(Job).where(*own))}


def rename(user_id: int, job_id: str, title: str) -> None:
    """Give a job the owner's own name for it; an empty one brings the name of the file back. Raises NotFound."""
    job = find(user_id, job_id)
    job.title = uploads.clean_title(title)
    db.session.commit()


def choose(user_id: int, job_id: str, number: int) -> None:
    """Make one of the pictures that a run offered the result; the others stay, and may be picked later.

    Raises NotFound when there is no such alternative, or its picture is gone.
    """
    job = find(user_id, job_id)
    if not 0 <= number < job.alternatives:
        raise NotFound()
    name = results.list_alternatives(job)[number]
    try:
        with storage.get_file(job.id, name).local_copy() as path:
            seen = probe(path, math.inf)
    except FileNotFoundError:
        raise NotFound() from None
    job.chosen, job.result_file, job.result_width, job.result_height = number, name, seen.width, seen.height
    db.session.commit()


def cancel(user_id: int, job_id: str) -> None:
    """End a job that waits or runs; its worker notices within a second or two. An ended job stays as it is."""
    find(user_id, job_id)
    db.session.execute(change_status(CANCELLED, Job.id == job_id))
    db.session.commit()


def retry(user_id: int, job_id: str) -> None:
    """Queue a failed or cancelled job again. Raises NotFound, NotNow, QuotaExceeded, ServiceUnavailable."""
    job = find(user_id, job_id)
    if not can_retry(job):
        raise NotNow("not_failed", N_("Only a picture that failed or was cancelled can be tried again."))
    if reason := find_unavailable_reason(_get_service(job)):
        raise ServiceUnavailable("service_unavailable", reason)
    quotas.admit(user_id, 0, job.width * job.height)
    ended = Job.id == job_id, Job.status.in_((FAILED, CANCELLED)), Job.deleted_at.is_(None)
    no_error = {"verdict": "", "error_key": "", "error_message": ""}
    no_times = {"started_at": None, "heartbeat_at": None, "finished_at": None}
    lane = lanes.choose(_get_service(job), job.options, job.width * job.height)
    db.session.execute(change_status(QUEUED, *ended, attempts=0, lane=lane, **no_error, **no_times))
    db.session.commit()
    _notify(job_id, lane)


def can_retry(job: Job) -> bool:
    """Say whether `retry` would take this job."""
    return job.status in (FAILED, CANCELLED) and job.deleted_at is None and services.get(job.service) is not None


def delete(user_id: int, job_id: str) -> None:
    """Move a job to the trash (`jobs.trash`) and stop it if it runs. Raises NotFound."""
    trash.put(user_id, [job_id])


def erase(job_id: str) -> None:
    """Delete any user's job: the row first, so that nobody is shown a job without pictures."""
    storage.mark_uncommitted(job_id)
    db.session.execute(delete_from(Job).where(Job.id == job_id))
    db.session.commit()
    storage.remove(job_id)


def _get_service(job: Job) -> Service:
    service = services.get(job.service)
    if service is None:
        raise NotFound()
    return service


def _put_picture(job: Job, draft: Draft, source: Source | None, files: Mapping[str, FormFile]) -> None:
    """Put the picture into the draft of a job, and what is known of it into the row."""
    if source is None:
        upload = _receive(files.get(IMAGE), draft.folder, IMAGE, storage.ORIGINAL, job.user_id)
        job.original_name, job.photo_id = uploads.clean_name(files[IMAGE].name), job.id
    else:
        upload = source.put_picture(draft)
        cache = source.copy_cache(draft)
        job.cache, job.result_bytes = sorted(cache) or None, sum(cache.values())
        job.original_name, job.title = source.job.original_name, source.job.title
        job.parent_id, job.parent_variant, job.photo_id = source.job.id, source.variant, source.job.photo_id
        job.chosen = source.job.chosen if source.is_again else None
    job.original_file, job.original_bytes, job.image_format = upload.file, upload.bytes, upload.header.format
    job.width, job.height, job.image_pages = upload.header.width, upload.header.height, upload.header.pages


def _put_earlier(
    name: str, draft: Draft, versions: Mapping[str, Version], source: Source | None, old_uploads: Mapping[str, str]
) -> Upload:
    """Copy what is here already for an option: the result that the form names, or the upload of before."""
    if name in versions:
        return versions[name].put(name, draft)
    assert source is not None  # it has the earlier uploads
    return source.put_upload(old_uploads[name], draft)


def _receive(file: FormFile | None, folder: Path, field: str, stem: str, user_id: int) -> Upload:
    try:
        return uploads.receive(file, folder, stem, user_id)
    except DomainError as error:
        error.field = field
        raise


def _keep(draft: Draft) -> None:
    """Store a draft. Raises NotFound when something that it copies was deleted meanwhile, and what `settle` raises."""
    marker.settle()  # the pictures may have been moved while this one was received
    db.session.rollback()
    try:
        draft.keep()
    except FileNotFoundError:
        raise NotFound() from None


def _admit_and_queue(job: Job) -> Job:
    """Admit the job, whose files are in their place, and queue it; without a row the files go.

    A database lost during the commit may have the row: the files stay, and `worker.recovery.purge` decides later.
    """
    job_id, is_written = job.id, False
    job.lane = lanes.choose(_get_service(job), job.options, job.width * job.height)
    try:
        quotas.admit(job.user_id, job.original_bytes + (job.result_bytes or 0), job.width * job.height)
        job.number = 1 + (db.session.scalar(select(func.max(Job.number)).where(Job.user_id == job.user_id)) or 0)
        db.session.add(job)
        db.session.flush()
        is_written = True
        db.session.commit()
    except BaseException as error:
        if not (is_written and isinstance(error, DBAPIError) and classify_fault(error) is Fault.AWAY):
            storage.remove(job_id)
        undo()
        raise
    storage.mark_committed(job_id)
    _notify(job_id, job.lane)
    return job


def _notify(job_id: str, lane: str) -> None:
    notify_worker(job_id)
    if lane == lanes.QUICK:
        notify_quick_lane(job_id)
