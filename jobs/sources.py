"""The picture of a new job where it is that of an earlier one: its original to run again, or its result to go on with.

The new job gets files of its own, so that each can be deleted without the other (in a folder they are linked, in a
bucket copied there); in the quotas they count for both.
"""

import fnmatch
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

import services
from errors import N_
from imaging.io.files import Header, probe
from jobs import options
from jobs.errors import NotFound, UploadRefused
from jobs.files import storage
from jobs.files.backends.base import Draft, StoredFile
from jobs.files.uploads import Upload
from jobs.photos.versions import list_change_maps, list_step_maps, list_step_versions, split_version
from models import Job, db
from services.base import CACHED_FRAME, Option, Service

FROM_JOB, FROM_VARIANT = "from_job", "from_which"
# `<option>_reuse` with the value 0 in the form means: this time without the picture of the earlier job.
REUSE = "_reuse"
# `<option>_from` in the form names the job whose result stands in for a file, where the option wants a version; with
# ".<step>" behind it, the picture after that step of its run.
VERSION = "_from"
WITHOUT = "original"  # or says that the photo itself is meant, not the version of before


@dataclass(frozen=True)
class Source:
    """An earlier job of the same account, which of its pictures is meant, and whether this is the same work again."""

    job: Job
    variant: str
    is_again: bool

    def uploads(self, service: Service, fields: Mapping[str, Any]) -> dict[str, str]:
        """Return option name -> file of the pictures uploaded back then that count once more."""
        if not self.is_again:
            return {}
        names = (option.name for option in options.list_uploads(service) if _counts_again(option.name, fields))
        return {name: self.job.options[name] for name in names if self.job.options.get(name)}

    def put_picture(self, draft: Draft) -> Upload:
        """Copy the picture and its small copies into a draft. Raises NotFound when it was deleted meanwhile."""
        file = self.job.original_file if self.variant == storage.ORIGINAL else self.job.result_file
        name = f"{storage.ORIGINAL}{Path(file).suffix}"
        size = self._put(file, draft, name)
        for kind in (storage.PREVIEW, storage.THUMBNAIL):
            self._put(storage.name_small(kind, Path(file).stem), draft, storage.name_small(kind, storage.ORIGINAL))
        return Upload(name, size, self._header())

    def put_upload(self, file: str, draft: Draft) -> Upload:
        """Copy a picture that was uploaded beside the original, with its small copies."""
        size = self._put(file, draft, file)
        for kind in (storage.PREVIEW, storage.THUMBNAIL):
            name = storage.name_small(kind, Path(file).stem)
            self._put(name, draft, name)
        maps = storage.name_version_map(Path(file).stem, "*")
        for name in fnmatch.filter(storage.list_files(self.job.id), maps):
            size += self._put(name, draft, name)
        return Upload(file, size, self._header())

    def put_version(self, version: "Version", option: str, draft: Draft) -> Upload:
        """Copy a picture of the job as what an option asks for, with its small copies and its change maps."""
        path = Path(version.file)
        suffix = path.suffix if not version.small else _find_suffix(storage.get_file(self.job.id, version.file))
        size = self._put(version.file, draft, f"{option}{suffix}")
        for kind in (storage.PREVIEW, storage.THUMBNAIL):
            self._put(storage.name_small(kind, version.small or path.stem), draft, storage.name_small(kind, option))
        for number, change_map in enumerate(version.change_maps):
            size += _copy(change_map, draft, storage.name_version_map(option, number))
        return Upload(f"{option}{suffix}", size, self._header())

    def copy_cache(self, draft: Draft) -> dict[str, int]:
        """Copy what the earlier run cached, where this is the same work again; return name -> bytes."""
        names = self.job.cache or () if self.is_again else ()
        found = {}
        for name in names:
            file = storage.name_cache_file(name)
            if storage.get_file(self.job.id, file).exists():
                found[name] = self._put(file, draft, file)
        return found

    def read_frame(self) -> str:
        """Return where the earlier run cut this picture, "left,top,width,height" in its parts, or ""."""
        if not self.is_again or CACHED_FRAME not in (self.job.cache or ()):
            return ""
        try:
            return storage.get_file(self.job.id, storage.name_cache_file(CACHED_FRAME)).read().decode()
        except FileNotFoundError:
            return ""

    def _header(self) -> Header:
        """The size of the picture, and the format that it should best be saved in."""
        if self.variant == storage.ORIGINAL:
            return Header(self.job.image_format, self.job.width, self.job.height, self.job.image_pages)
        width, height = self.job.result_width, self.job.result_height
        if not width:  # of a job from before these were written down
            with storage.get_file(self.job.id, self.job.result_file).local_copy() as path:
                seen = probe(path, math.inf)
            width, height = seen.width, seen.height
        return Header(self.job.image_format, width, height)

    def _put(self, file: str, draft: Draft, name: str) -> int:
        return _copy(storage.get_file(self.job.id, file), draft, name)


