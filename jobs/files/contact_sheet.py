"""The contact sheet of an album as a PDF to print: one frame a photo, or its before and after side by side.

Made from the small copies, within the same bounds as ZIP files: few at once, one for an account.
"""

import threading
from collections.abc import Generator
from dataclasses import dataclass

from flask import Flask
from flask.globals import app_ctx
from flask_babel import format_date, gettext, ngettext
from PIL import Image

import services
from errors import N_
from jobs.errors import JobError
from jobs.files import downloads, storage
from jobs.files.contact_sheet_pages import PAPERS, ContactSheet, Frame
from jobs.files.zip_stream import Archive
from jobs.photos import albums
from models import Album, Job, db

PDF = "application/pdf"
_AT_ONCE = 2
_BATCH = 50
_CHUNK_BYTES = 1 << 18
_BUSY = N_("Such a download is under way already, or other people are at theirs. Try again in a minute.")
_slots = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True)
class _Words:
    """What is written on the sheet, in the language of whoever asked: sending it, nobody asks any more."""

    tools: dict[str, str]
    pair: str
    no_result: str
    unreadable: str


def make_pdf(album: Album, paper: str, pairs: bool) -> Archive:
    """Return the contact sheet of an album, on "a4" or "letter", with `pairs` the original beside each result.

    A picture that cannot be read leaves an empty frame that says so. Raises JobError for another paper or an album
    without photos, ServiceUnavailable while the account has another download sent or too many are.
    """
    if paper not in PAPERS:
        error = JobError("unknown_paper", N_("The sheet can be printed on A4 or on Letter."), field="paper")
        error.allowed = tuple(PAPERS)
        raise error
    place = album.user_id, album.id
    count = albums.count_photos(album.user_id, [album.id])[album.id].total
    if not count:
        raise JobError("empty_album", N_("There are no photos in this album."), status=404)
    sheet = ContactSheet(paper, album.name, _describe(count, album), count, 2 if pairs else 1)
    return Archive(
        _slots, album.user_id, gettext(_BUSY), _stream_pieces(app_ctx.app, place, sheet, pairs, _collect_words())
    )


def _describe(count: int, album: Album) -> str:
    photos = ngettext("%(num)s photo", "%(num)s photos", count)
    return f"{format_date(album.created_at, 'long')} · {photos}"


def _collect_words() -> _Words:
    return _Words(
        tools={service.key: gettext(service.title) for service in services.list_all()},
        pair=gettext("before and after"),
        no_result=gettext("No result"),
        unreadable=gettext("could not be read"),
    )


def _stream_pieces(
    app: Flask, place: tuple[int, str], sheet: ContactSheet, pairs: bool, words: _Words
) -> Generator[bytes]:
    after: int | None = 0
    while after is not None:
        photos, after = _read_batch(app, *place, after)
        for newest, first in photos:
            sheet.add(_make_frame(app, newest, first, pairs, words))
    data = sheet.finish()
    for start in range(0, len(data), _CHUNK_BYTES):
        yield data[start : start + _CHUNK_BYTES]


def _read_batch(app: Flask, user_id: int, album_id: str, after: int) -> tuple[list[tuple[Job, Job]], int | None]:
    """Return the next photos of an album, each as its newest version and its first one, where that is still there."""
    with app.app_context():
        jobs, position = albums.list_photos(user_id, album_id, _BATCH, after)
        firsts = albums.find_first_versions(jobs)
        db.session.expunge_all()  # they outlive this session
    return [(job, firsts.get(job.photo_id, job)) for job in jobs], position


def _make_frame(app: Flask, newest: Job, first: Job, pairs: bool, words: _Words) -> Frame:
    before, after = (first, storage.ORIGINAL), (newest, storage.RESULT)
    about = [words.tools.get(newest.service, newest.service)]
    if not newest.result_file:
        about.append(words.no_result)
    elif pairs:
        about.append(words.pair)
    shown = (before, after) if pairs else (after if newest.result_file else before,)
    pictures = tuple(_read_picture(app, job, variant) for job, variant in shown)
    missing = words.no_result if pairs and not newest.result_file else words.unreadable
    return Frame(pictures, newest.title or newest.original_name, " · ".join(about), missing)


def _read_picture(app: Flask, job: Job, variant: str) -> Image.Image | None:
    """Return the small copy of a picture on white; None where there is none, or none that can be read."""
    try:
        with app.app_context():
            stored = downloads.find_small(job, storage.THUMBNAIL, variant).stored
        with stored.open() as file, Image.open(file, formats=["WEBP"]) as image:
            opaque = Image.new("RGB", image.size, "white")
            picture = image.convert("RGBA")
            opaque.paste(picture, mask=picture)
            return opaque
    except (JobError, OSError, ValueError, SyntaxError):  # Pillow has several for a broken file
        return None
