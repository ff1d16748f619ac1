"""What a run gave back, as files of its job and as the columns that name them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Row

from imaging.change_map import count_shares, draw_map, encode_map, measure_changes
from imaging.io import files
from imaging.io.check import PREVIEW_QUALITY, PREVIEW_SIDE, THUMBNAIL_QUALITY, THUMBNAIL_SIDE
from imaging.io.files import Picture, encode_grey
from jobs import options
from jobs.errors import StorageAway
from jobs.files import storage
from models import Job
from services import get
from services.base import File, Result, Service, StepResult

_CACHE_NAME = re.compile(r"[A-Za-z0-9]{1,32}")
_OF_A_RUN = re.compile(
    f"({'|'.join((storage.RESULT, storage.ALTERNATIVE, storage.FINISHED, storage.CACHE, storage.STEP))})[.-]"
)
_FILE_NAME = re.compile(r"[A-Za-z0-9-]{1,40}\.([a-z0-9]{2,5})")
_SMALL_COPIES = (
    (storage.PREVIEW, PREVIEW_SIDE, PREVIEW_QUALITY),
    (storage.THUMBNAIL, THUMBNAIL_SIDE, THUMBNAIL_QUALITY),
)
OVERLAY_QUALITY = 60
# What a finished download may be, and what it is called in the header of its response.
FILE_TYPES = {
    "csv": "text/csv",
    "jpg": "image/jpeg",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "webp": "image/webp",
    "zip": "application/zip",
}


def store(job: Job, service: Service, result: Result) -> dict[str, Any]:
    """Store all that a run gave back, pictures without loss; return the columns that tell of it.

    Raises ValueError for a result that the service must not give: no picture and no verdict for it, or names that are
    none. Raises StorageFull, and FileNotFoundError when the job is gone.
    """
    if result.picture is None and not service.verdicts.get(result.verdict):
        raise ValueError("a result without a picture needs a verdict that its service declares")
    columns: dict[str, Any] = {
        "verdict": result.verdict,
        "chosen": _choose_again(job, service, result),
        "checks": [asdict(check) for check in result.checks] or None,
        "steps": _save_steps(job, result.steps),
        "changes": None,
        "mask_file": "",
    }
    if result.picture is not None:
        columns |= _save_pictures(job, result.picture, result)
        columns["result_file"] = f"{storage.name_alternative(columns['chosen'] or 0)}.png"
    if result.mask is not None:
        columns["mask_file"] = f"{storage.MASK}.png"
        size = storage.save(job.id, columns["mask_file"], encode_grey(result.mask))
        columns["result_bytes"] = columns.get("result_bytes", 0) + size
    columns |= _save_files(job, result.files)
    columns["result_bytes"] = columns.get("result_bytes", 0) + sum(file["bytes"] for file in columns["files"] or ())
    cached = _store_cache(job, result)
    columns["cache"] = sorted(cached) or None
    columns["result_bytes"] += sum(cached.values())
    return columns


def list_names(job: Job | Row[Any]) -> Iterator[str]:
    """Yield the name of every file of a job, or of a row of its columns; the small copies are not among them."""
    yield job.original_file
    yield from (
        job.options[option.name] for option in options.list_uploads(get(job.service)) if job.options.get(option.name)
    )
    if job.result_file:
        pictures = list_alternatives(job) or [job.result_file]
        yield from pictures
        yield from (f"{storage.name_change_map(Path(name).stem)}.png" for name in pictures if job.changes)
    if job.mask_file:
        yield job.mask_file
    yield from (storage.name_finished_file(file["name"]) for file in job.files or ())
    yield from (storage.name_cache_file(name) for name in job.cache or ())


def list_alternatives(job: Job | Row[Any]) -> list[str]:
    """Return the files of the pictures that the result is picked from; none where there is but one."""
    return [f"{storage.name_alternative(number)}.png" for number in range(job.alternatives)]


def forget(job_id: str, cache_before: list[str] | None) -> None:
    """Remove what a run stored that does not count; what an earlier run cached stays.

    What a storage that is away has of it goes with the job.
    """
    known = {storage.name_cache_file(name) for name in cache_before or ()}
    with suppress(StorageAway):
        stored = [name for name in storage.list_files(job_id) if _OF_A_RUN.match(name)]
        storage.remove_files(job_id, *(name for name in stored if name not in known))


def _choose_again(job: Job, service: Service, result: Result) -> int | None:
    """Return the alternative of a kind that the owner picked from the run before, where this one has it too."""
    has_kinds = bool(service.alternative_names) and bool(job.chosen)
    return job.chosen if has_kinds and (job.chosen or 0) <= len(result.alternatives) else None


def _save_pictures(job: Job, first: Picture, result: Result) -> dict[str, Any]:
    """Store the result and the alternatives beside it, each with its small copies."""
    alternatives, size, changes = (first, *result.alternatives), 0, []
    for number, picture in enumerate(alternatives):
        stem = storage.name_alternative(number)
        size += _save_picture(job, stem, picture)
        if (source := result.find_source(number)) is not None:
            change_map = measure_changes(source, picture.pixels, result.replaced)
            size += _save_change_map(job, storage.name_change_map(stem), change_map)
            changes.append(asdict(count_shares(change_map)))
    return {
        "result_bytes": size,
        "result_has_alpha": first.has_alpha,
        "result_width": first.width,
        "result_height": first.height,
        "alternatives": len(alternatives) if result.alternatives else 0,
        "changes": changes or None,
    }


def _save_picture(job: Job, stem: str, picture: Picture) -> int:
    size = storage.save(job.id, f"{stem}.png", files.encode(picture, "png"))
    _save_small_copies(job, stem, picture)
    return size


def _save_small_copies(job: Job, stem: str, picture: Picture) -> None:
    for kind, side, quality in _SMALL_COPIES:
        storage.save(job.id, storage.name_small(kind, stem), files.make_preview(picture, side, quality=quality))


def _save_change_map(job: Job, stem: str, change_map: np.ndarray) -> int:
    size = storage.save(job.id, f"{stem}.png", encode_map(change_map))
    overlay = draw_map(change_map, PREVIEW_SIDE, OVERLAY_QUALITY)
    storage.save(job.id, storage.name_small(storage.PREVIEW, stem), overlay)
    return size


def _save_steps(job: Job, steps: tuple[StepResult, ...]) -> list[dict[str, Any]] | None:
    """Store small copies of what the steps made; return what the row tells of them."""
    for step in steps:
        if step.picture is not None:
            _save_small_copies(job, storage.name_step(step.key), step.picture)
    names = ("key", "state", "said", "value", "width", "height", "cached")
    told = [{name: getattr(step, name) for name in names} | {"shown": step.picture is not None} for step in steps]
    return told or None


def _save_files(job: Job, finished: tuple[File, ...]) -> dict[str, Any]:
    for file in finished:
        name = _FILE_NAME.fullmatch(file.name)
        if not name or name[1] not in FILE_TYPES:
            raise ValueError(f"a finished file cannot be called {file.name!r}")
    stored = [
        {
            "name": file.name,
            "label": file.label,
            "bytes": storage.save(job.id, storage.name_finished_file(file.name), file.data),
        }
        for file in finished
    ]
    return {"files": stored or None}


def _store_cache(job: Job, result: Result) -> dict[str, int]:
    """Store what a later run can use; what an earlier one cached and this one did not renew stays.

    Return name -> bytes of all.
    """
    for name, data in result.cache.items():
        if not _CACHE_NAME.fullmatch(name):
            raise ValueError(f"what a run keeps cannot be called {name!r}")
        storage.save(job.id, storage.name_cache_file(name), data)
    storage.remove_files(job.id, *map(storage.name_cache_file, result.dropped))
    stored = storage.list_files(job.id)
    files = {name: storage.name_cache_file(name) for name in {*(job.cache or ()), *result.cache}}
    return {name: stored[file] for name, file in files.items() if file in stored}
