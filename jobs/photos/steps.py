"""The steps from an upload to a result: which jobs were made one from the other's result, and what follows."""

from dataclasses import dataclass

from sqlalchemy import func, select

from jobs.files import storage
from models import Job, db

_MAX_VERSIONS = 500


@dataclass(frozen=True)
class Steps:
    """The way to a job: `path` from the first step on, the job itself last, and the job that follows on it.

    `following` is the newest job made from its result, or None. `is_whole` is False where an earlier step is gone.
    `versions` counts all jobs of the photo that are not deleted.
    """

    path: tuple[Job, ...]
    following: Job | None
    is_whole: bool
    versions: int

    @property
    def previous(self) -> Job | None:
        """The job whose result this one was made from; None for the first step."""
        return self.path[-2] if len(self.path) > 1 else None


def find_steps(job: Job) -> Steps:
    """Return the steps that led to a job of its owner.

    A run on the same original is no further step but another try at the same one: it follows on what that followed on.
    """
    mine = [Job.user_id == job.user_id, Job.photo_id == job.photo_id, Job.deleted_at.is_(None)]
    newest = select(Job).where(*mine).order_by(Job.created_at.desc(), Job.id.desc()).limit(_MAX_VERSIONS)
    jobs = list(db.session.scalars(newest))
    known = {each.id: each for each in jobs}
    path, current = [job], job
    while parent := known.get(current.parent_id):
        if current.parent_variant == storage.RESULT:
            path.insert(0, parent)
        current = parent
    made_from_it = (each for each in jobs if each.parent_id == job.id and each.parent_variant == storage.RESULT)
    count = len(jobs) if len(jobs) < _MAX_VERSIONS else db.session.scalar(select(func.count()).where(*mine)) or 0
    return Steps(tuple(path), next(made_from_it, None), not current.parent_id, count)
