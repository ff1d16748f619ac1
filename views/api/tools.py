"""The tools, and the upload that makes a job."""

import re
from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

import services
from accounts.tokens import JOBS
from errors import N_
from jobs import idempotency
from jobs.errors import NotFound
from jobs.files.uploads import FormFile
from jobs.lifecycle import IMAGE
from jobs.sources import FROM_JOB, FROM_VARIANT, REUSE, VERSION
from services.base import UPLOADED, Service
from views.api.facts import tell_job, tell_tool
from views.api.operation import Made, WrongRequest, operation
from views.api.schemas import Job, Tool, Tools

_JOB_ID = re.compile("[0-9a-f]{32}")


@operation("GET", "/tools", N_("List the tools with their options"), response=Tools)
def tools() -> dict[str, Any]:
    return {"tools": [tell_tool(service) for service in services.list_all()]}


@operation("GET", "/tools/<service>", N_("Describe one tool"), response=Tool)
def tool(service: str) -> dict[str, Any]:
    return tell_tool(services.get(service) or abort(404))


@operation(
    "POST",
    "/tools/<service>/jobs",
    N_("Start a job on a picture"),
    JOBS,
    status=201,
    response=Job,
    is_upload=True,
    takes_key=True,
)
def create_job(service: str) -> Made:
    """A request with an Idempotency-Key that was there before gets the job that it has."""
    chosen = services.get(service) or abort(404)
    files = {name: FormFile(file.stream, file.filename or "picture") for name, file in request.files.items()}
    _check_names(chosen, files)
    key = request.headers.get(idempotency.KEY_FIELD, "")
    job, _is_new = idempotency.create_once(current_user.id, chosen, _read_fields(chosen), files, key)
    return Made(tell_job(job), url_for("api.job", id=job.id))


def _read_fields(service: Service) -> dict[str, str]:
    """Return the fields of the form; where one names a job by its `url`, whole or without the site, by its id.

    Raises WrongRequest for two jobs in one field, and NotFound for what can be no job: beside an uploaded picture
    `from_job` does not count, and a slip would go unnoticed.
    """
    names = {FROM_JOB, *(option.name + VERSION for option in service.options if option.from_job)}
    place = url_for("api.jobs") + "/"
    fields = request.form.to_dict()
    if repeated := sorted(name for name in names if len(request.form.getlist(name)) > 1):
        raise WrongRequest(repeated[0], message=N_("This field was sent more than once."))
    named = {name: fields[name].removeprefix(request.host_url.rstrip("/")) for name in names & fields.keys()}
    fields |= {name: value.removeprefix(place) for name, value in named.items()}
    if fields.get(FROM_JOB) and not _JOB_ID.fullmatch(fields[FROM_JOB]):
        raise NotFound()
    return fields


def _check_names(service: Service, files: dict[str, FormFile]) -> None:
    """Raise WrongRequest for a field or a file that the tool does not know: a slip would go unnoticed."""
    uploaded = [option.name for option in service.options if option.kind in UPLOADED]
    fields = [option.name for option in service.options if option.name not in uploaded]
    fields += [FROM_JOB, FROM_VARIANT, *(name + REUSE for name in uploaded)]
    fields += [option.name + VERSION for option in service.options if option.from_job]
    for given, known in ((request.form, fields), (files, [IMAGE, *uploaded])):
        if unknown := [name or "" for name in given if name not in known]:  # None: a part without a name
            raise WrongRequest(unknown[0], tuple(known), N_("There is no field with this name."))
