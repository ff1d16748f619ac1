"""The weights: which tool uses which file, whether it is the listed one, where it runs; official files come in."""

import tempfile
from pathlib import Path

from flask import current_app, jsonify, request, url_for
from flask_babel import gettext as _

from accounts.errors import FieldErrors
from checkpoints import imports as verbs
from checkpoints import uploads
from jobs import availability, overview
from jobs.errors import JobError
from networks.releases import OFFICIAL
from views.admin.shared import blueprint, me
from views.http.forms import read_field, render_page, respond, show_field_errors
from views.http.guards import wants_json


@blueprint.url_value_preprocessor
def keep_large_files_on_disk(endpoint: str | None, values: dict | None) -> None:
    """An official file is received where it will lie. This runs before anything reads the body."""
    if endpoint == "admin.import_weights":
        request._get_file_stream = _open_temporary_file  # type: ignore[method-assign]  # Werkzeug has no setting for it


def _open_temporary_file(*sizes, **more):
    return tempfile.NamedTemporaryFile("w+b", dir=uploads.make_incoming_folder())


def show_weights(errors: dict | None = None) -> str:
    return render_page(
        "admin/weights.html",
        errors=errors,
        weights=availability.list_weights(),
        imports=uploads.list_recent(),
        workers=[worker for worker in overview.list_workers() if worker.alive],
        busy=uploads.is_busy(),
        importable=[row for row in OFFICIAL if row.name in availability.list_importable()],
        megabytes=current_app.config["MAX_WEIGHTS_MEGABYTES"],
        chosen=read_field("name"),
    )


@blueprint.get("/weights")
def weights():
    return jsonify(busy=uploads.is_busy()) if wants_json() else show_weights()


@blueprint.post("/weights")
@show_field_errors(show_weights)
def import_weights():
    file = request.files.get("file")
    received = Path(file.stream.name) if file and file.filename else None
    try:
        import_id = uploads.enqueue(me(), read_field("name"), received, file.filename if file else "")
    except verbs.WeightsRefused as error:
        raise FieldErrors({error.field: error.message}) from error
    notice = _("The file is here. A worker reads it now; what comes of it is told below.")
    return respond(url_for("admin.weights"), {"id": import_id}, 202, notice)


@blueprint.post("/weights/<name>/deletion")
def remove_weights(name: str):
    try:
        verbs.remove(me(), name)
    except JobError as error:
        if wants_json():
            raise
        return respond(url_for("admin.weights"), {}, error.status, _(error.message))
    return respond(url_for("admin.weights"), {"removed": name}, notice=_("The weights are removed."))
