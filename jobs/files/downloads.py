"""The pictures of a job as they go out: as stored, or converted in a child process into another format."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from flask import current_app

import services
from errors import N_
from imaging.io.convert import convert
from imaging.io.files import OUTPUT_FORMATS
from jobs.errors import JobError, NotFound, ServiceUnavailable
from jobs.files import results, storage, uploads
from jobs.files.backends.base import Stat, StoredFile
from jobs.files.decoding_slots import NoSlot, get_slots
from jobs.options import list_uploads
from models import Job

_WAIT_SECONDS = 10
_RETRY_SECONDS = 10
_SUFFIXES = {"jpeg": "jpg"}
_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "tif": "image/tiff",
    "heic": "image/heic",
    "avif": "image/avif",
}
# How a stored file's suffix is called as a format.
_FORMATS = {suffix: mimetype.removeprefix("image/") for suffix, mimetype in _TYPES.items()}
_LOSSY = ("jpeg", "webp")
_LOSSY_ORIGINALS = ("heic", "avif")
_METADATA = ("keep", "strip")
UPLOAD = "upload"  # the start of a variant: "upload-<option>"
CHANGE_MAP = "change-map"  # a variant: of the result as it is chosen


@dataclass(frozen=True)
class DownloadSpec:
    """How a picture is to be sent. `format` None is as it is stored; `metadata` None too.

    `quality` (1 to 100, for JPEG and WebP; PNG has none) and `metadata` ("keep" what the camera wrote, or "strip")
    may be given without a format: the picture then keeps its own, or the nearest that can be written.
    """

    format: str | None = None
    quality: int | None = None
    metadata: str | None = None


@dataclass(frozen=True)
class Download:
    """A file to send: `stored` as it is, or what `conversion` makes of it for an account.

    `name` is ours and safe in a header; `seen` is the stored file as it was when it was looked up.
    """

    stored: StoredFile
    seen: Stat
    name: str
    conversion: DownloadSpec | None = None
    user_id: int = 0

    @property
    def mimetype(self) -> str:
        suffix = self.name.rpartition(".")[2]
        return _TYPES.get(suffix) or results.FILE_TYPES[suffix]

    @property
    def etag(self) -> str:
        """A mark of the content, known before anything is converted."""
        return hashlib.sha256(f"{self.seen.mark} {self.conversion}".encode()).hexdigest()[:32]

    def open(self, start: int = 0, stop: int | None = None) -> BinaryIO:
        """Open the bytes of a stored file from `start` up to, not including, `stop`; what is converted, whole.

        What is converted is gone with the open file. Raises NotFound when it was deleted meanwhile, PictureError (no
        transparency in JPEG), StorageFull, StorageAway, ServiceUnavailable.
        """
        try:
            if not self.conversion:
                return self.stored.open(start, stop)
            path = _convert(self.stored, self.name.rpartition(".")[2], self.conversion, self.user_id)
        except FileNotFoundError:
            raise NotFound() from None
        try:
            return path.open("rb")
        finally:
            path.unlink(missing_ok=True)


def parse_spec(format: str | None = None, quality: str | None = None, metadata: str | None = None) -> DownloadSpec:
    """Read the parameters of an address; an empty one counts as absent. Raises JobError for what cannot be done."""
    if format and format not in OUTPUT_FORMATS:
        raise JobError("unknown_format", N_("Pictures can be downloaded as PNG, JPEG or WebP."))
    if metadata and metadata not in _METADATA:
        raise JobError("unknown_metadata", N_("The details in a picture can be kept (keep) or removed (strip)."))
    if quality and not (quality.isascii() and quality.isdigit() and len(quality) <= 3 and 1 <= int(quality) <= 100):
        raise JobError("bad_quality", N_("The quality is a whole number from 1 to 100."))
    return DownloadSpec(format or None, int(quality) if quality else None, metadata or None)


def prepare_picture(job: Job, variant: str, spec: DownloadSpec = DownloadSpec()) -> Download:
    """Return the original, the result, the mask, the change map of the result or "answer-<number>", as the spec says.

    What is stored stays as it is: without loss, for results. A change map always does. Raises NotFound.
    """
    if variant == CHANGE_MAP:
        spec = DownloadSpec()
    stored, seen = _find_stored(job, _find_file(job, variant))
    prefix = job.service if variant == storage.RESULT else f"{job.service}-{variant}"
    own = _FORMATS[stored.suffix[1:]]
    format = spec.format or own
    changes = format != own or spec.metadata == "strip" or (spec.quality and format in _LOSSY)
    if changes and format not in OUTPUT_FORMATS:
        format = "jpeg" if format in _LOSSY_ORIGINALS else "png"
    suffix = _SUFFIXES.get(format, format)
    name = _name(job, prefix, suffix if changes else stored.suffix[1:])
    conversion = DownloadSpec(format, spec.quality, spec.metadata) if changes else None
    return Download(stored, seen, name, conversion, job.user_id)


def _find_file(job: Job, variant: str) -> str:
    files = {"original": job.original_file, "result": job.result_file, "mask": job.mask_file}
    for number, file in enumerate(results.list_alternatives(job)):
        files[f"{storage.ALTERNATIVE}-{number}"] = file
    for option in list_uploads(services.get(job.service)):
        files[f"{UPLOAD}-{option.name}"] = job.options.get(option.name) or ""
    if job.changes:
        files[CHANGE_MAP] = f"{storage.name_change_map(Path(job.result_file).stem)}.png"
    return files.get(variant, "")


def list_formats(job: Job) -> list[str]:
    """Return the formats that the result can be downloaded in, the one nearest to the original's first."""
    own = find_own_format(job)
    return sorted(_list_possible_formats(job), key=lambda format: format != own)


