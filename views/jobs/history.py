"""What is done to a selection of the history: download as one ZIP, delete, take that back, delete for good."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_login import current_user

from errors import N_
from jobs import trash
from jobs.errors import JobError
from jobs.files import results_zip
from models import utc_now
from views.http.guards import check_next
from views.jobs import sheet

blueprint = Blueprint("history", __name__, url_prefix="/<name:username>/history")


@blueprint.get("/pictures.zip")
def pictures(username: str):
    """The results of the jobs named `id`, or of all, as far as the filters leave them in, in one ZIP file.

    It is made while it is sent.
    """
    chosen, _words = sheet.read_filter()
    archive = results_zip.make_zip(current_user.id, request.args.getlist("id"), chosen, request.args.get("format", ""))
    name = f"revive-pictures-{utc_now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(archive, mimetype="application/zip", headers=headers)


@blueprint.post("/download")
def download(username: str):
    """The form of the selection posts; the ZIP itself has an address of its own."""
    chosen: dict[str, Any] = {"format": request.form["format"]} if request.form.get("format") else {}
    return redirect(url_for("history.pictures", username=username, id=read_selection(), **chosen), 303)


@blueprint.post("/deletion")
def delete(username: str):
    trash.put(current_user.id, read_selection())
    return _return(username)


@blueprint.post("/restoration")
def restore(username: str):
    trash.take_back(current_user.id, read_selection())
    return _return(username)


@blueprint.post("/erasure")
def erase(username: str):
    trash.erase(current_user.id, read_selection())
    return _return(username)


def read_selection() -> list[str]:
    """The ids that the form names. None is no selection: it must not mean all."""
    if ids := request.form.getlist("id"):
        return ids
    raise JobError("nothing_selected", N_("Please select some pictures first."))


def _return(username: str):
    return redirect(check_next(request.form.get("next"), url_for("jobs.history", username=username)), 303)
