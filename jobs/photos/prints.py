"""The prints that a job cut out of one page, and how each becomes a photo of its own, together an album."""

from pathlib import Path

from errors import N_, DomainError
from jobs import lifecycle, options, sources
from jobs.errors import JobError, NotFound
from jobs.files import storage, uploads
from jobs.photos import albums
from models import Album, Job, db
from services import get
from services.base import CACHED_FRAME, Service


def list_prints(user_id: int, job_id: str) -> list[tuple[float, ...]]:
    """Return the corners of the prints that a job found, eight numbers each, in the order of its pictures.

    Raises NotFound.
    """
    job = lifecycle.find(user_id, job_id)
    return _read(job)


def make_photos(user_id: int, job_id: str, album_name: str) -> Album:
    """Start a job for each print on a page, whose result is a photo of its own, and put these into a new album.

    Raises NotFound, JobError where the job cut out no prints, and what `lifecycle.create` raises; what was started by
    then is in an album all the same.
    """
    job = lifecycle.find(user_id, job_id)
    service, found = get(job.service), _read(job)
    if service is None or not job.result_file or not found:
        raise JobError("no_prints", N_("This job has cut out no prints."))
    stem, fields = Path(job.title or job.original_name).stem, options.format_fields(service, job.options)
    started: list[str] = []
    refusal: DomainError | None = None
    for number, corners in enumerate(found, start=1):
        wanted = fields | {"corners": ",".join(f"{part:.5f}" for part in corners)}
        try:
            started.append(_start(user_id, service, job_id, wanted, f"{stem} {number}"))
        except DomainError as error:
            db.session.rollback()
            refusal = error
            break
    album = albums.create(user_id, album_name, started) if started else None
    if refusal or album is None:
        raise refusal or NotFound()
    return album


def _start(user_id: int, service: Service, job_id: str, fields: dict[str, str], title: str) -> str:
    """Start the job of one print, and make what it makes a photo of its own rather than a version of the page."""
    source = {sources.FROM_JOB: job_id, sources.FROM_VARIANT: storage.ORIGINAL}
    job = lifecycle.create(user_id, service, fields | source, {})
    job.photo_id, job.title = job.id, uploads.clean_title(title)
    db.session.commit()
    return job.id


def _read(job: Job) -> list[tuple[float, ...]]:
    service = get(job.service)
    if service is None or not service.parts:
        return []
    data = options.read_cache(job).get(CACHED_FRAME, b"")
    numbers = [float(part) for part in data.decode().split(",")] if data else []
    return [tuple(numbers[start : start + 8]) for start in range(0, len(numbers), 8)]
