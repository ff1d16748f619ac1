"""The options of a job: from the form to its row, from the row to the worker, and from an earlier row to a new form."""

import itertools
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from imaging.io import files
from imaging.io.files import Picture
from jobs.availability import check_choices
from jobs.files import storage
from models import Job
from services.base import CACHE, MAX_MEGAPIXELS, PLACES, UPLOADED, Option, Service, name_version_map

# Stands for an uploaded picture while the other options are checked, transparent as hints must be; the worker decodes
# the real one.
_SOME_PICTURE = Picture(np.zeros((1, 1, 4), np.uint8))


def parse_form(
    service: Service, fields: Mapping[str, Any], uploaded: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """Type and check the fields of a form; return them as the row keeps them, and the names of the uploads that count.

    `uploaded` names the options whose picture is at hand. In the row an upload is None until its file has a name.
    Raises InvalidOption, or what the service's own check raises.
    """
    kinds = {option.name: option.kind for option in service.options}
    raw = {name: fields.get(name) for name, kind in kinds.items() if kind not in UPLOADED}
    raw |= {name: _SOME_PICTURE for name, kind in kinds.items() if kind in UPLOADED and name in uploaded}
    options = service.parse_options(raw)
    check_choices(service, options)
    row = {name: None if kinds[name] in UPLOADED else value for name, value in options.items()}
    counting = [option.name for option in list_uploads(service) if option.matters(options)]
    return row, [name for name in counting if options[name] is not None]


def list_uploads(service: Service | None) -> tuple[Option, ...]:
    """Return the options of a service whose value is uploaded beside the picture."""
    return tuple(option for option in service.options if option.kind in UPLOADED) if service else ()


def prepare_for_run(service: Service, job: Job, max_megapixels: float) -> dict[str, Any]:
    """Return the options of a job as its service wants them: uploads decoded, a place as numbers, CACHE as bytes,
    and MAX_MEGAPIXELS.

    A job that waited while the site was upgraded may lack a new option: that one has its default.
    Raises PictureError, and FileNotFoundError when the job is gone.
    """
    options = {option.name: job.options.get(option.name, option.default) for option in service.options}
    for option in service.options:
        value = options[option.name]
        if option.kind in UPLOADED and value:
            with storage.get_file(job.id, value).local_copy() as path:
                options[option.name] = files.decode(path, max_megapixels)
        elif option.kind in PLACES and value:
            options[option.name] = tuple(value)
    cache = read_cache(job) | _read_version_maps(service, job.id)
    return options | {CACHE: cache, MAX_MEGAPIXELS: max_megapixels}


def read_cache(job: Job) -> dict[str, bytes]:
    """Return what an earlier run cached for this one; a file that is not there any more is no loss but of time."""
    found = {}
    for name in job.cache or ():
        with suppress(FileNotFoundError):
            found[name] = storage.get_file(job.id, storage.name_cache_file(name)).read()
    return found


def _read_version_maps(service: Service, job_id: str) -> dict[str, bytes]:
    """Return the change maps that came along with the results of earlier jobs, by their names in CACHE."""
    found = {}
    for option in service.options:
        for number in itertools.count() if option.is_version else ():
            try:
                data = storage.get_file(job_id, storage.name_version_map(option.name, number)).read()
            except FileNotFoundError:
                break
            found[name_version_map(option.name, number)] = data
    return found


def format_fields(service: Service | None, options: Mapping[str, Any]) -> dict[str, str]:
    """Return stored options as the fields of the service's form; uploads and what is not set are left out."""
    found = {}
    for option in service.options if service else ():
        value = options.get(option.name, option.default)
        if value is not None and option.kind not in UPLOADED:
            found[option.name] = _format_field(option.kind, value)
    return found


def _format_field(kind: str, value: Any) -> str:
    if kind == "switch":
        return "1" if value else "0"
    if kind == "number":
        return f"{value:g}"
    return ",".join(f"{part:.6g}" for part in value) if kind in PLACES else str(value)