def find_own_format(job: Job) -> str:
    """Return the format of the original, or the nearest to it that the result can be written in."""
    possible = _list_possible_formats(job)
    if job.image_format in possible:
        return job.image_format
    return "jpeg" if job.image_format in _LOSSY_ORIGINALS and "jpeg" in possible else "png"


def _list_possible_formats(job: Job) -> tuple[str, ...]:
    return ("png", "webp") if job.result_has_alpha else ("jpeg", "png", "webp")


def find_small(job: Job, kind: str, of: str) -> Download:
    """Return a small copy of the original, of the result, of "answer-<number>", of "step-<key>", of "upload-<option>"
    as it came, or of the change map in colours.

    Raises NotFound.
    """
    steps = {storage.name_step(step["key"]) for step in job.steps or () if step["shown"]}
    file = of if of in steps else "" if of == "mask" else _find_file(job, of)
    found = _find_stored(job, storage.name_small(kind, Path(file).stem) if file else "")
    return Download(*found, _name(job, f"{job.service}-{of}-{kind}", "webp"))


def find_upload(job: Job, option: str) -> Download:
    """Return a picture that was uploaded beside the original, as it came. Raises NotFound."""
    if option not in [each.name for each in list_uploads(services.get(job.service))]:
        raise NotFound()
    stored, seen = _find_stored(job, job.options.get(option) or "")
    return Download(stored, seen, _name(job, f"{job.service}-{option}", stored.suffix[1:]))


def find_finished(job: Job, name: str) -> Download:
    """Return one of the files that the run finished for download. Raises NotFound."""
    if name not in [file["name"] for file in job.files or ()]:
        raise NotFound()
    found = _find_stored(job, storage.name_finished_file(name))
    stem, _, suffix = name.rpartition(".")
    return Download(*found, _name(job, f"{job.service}-{stem}", suffix))


def find_live_copy(job: Job, name: str) -> Download:
    """Return one of the small pictures from which the page draws options at once. Raises NotFound."""
    if name not in list_live_copies(job):
        raise NotFound()
    return Download(*_find_stored(job, storage.name_cache_file(name)), _name(job, f"{job.service}-{name}", "webp"))


def list_live_copies(job: Job) -> list[str]:
    """Return the names of the live copies that a job's run has left; none where it gave no result."""
    service = services.get(job.service)
    declared = service.live_copies if service and job.result_file else ()
    return [name for name in declared if name in (job.cache or ())]


def _name(job: Job, prefix: str, suffix: str) -> str:
    return uploads.build_download_name(prefix, uploads.choose_shown_name(job.title, job.original_name), suffix)


def _find_stored(job: Job, name: str) -> tuple[StoredFile, Stat]:
    if not name:
        raise NotFound()
    stored = storage.get_file(job.id, name)
    try:
        return stored, stored.stat()
    except FileNotFoundError:
        raise NotFound() from None


def _convert(stored: StoredFile, suffix: str, spec: DownloadSpec, user_id: int) -> Path:
    target = storage.make_scratch_path(suffix)
    chosen = {"quality": spec.quality} if spec.quality else {}
    slots = get_slots()
    try:
        with slots.slot(user_id, _WAIT_SECONDS), storage.translate_disk_errors(), stored.local_copy() as path:
            convert(
                path,
                target,
                spec.format or _FORMATS[suffix],
                metadata=spec.metadata or "keep",
                max_megapixels=current_app.config["MAX_MEGAPIXELS"],
                memory=partial(slots.memory, user_id, seconds=_WAIT_SECONDS),
                **chosen,
            )
    except NoSlot as error:
        raise ServiceUnavailable(
            "busy",
            N_("The server is converting many pictures right now. Try again in a moment."),
            retry_after=_RETRY_SECONDS,
        ) from error
    return target
