"""The tools: the form of each, and the upload that starts a job."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

import services
from errors import DomainError
from imaging.io.errors import PictureError
from jobs import lifecycle, quotas
from jobs.errors import JobError
from jobs.files import uploads
from jobs.files.storage import ORIGINAL
from jobs.files.uploads import FormFile
from jobs.lifecycle import Template
from jobs.photos.versions import split_version
from jobs.sources import FROM_JOB, FROM_VARIANT
from models import db
from services.base import Service, ServiceError
from views.http.admission import max_body_bytes
from views.http.errors import append_allowed
from views.http.guards import wants_json
from views.jobs import samples, tools, versions

blueprint = Blueprint("studio", __name__)


@blueprint.app_url_value_preprocessor
def limit_body(endpoint: str | None, values: dict | None) -> None:
    """Let in only what the address takes. This runs before anything reads the body, the form's token included.

    A program that names no tool is told so: it would else hear that its picture is too large for one.
    """
    if endpoint == "api.create_job" and services.get((values or {})["service"]) is None:
        abort(404)
    request.max_content_length = max_body_bytes(current_app, endpoint, values)


@blueprint.route("/<name:username>/<service>", methods=["GET", "POST"])
def studio(username: str, service: str):
    chosen = _get_service(service)
    if request.method != "POST":
        return render_template("studio.html", **_read_prefill(chosen))
    return _create_job(chosen, request.form, _read_files())


@blueprint.post("/<name:username>/<service>/samples/<key>")
def sample(username: str, service: str, key: str):
    """Try the tool on a picture of ours, with the options of its example: a job like any other."""
    chosen = _get_service(service)
    with samples.open_sample(chosen, key) as files:
        return _create_job(chosen, samples.get_sample_options(chosen), files)


@blueprint.post("/<name:username>/preview")
def preview(username: str):
    """A small copy of a picture that the browser cannot show, before there is a job for it."""
    user_id = current_user.id
    quotas.check(user_id)
    db.session.rollback()  # the upload and its check need no connection
    copy = uploads.copy_of(_read_files().get(lifecycle.IMAGE), user_id)
    return Response(copy, mimetype="image/webp")


def _create_job(service: Service, fields: Mapping[str, Any], files: Mapping[str, FormFile]):
    try:
        job = lifecycle.create(current_user.id, service, fields, files)
    except (JobError, PictureError, ServiceError) as error:
        db.session.rollback()
        return _show_refusal(service, error)
    return redirect(url_for("jobs.show", username=current_user.name, id=job.id), 303)


def _get_service(key: str) -> Service:
    return services.get(key) or abort(404)


def _read_files() -> dict[str, FormFile]:
    """The chosen files of the form; a file field left empty comes without a name."""
    return {name: FormFile(file.stream, file.filename) for name, file in request.files.items() if file.filename}


def _read_prefill(service: Service) -> dict[str, Any]:
    """The form as the address asks for it: `?from=<job>&which=original|result` begins with an earlier picture."""
    job_id = request.args.get("from")
    if job_id and versions.takes_versions(service):
        begun, fields = versions.prefill(job_id, service)
        back = url_for("jobs.show", username=current_user.name, id=split_version(job_id)[0])
        return tools.render_tool(service, fields, form=begun) | {"back_url": back}
    variant = request.args.get("which") or ORIGINAL
    form = lifecycle.prefill(current_user.id, job_id, service, variant) if job_id else None
    return tools.render_tool(service, {}, form=form)


def _show_refusal(service: Service, error: DomainError):
    """Return the form once more, and what is wrong beside the field that it is about. Programs get the error itself."""
    if wants_json():
        raise error
    message = append_allowed(error.message, error.allowed)
    page = tools.render_tool(service, request.form, {error.field or "form": message}, _find_former_job(service))
    response = make_response(render_template("studio.html", **page), error.status)
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _find_former_job(service: Service) -> Template | None:
    """The earlier job that a refused form named, if it is still there."""
    if not request.form.get(FROM_JOB):
        return None
    try:
        variant = request.form.get(FROM_VARIANT) or ORIGINAL
        return lifecycle.prefill(current_user.id, request.form[FROM_JOB], service, variant)
    except JobError:
        return None
