"""The verbs of albums: make, find, list, rename, fill, delete.

An album holds photos, each in all its versions, and shows the newest of each. A photo may be in several albums; it is
deleted with none of them unless that is asked for. An album that is missing and one that is somebody else's are the
same to every verb: NotFound.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select

import services
from accounts.security import audit, rights
from errors import N_
from jobs import options, trash
from jobs.errors import JobError, NotFound
from jobs.files import storage, uploads
from jobs.photos.listing import ALL, Filter, select_newest
from models import Album, AlbumPhoto, Job, User, count_changed, db
from models.album import MAX_NAME_LENGTH
from models.job import DONE, QUEUED, RUNNING

MAX_ALBUMS = 500
MAX_PHOTOS = 500
_WITH_RESULT = Filter(has_result=True)


@dataclass(frozen=True)
class Counts:
    """How many photos of an album have which status; `empty` of those that are done are so without a result."""

    statuses: Mapping[str, int]
    empty: int

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def active(self) -> int:
        """How many wait or are being worked on."""
        return sum(self.statuses.get(status, 0) for status in (QUEUED, RUNNING))


def create(user_id: int, name: str, job_ids: Sequence[str] = ()) -> Album:
    """Make an album of the photos that these jobs of the user are of; return its row.

    Where all of them were made with one tool, the album starts with that tool and the options of the first. Raises
    NotFound where none of the jobs is there, JobError for a missing name or where the account has MAX_ALBUMS.
    """
    shown = _clean_name(name)
    rights.lock_account(user_id)
    if (db.session.scalar(select(func.count()).where(Album.user_id == user_id)) or 0) >= MAX_ALBUMS:
        raise JobError("too_many_albums", N_("You have as many albums as an account can. Delete one first."))
    jobs = _find_jobs(user_id, job_ids)
    album = Album(id=storage.make_id(), user_id=user_id, name=shown, service="", options={})
    if len({job.service for job in jobs}) == 1:
        set_options(album, jobs[0].service, jobs[0].options)
    db.session.add(album)
    db.session.flush()
    _append(album.id, jobs)
    db.session.commit()
    return album


def find(user_id: int, album_id: str) -> Album:
    """Return the user's own album. Raises NotFound."""
    own = select(Album).where(Album.id == album_id, Album.user_id == user_id)
    album = db.session.scalar(own) if album_id.isascii() else None
    if album is None:
        raise NotFound()
    return album


def list_page(user_id: int, size: int, before: str | None = None) -> tuple[list[Album], str | None]:
    """Return the user's newest albums, older than the album `before`, and the id to ask for the next page with.

    Raises NotFound for a `before` that is no album of the user.
    """
    query = select(Album).where(Album.user_id == user_id)
    if before:
        edge = find(user_id, before)
        earlier = or_(Album.created_at < edge.created_at, Album.id < edge.id)
        query = query.where(and_(Album.created_at <= edge.created_at, earlier))
    found = list(db.session.scalars(query.order_by(Album.created_at.desc(), Album.id.desc()).limit(size + 1)))
    return found[:size], found[size - 1].id if len(found) > size else None


def list_photos(user_id: int, album_id: str, size: int, after: int = 0) -> tuple[list[Job], int | None]:
    """Return the newest version of each photo of an album behind the place `after`, in the order of the album, and the
    place to ask for the next page with.
    """
    query = _select_shown(user_id, album_id).add_columns(AlbumPhoto.position).where(AlbumPhoto.position > after)
    rows = db.session.execute(query.order_by(AlbumPhoto.position).limit(size + 1)).all()
    return [row[0] for row in rows[:size]], rows[size - 1][1] if len(rows) > size else None


def list_of_photo(user_id: int, photo_id: str) -> list[Album]:
    """Return the user's albums that a photo is in, the newest first."""
    holding = select(Album).join(AlbumPhoto, AlbumPhoto.album_id == Album.id)
    own = holding.where(Album.user_id == user_id, AlbumPhoto.photo_id == photo_id)
    return list(db.session.scalars(own.order_by(Album.created_at.desc(), Album.id.desc())))


def list_result_ids(user_id: int, album_id: str) -> list[str]:
    """Return for each photo of an album that has results the id of the job that made the newest."""
    query = _select_shown(user_id, album_id, _WITH_RESULT).with_only_columns(Job.id)
    return list(db.session.scalars(query.order_by(AlbumPhoto.position)))


def count_photos(user_id: int, album_ids: Sequence[str]) -> dict[str, Counts]:
    """Return album id -> how many photos are in it, by the status of the newest version."""
    shown = select_newest(user_id).join(AlbumPhoto, AlbumPhoto.photo_id == Job.photo_id)
    columns = AlbumPhoto.album_id, Job.status, Job.result_file == ""
    grouped = shown.with_only_columns(*columns, func.count()).where(AlbumPhoto.album_id.in_(album_ids))
    statuses: dict[str, Counter[str]] = {album_id: Counter() for album_id in album_ids}
    empty: Counter[str] = Counter()
    for album_id, status, is_empty, count in db.session.execute(grouped.group_by(*columns)):
        statuses[album_id][status] += count
        empty[album_id] += count if status == DONE and is_empty else 0
    return {album_id: Counts(counter, empty[album_id]) for album_id, counter in statuses.items()}


