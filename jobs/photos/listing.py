"""The lists of a person's jobs, the newest first: all that a filter leaves in, or one for each photo.

A page begins after the job that the one before it ended with, so each is as cheap as the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from jobs.errors import NotFound
from models import Job, db

MAX_NAME_LENGTH = 100
Page = tuple[list[Job], str | None]


@dataclass(frozen=True)
class Filter:
    """Which jobs are meant: each part that is "" or None leaves all in.

    `name` is a part of the owner's name for the job or of the file's; capital letters do not matter. `since` and
    `until` bound the time at which the job was made, the second not included. `photo` is a `photo_id`. `has_result`
    leaves out jobs without one.
    """

    service: str = ""
    name: str = ""
    since: datetime | None = None
    until: datetime | None = None
    photo: str = ""
    has_result: bool = False

    def list_conditions(self, job: Any = Job) -> list[ColumnElement[bool]]:
        """Return the conditions on `Job`, or on an alias of it."""
        found: list[ColumnElement[bool]] = []
        if self.service:
            found.append(job.service == self.service)
        if self.photo:  # it comes from outside, and databases compare their own with nothing but ASCII
            found.append(job.photo_id == self.photo if self.photo.isascii() else false())
        if self.name:
            part = self.name[:MAX_NAME_LENGTH]
            found.append(
                or_(job.title.icontains(part, autoescape=True), job.original_name.icontains(part, autoescape=True))
            )
        if self.since:
            found.append(job.created_at >= self.since)
        if self.until:
            found.append(job.created_at < self.until)
        if self.has_result:
            found.append(job.result_file != "")
        return found


ALL = Filter()


def list_page(user_id: int, size: int, before: str | None = None, chosen: Filter = ALL) -> Page:
    """Return the user's newest jobs, older than the job `before`, and the id to ask for the next page with.

    Raises NotFound for a `before` that is no job of the user.
    """
    return _read_page(_select_jobs(user_id, chosen), user_id, size, before)


def list_stacks(user_id: int, size: int, before: str | None = None, chosen: Filter = ALL) -> Page:
    """Return the same with one job for each photo: the newest of those that the filter leaves in."""
    return _read_page(select_newest(user_id, chosen), user_id, size, before)


def select_newest(user_id: int, chosen: Filter = ALL) -> Select[Job]:
    """Return the query for one job of each photo: the newest of those that the filter leaves in."""
    newer = aliased(Job)
    is_newer = or_(newer.created_at > Job.created_at, and_(newer.created_at == Job.created_at, newer.id > Job.id))
    same_photo = newer.user_id == user_id, newer.photo_id == Job.photo_id, newer.deleted_at.is_(None)
    covered = exists().where(*same_photo, *chosen.list_conditions(newer), is_newer)
    return _select_jobs(user_id, chosen).where(~covered)


def count_versions(user_id: int, jobs: Sequence[Job], chosen: Filter = ALL) -> dict[str, int]:
    """Return job id -> how many versions of its photo the filter leaves in."""
    photos = {job.photo_id for job in jobs}
    mine = [Job.user_id == user_id, Job.deleted_at.is_(None), Job.photo_id.in_(photos), *chosen.list_conditions()]
    rows = db.session.execute(select(Job.photo_id, func.count()).where(*mine).group_by(Job.photo_id)) if photos else ()
    counts: dict[str, int] = {photo_id: count for photo_id, count in rows}
    return {job.id: counts.get(job.photo_id, 1) for job in jobs}


def _select_jobs(user_id: int, chosen: Filter) -> Select[Job]:
    return select(Job).where(Job.user_id == user_id, Job.deleted_at.is_(None), *chosen.list_conditions())


def _read_page(query: Select[Job], user_id: int, size: int, before: str | None) -> Page:
    if before:
        query = query.where(_is_older(user_id, before))
    jobs = list(db.session.scalars(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(size + 1)))
    return jobs[:size], jobs[size - 1].id if len(jobs) > size else None


def _is_older(user_id: int, job_id: str) -> ColumnElement[bool]:
    """Older than this job of the user, deleted or not. The first comparison alone bounds the range of the index."""
    place = select(Job.created_at, Job.id).where(Job.id == job_id, Job.user_id == user_id)
    edge = db.session.execute(place).one_or_none() if job_id.isascii() else None
    if edge is None:
        raise NotFound()
    earlier = or_(Job.created_at < edge.created_at, Job.id < edge.id)
    return and_(Job.created_at <= edge.created_at, earlier)