@dataclass(frozen=True)
class Version:
    """A picture of an earlier job that stands in for a file: its result with the change maps of what made it, or what
    it got beside its original.

    small: the stem of its small copies, where that is another than its own.
    """

    source: Source
    file: str
    change_maps: Sequence[StoredFile] = ()
    small: str = ""

    def put(self, option: str, draft: Draft) -> Upload:
        """Copy it into a draft as what an option asks for. Raises NotFound when it was deleted meanwhile."""
        return self.source.put_version(self, option, draft)


def find_named(user_id: int, service: Service, fields: Mapping[str, Any], is_sent: bool = False) -> Source | None:
    """Return what `from_job` and `from_which` of a form mean; None when they are not given, or a picture `is_sent`.

    Raises NotFound for a job that is missing, deleted or somebody else's or has no such picture, and UploadRefused for
    another word than "original" or "result".
    """
    job_id, variant = fields.get(FROM_JOB), fields.get(FROM_VARIANT) or storage.ORIGINAL
    _check_variant(variant)
    return find(user_id, service, job_id, variant) if job_id and not is_sent else None


def find_versions(user_id: int, service: Service, fields: Mapping[str, Any]) -> dict[str, Version]:
    """Return option name -> what of an earlier job the form names for it (VERSION). Raises NotFound."""
    given = ((option, fields.get(option.name + VERSION)) for option in service.options if option.from_job)
    wanted = [(option, job_id) for option, job_id in given if job_id and job_id != WITHOUT]
    return {option.name: _find_version(user_id, service, option, job_id) for option, job_id in wanted}


def _find_version(user_id: int, service: Service, option: Option, job_id: str) -> Version:
    job_id, key = split_version(job_id)
    if key:
        return _find_step_version(find(user_id, service, job_id, storage.ORIGINAL), option, key)
    if option.from_job == storage.RESULT:
        source = find(user_id, service, job_id, storage.RESULT)
        return Version(source, source.job.result_file, list_change_maps(source.job) if option.is_version else ())
    source = find(user_id, service, job_id, storage.ORIGINAL)
    names = [each.name for each in options.list_uploads(services.get(source.job.service))]
    file = source.job.options.get(option.from_job) if option.from_job in names else None
    if not file:
        raise NotFound()
    return Version(source, file)


def _find_step_version(source: Source, option: Option, key: str) -> Version:
    steps = {step["key"]: step for step in list_step_versions(source.job)} if option.is_version else {}
    if key not in steps:
        raise NotFound()
    file = storage.name_cache_file(steps[key]["cached"])
    return Version(source, file, list_step_maps(source.job, key), storage.name_step(key))


def _find_suffix(stored: StoredFile) -> str:
    """Return what the name of a cached picture ends with where files are called by their format."""
    try:
        with stored.local_copy() as path:
            return f".{probe(path, math.inf).format}"
    except FileNotFoundError:
        raise NotFound() from None


def _check_variant(variant: str) -> None:
    """Raise UploadRefused for another word than "original" or "result"."""
    choices = storage.ORIGINAL, storage.RESULT
    if variant not in choices:
        message = N_("Go on either with the original or with the result.")
        raise UploadRefused("unknown_source", message, field=FROM_VARIANT, allowed=choices)


def find(user_id: int, service: Service, job_id: str, variant: str) -> Source:
    """Return an earlier job's picture as the source of one for `service`. Raises as `find_named` does."""
    _check_variant(variant)
    own = select(Job).where(Job.id == job_id, Job.user_id == user_id, Job.deleted_at.is_(None))
    job = db.session.scalar(own) if str(job_id).isascii() else None
    if job is None or (variant == storage.RESULT and not job.result_file):
        raise NotFound()
    db.session.expunge(job)  # what is copied later needs no connection
    return Source(job, variant, job.service == service.key and variant == storage.ORIGINAL)


def _counts_again(name: str, fields: Mapping[str, Any]) -> bool:
    return fields.get(name + REUSE) != "0" and not fields.get(name + VERSION)


def _copy(source: StoredFile, draft: Draft, name: str) -> int:
    """Copy a file into a draft; return its bytes. Raises NotFound when it was deleted meanwhile."""
    try:
        with storage.translate_disk_errors():
            return draft.copy(source, name)
    except FileNotFoundError:
        raise NotFound() from None