def find_first_versions(jobs: Sequence[Job]) -> dict[str, Job]:
    """Return photo id -> the job of the upload, for jobs of one account; those that are deleted are missing."""
    if not jobs:
        return {}
    photos = Job.id.in_({job.photo_id for job in jobs}), Job.user_id == jobs[0].user_id, Job.deleted_at.is_(None)
    return {first.id: first for first in db.session.scalars(select(Job).where(*photos))}


def rename(user_id: int, album_id: str, name: str) -> None:
    """Give an album another name. Raises NotFound, JobError for a missing name."""
    album = find(user_id, album_id)
    album.name = _clean_name(name)
    db.session.commit()


def add(user_id: int, album_id: str, job_ids: Sequence[str]) -> int:
    """Put the photos that these jobs of the user are of into an album; return how many were not in it before.

    Raises NotFound where none of the jobs is there, JobError where the album would have more than MAX_PHOTOS.
    """
    rights.lock_account(user_id)
    find(user_id, album_id)
    count = _append(album_id, _find_jobs(user_id, job_ids))
    db.session.commit()
    return count


def remove(user_id: int, album_id: str, job_ids: Sequence[str]) -> int:
    """Take the photos of these jobs out of an album; return how many those were. The photos stay where they are."""
    find(user_id, album_id)
    photos = [job.photo_id for job in _find_jobs(user_id, job_ids)]
    there = AlbumPhoto.album_id == album_id, AlbumPhoto.photo_id.in_(photos)
    count = count_changed(delete(AlbumPhoto).where(*there))
    db.session.commit()
    return count


def delete_album(user: User, album_id: str, with_photos: bool, address: str | None) -> None:
    """Delete an album. Its photos stay, unless `with_photos` moves all their versions to the trash (`jobs.trash`)."""
    owner, user_id = user.name, user.id
    find(user_id, album_id)
    photos = select(AlbumPhoto.photo_id).where(AlbumPhoto.album_id == album_id)
    versions = select(Job.id).where(Job.user_id == user_id, Job.photo_id.in_(photos), Job.deleted_at.is_(None))
    job_ids = list(db.session.scalars(versions)) if with_photos else []
    db.session.execute(delete(Album).where(Album.id == album_id, Album.user_id == user_id))
    if job_ids:
        trash.put(user_id, job_ids)
    db.session.commit()
    audit.record("album_deleted", actor=owner, target=owner, address=address, detail=f"{len(job_ids)} jobs")


def set_options(album: Album, service: str, wanted: dict[str, Any]) -> None:
    """Remember with which tool and options all of an album was worked on; what was uploaded beside a photo is not."""
    uploaded = {option.name for option in options.list_uploads(services.get(service))}
    album.service = service
    album.options = {name: value for name, value in wanted.items() if name not in uploaded}


def remove_erased() -> None:
    """Forget the photos whose last version is erased, and with the last photo of an album the album."""
    job_of_photo = exists().where(Job.user_id == Album.user_id, Job.photo_id == AlbumPhoto.photo_id)
    gone = select(AlbumPhoto.album_id, AlbumPhoto.photo_id).join(Album).where(~job_of_photo)
    rows = db.session.execute(gone).all()
    db.session.rollback()
    for album_id, photo_id in rows:
        place = AlbumPhoto.album_id == album_id, AlbumPhoto.photo_id == photo_id
        db.session.execute(delete(AlbumPhoto).where(*place))
    for album_id in {row.album_id for row in rows}:
        is_filled = exists().where(AlbumPhoto.album_id == album_id)
        db.session.execute(delete(Album).where(Album.id == album_id, ~is_filled))
    db.session.commit()


def _select_shown(user_id: int, album_id: str, chosen: Filter = ALL) -> Any:
    in_album = and_(AlbumPhoto.photo_id == Job.photo_id, AlbumPhoto.album_id == album_id)
    return select_newest(user_id, chosen).join(AlbumPhoto, in_album)


def _clean_name(name: str) -> str:
    shown = uploads.clean_title(name)[:MAX_NAME_LENGTH].strip()
    if not shown:
        raise JobError("name_needed", N_("Please give the album a name."), field="name")
    return shown


def _find_jobs(user_id: int, job_ids: Sequence[str]) -> list[Job]:
    """Return the user's living jobs of these ids, in the order in which they were made. Raises NotFound."""
    if not job_ids:
        return []
    plain = [job_id for job_id in job_ids if job_id.isascii()]
    mine = select(Job).where(Job.id.in_(plain), Job.user_id == user_id, Job.deleted_at.is_(None))
    found = list(db.session.scalars(mine.order_by(Job.created_at, Job.id)))
    if not found:
        raise NotFound()
    return found


def _append(album_id: str, jobs: Iterable[Job]) -> int:
    """Put the photos of jobs at the end of an album; those that are in it stay where they are. Return how many came."""
    rows = db.session.execute(select(AlbumPhoto.photo_id, AlbumPhoto.position).where(AlbumPhoto.album_id == album_id))
    there = {photo_id: position for photo_id, position in rows}
    new = [photo_id for photo_id in dict.fromkeys(job.photo_id for job in jobs) if photo_id not in there]
    if len(there) + len(new) > MAX_PHOTOS:
        raise JobError("album_full", N_("An album holds at most 500 photos."))
    last = max(there.values(), default=0)
    for place, photo_id in enumerate(new, last + 1):
        db.session.add(AlbumPhoto(album_id=album_id, photo_id=photo_id, position=place))
    return len(new)
