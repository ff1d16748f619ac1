"""The results of many jobs as one ZIP file, made while it is sent. One that cannot be read never ends the others."""

import threading
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import BinaryIO

from flask import Flask
from flask.globals import app_ctx
from flask_babel import gettext
from sqlalchemy import Select, and_, exists, or_, select

from accounts.data_export import find_account
from errors import N_
from imaging.io.errors import PictureError
from jobs.errors import JobError
from jobs.files import downloads, storage
from jobs.files.downloads import Download, DownloadSpec
from jobs.files.zip_stream import Archive, Pipe, make_entry, stream_open_file
from jobs.photos.listing import ALL, Filter
from models import Job, db

_AT_ONCE = 3
_BATCH = 50
_BUSY = N_("Such a download is under way already, or other people are at theirs. Try again in a minute.")
_LEFT_OUT = N_("These pictures could not be read and are left out:")
_LEFT_OUT_FILE = "left-out.txt"
OWN = "own"  # the format of each picture's original
_slots = threading.BoundedSemaphore(_AT_ONCE)


def make_zip(user_id: int, job_ids: Sequence[str], chosen: Filter = ALL, format: str = "") -> Archive:
    """Return the results of the user's jobs of these ids, or of all, as far as the filter leaves them in.

    Each is in `format` ("png", "jpeg", "webp", or "own", as when it is absent: see `downloads.find_own_format`), or as
    it is stored where that format cannot hold it; the files that a run finished for download are beside it. Jobs
    without a result are passed over. Raises JobError when nothing is left or the format is unknown, ServiceUnavailable
    while the account has another archive sent or too many are.
    """
    spec = None if format in ("", OWN) else downloads.parse_spec(format)
    mine = exists().where(find_account(user_id).is_there())
    wanted = select(Job).where(Job.user_id == user_id, mine, Job.deleted_at.is_(None), Job.result_file != "")
    wanted = wanted.where(*chosen.list_conditions())
    if job_ids:
        wanted = wanted.where(Job.id.in_([job_id for job_id in job_ids if job_id.isascii()]))
    if db.session.scalar(wanted.with_only_columns(Job.id).limit(1)) is None:
        raise JobError("nothing_to_download", N_("None of these pictures has a result to download."), status=404)
    pieces = _stream_pieces(app_ctx.app, wanted, spec, gettext(_LEFT_OUT))
    return Archive(_slots, user_id, gettext(_BUSY), pieces)


def make_album_zip(user_id: int, job_ids: Sequence[str], format: str = "") -> Archive:
    """Return the same of these jobs alone: without any, there is nothing to download."""
    return make_zip(user_id, job_ids or [""], format=format)


def _stream_pieces(app: Flask, wanted: Select[Job], spec: DownloadSpec | None, left_out_says: str) -> Generator[bytes]:
    pipe, left_out = Pipe(), []
    with zipfile.ZipFile(pipe, "w") as archive:
        for job in _read_jobs(app, wanted):
            for name, source in _open_sources(app, job, spec):
                if source is None:
                    left_out.append(name)
                else:
                    yield from stream_open_file(archive, pipe, source, name)
        if left_out:
            archive.writestr(make_entry(_LEFT_OUT_FILE), "\n".join([left_out_says, *left_out, ""]))
    yield pipe.take()


def _read_jobs(app: Flask, wanted: Select[Job]) -> Iterator[Job]:
    """Yield the jobs in the order of their numbers; the connection goes back before anything of them is sent."""
    last = (-1, "")
    while True:
        beyond = and_(Job.number >= last[0], or_(Job.number > last[0], Job.id > last[1]))
        with app.app_context():
            batch = list(db.session.scalars(wanted.where(beyond).order_by(Job.number, Job.id).limit(_BATCH)))
            db.session.expunge_all()  # they outlive this session
        if not batch:
            return
        yield from batch
        last = batch[-1].number, batch[-1].id


def _open_sources(app: Flask, job: Job, spec: DownloadSpec | None) -> Iterator[tuple[str, BinaryIO | None]]:
    """Yield the name of each file of a job and the open file, None for one that cannot be read.

    The number of the frame makes the name unique; should two jobs have the same, a part of the id does.
    """
    mark = f"{job.number:04}-{job.id[:6]}"
    as_stored = partial(downloads.prepare_picture, job, storage.RESULT)
    # Where this format cannot hold it, or the server is busy: better as it is stored than not at all.
    wanted = spec or DownloadSpec(downloads.find_own_format(job))
    yield _open_file(app, job, mark, partial(as_stored, wanted), as_stored)
    for file in job.files or ():
        yield _open_file(app, job, mark, partial(downloads.find_finished, job, file["name"]))


def _open_file(app: Flask, job: Job, mark: str, *ways: Callable[[], Download]) -> tuple[str, BinaryIO | None]:
    """Open what the first of the ways finds that leads to a file."""
    with app.app_context():
        for find in ways:
            try:
                download = find()
                return f"{mark}-{download.name.removeprefix('revive-')}", download.open()
            except (JobError, PictureError, OSError):
                continue
    return f"{mark} {job.title or job.original_name}", None
