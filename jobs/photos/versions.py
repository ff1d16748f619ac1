"""The versions of a photo that lie on each other place by place, so that one can stand in for a part of another.

A tool that turns, cuts or enlarges makes a frame of its own: what was made from its result lies on that, not on the
upload.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

import services
from jobs.files import storage
from jobs.files.backends.base import StoredFile
from models import Job, db
from services.base import STEP_MASK

_MAX_VERSIONS = 500
_SEPARATOR = "."


@dataclass(frozen=True)
class Frame:
    """The results that lie on one original: `job` is the earliest that has that original; `versions`, newest first.

    `runs` are those, and jobs of which only the pictures after some steps lie on it.
    """

    job: Job
    versions: tuple[Job, ...]
    runs: tuple[Job, ...]


def find_frame(job: Job) -> Frame:
    """Return the frame of the original of a job: the results of the photo that have its size and lie on it."""
    known = _read_versions(job)
    first, mark = _find_start(job, known)
    size = job.width, job.height
    same = [each for each in known.values() if _find_start(each, known)[1] == mark]
    versions = tuple(each for each in same if _lies_on_original(each, size))
    return Frame(first, versions, tuple(each for each in same if each in versions or list_step_versions(each)))


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


def split_version(value: str) -> tuple[str, str]:
    """Return a job's id and the key of a step of its run, "" for its result, of what a form says for a version."""
    job_id, _, key = value.partition(_SEPARATOR)
    return job_id, key


def join_version(job: Job, key: str = "") -> str:
    """Return what a form says for the result of a job, or for the picture after a step of its run."""
    return f"{job.id}{_SEPARATOR}{key}" if key else job.id


def list_step_versions(job: Job) -> list[dict[str, Any]]:
    """Return what the row tells of the steps of a run whose pictures are there whole and lie on its original."""
    lying = (
        step
        for step in job.steps or ()
        if step.get("cached") and (step["width"], step["height"]) == (job.width, job.height)
    )
    return [step for step in lying if _get_cached(job, step["cached"]).exists()]


def list_step_maps(job: Job, key: str) -> list[StoredFile]:
    """Return what the steps of a run up to this one filled, as change maps, and those of what the job was made from."""
    keys = [step["key"] for step in job.steps or ()]
    until = (job.steps or ())[: keys.index(key) + 1]
    filled = [_get_cached(job, f"{step['cached']}{STEP_MASK}") for step in until if step.get("cached")]
    own = _get_change_map(job)
    return [file for file in (*filled, *list_change_maps(job)) if file != own and file.exists()]


def _get_cached(job: Job, name: str) -> StoredFile:
    return storage.get_file(job.id, storage.name_cache_file(name))


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
