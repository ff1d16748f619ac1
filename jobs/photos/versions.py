"""The versions of a photo that lie on each other place by place, so that one can stand in for a part of another.

A tool that turns, cuts or enlarges makes a frame of its own: what was made from its result lies on that, not on the
upload.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

import services
from jobs.files import storage
from jobs.files.backends.base import StoredFile
from models import Job, db

_MAX_VERSIONS = 500


@dataclass(frozen=True)
class Frame:
    """The results that lie on one original: `job` is the earliest that has that original; `versions`, newest first."""

    job: Job
    versions: tuple[Job, ...]


def find_frame(job: Job) -> Frame:
    """Return the frame of the original of a job: the results of the photo that have its size and lie on it."""
    known = _read_versions(job)
    first, mark = _find_start(job, known)
    size = job.width, job.height
    lying = (each for each in known.values() if _lies_on_original(each, size))
    return Frame(first, tuple(each for each in lying if _find_start(each, known)[1] == mark))


def can_be_composited(job: Job) -> bool:
    """Whether the result of a job lies on its original place by place."""
    return _lies_on_original(job, (job.width, job.height))


def list_change_maps(job: Job) -> list[StoredFile]:
    """Return the change maps of the result of a job and of the results that it was made from, in one frame."""
    known = _read_versions(job)
    found, current = [_get_change_map(job)], job
    while parent := known.get(current.parent_id):
        if current.parent_variant == storage.RESULT:
            if not can_be_composited(parent):
                break
            found.append(_get_change_map(parent))
        current = parent
    return [file for file in found if file.exists()]


def _read_versions(job: Job) -> dict[str, Job]:
    mine = Job.user_id == job.user_id, Job.photo_id == job.photo_id, Job.deleted_at.is_(None)
    newest = select(Job).where(*mine).order_by(Job.created_at.desc(), Job.id.desc()).limit(_MAX_VERSIONS)
    return {each.id: each for each in db.session.scalars(newest)}


def _find_start(job: Job, known: Mapping[str, Job]) -> tuple[Job, Sequence[str]]:
    """Return the earliest known job with this original in this frame, and a mark that all in the frame share."""
    while parent := known.get(job.parent_id):
        if job.parent_variant == storage.RESULT and not can_be_composited(parent):
            break
        job = parent
    return job, (job.parent_id, job.parent_variant) if job.parent_id else (job.id,)


def _lies_on_original(job: Job, size: tuple[int, int]) -> bool:
    service = services.get(job.service)
    if service is None or not job.result_file or service.own_size or not service.keeps_frame(job.options):
        return False
    return (job.result_width, job.result_height) == size


def _get_change_map(job: Job) -> StoredFile:
    return storage.get_file(job.id, f"{storage.name_change_map(Path(job.result_file).stem)}.png")
