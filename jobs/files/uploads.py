"""From the bytes of a request to a checked picture in a job's folder."""

import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from flask import current_app

import traces
from errors import N_
from imaging.io.check import inspect
from imaging.io.errors import OutOfTime, PictureError, TooCostly, TooManyBytes, TooManyPixels
from imaging.io.formats import Header
from jobs import quotas
from jobs.errors import ServiceUnavailable, UploadRefused
from jobs.files import storage
from jobs.files.decoding_slots import NoSlot, get_slots
from jobs.guests import guest_quotas
from models import db

_CHUNK_BYTES = 1 << 20
_NAME_LENGTH = 100
_STEM_LENGTH = 80
_WAIT_SECONDS = 10
# What a file counts in the day that turned out to be no usable picture; one that met a limit counts as the largest.
_REFUSED_MEGAPIXELS = 1
_RETRY_SECONDS = 3
_SUFFIXES = {"jpeg": "jpg", "tiff": "tif"}


@dataclass(frozen=True)
class FormFile:
    """A file as a form brought it: its bytes, and what the client calls it."""

    stream: IO[bytes]
    name: str


@dataclass(frozen=True)
class Upload:
    """A checked picture in a job's folder. `file` is its name there."""

    file: str
    bytes: int
    header: Header


def receive(upload: FormFile | None, folder: Path, stem: str, user_id: int) -> Upload:
    """Copy an upload of an account into `folder` as `stem`, check it, and make its small copies.

    A file that cannot be used counts in the account's day, for looking at it took its time.

    Raises UploadRefused, PictureError, StorageFull; ServiceUnavailable when too many are being checked.
    """
    if upload is None or not upload.name:
        raise UploadRefused("no_picture", N_("Please choose a picture."))
    config = current_app.config
    path = folder / f"{stem}.part"
    with storage.translate_disk_errors():
        with traces.span("copy the upload"):
            size = _copy(upload.stream, path, config["MAX_UPLOAD_MEGABYTES"] * quotas.MEGABYTE)
        with traces.span("check the upload"):
            header = _inspect(path, folder, stem, user_id)
        file = f"{stem}.{_SUFFIXES.get(header.format, header.format)}"
        path.rename(folder / file)
    return Upload(file, size, header)


def copy_of(upload: FormFile | None, user_id: int) -> bytes:
    """Return a small WebP copy of an upload that becomes no job yet; its pixels count in the account's day.

    Raises what `receive` raises, and QuotaExceeded.
    """
    with storage.draft(storage.make_id()) as draft:
        header = receive(upload, draft.folder, storage.ORIGINAL, user_id).header
        quotas.charge(user_id, header.width * header.height)
        return (draft.folder / storage.name_small(storage.PREVIEW, storage.ORIGINAL)).read_bytes()


def clean_name(client_name: str) -> str:
    """Return what a client calls a file, fit to be shown: no folders, no control characters, not long."""
    return clean_title(re.split(r"[/\\]", client_name)[-1]) or "picture"


def clean_title(text: str) -> str:
    """Return an owner's title for a job, fit to be shown: no control characters, not too long; it may be empty."""
    shown = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C")
    return shown.strip()[:_NAME_LENGTH]


def choose_shown_name(title: str, original_name: str) -> str:
    """Return what `build_download_name` makes a name of: the owner's own name for a job, else that of the file."""
    return f"{title.replace('/', '_')}.title" if title else original_name


def build_download_name(prefix: str, shown_name: str, suffix: str) -> str:
    """Return a safe file name for a download: letters, digits, dots, dashes and spaces of the shown name."""
    stem = re.sub(r"[^\w\-. ]+", "_", Path(shown_name).stem).strip("._ ")[:_STEM_LENGTH]
    return f"revive-{prefix}-{stem or 'picture'}.{suffix}"


def _copy(stream: IO[bytes], path: Path, max_bytes: int) -> int:
    size = 0
    with path.open("xb") as file:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise UploadRefused(TooManyBytes.key, TooManyBytes.message, 413)
            file.write(chunk)
    if not size:
        raise UploadRefused("empty_file", N_("This file is empty."))
    return size


def _inspect(path: Path, folder: Path, stem: str, user_id: int) -> Header:
    preview, thumbnail = (folder / storage.name_small(kind, stem) for kind in (storage.PREVIEW, storage.THUMBNAIL))
    slots, megapixels = get_slots(), guest_quotas.find_max_megapixels(user_id)
    owner = guest_quotas.find_owner(user_id)
    db.session.rollback()  # the check needs no connection
    memory = partial(slots.memory, owner, seconds=_WAIT_SECONDS)
    try:
        with slots.slot(owner, _WAIT_SECONDS):
            return inspect(path, preview, thumbnail, max_megapixels=megapixels, memory=memory)
    except (OutOfTime, NoSlot) as error:  # that is not the picture's fault
        raise _build_busy_error() from error
    except PictureError as error:
        costly = megapixels if isinstance(error, TooCostly) else _REFUSED_MEGAPIXELS
        quotas.charge(user_id, round(costly * 1e6), refuse=False)
        if isinstance(error, TooManyPixels) and owner == guest_quotas.ALL_GUESTS:
            raise guest_quotas.make_size_refusal() from error
        raise


def _build_busy_error() -> ServiceUnavailable:
    return ServiceUnavailable(
        "busy",
        N_("The server is checking many pictures right now. Try again in a moment."),
        retry_after=_RETRY_SECONDS,
    )
