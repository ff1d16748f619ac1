"""Links that share a result: made and revoked by its owner; their pages are for anybody who has the link.

Such a page says nothing of the account, and is for no search engine.
"""

from dataclasses import replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from jobs import lifecycle
from jobs.files import downloads, storage
from jobs.files.downloads import Download, DownloadSpec
from jobs.photos import shares
from models import Job
from views.http.guards import check_next
from views.http.sending import send
from views.jobs import job_page

blueprint = Blueprint("shares", __name__)


@blueprint.post("/<name:username>/jobs/<id>/shares")
def create(username: str, id: str):
    """Show the new link in the answer itself: anywhere else it would be kept."""
    user = current_user._get_current_object()
    token = shares.create(user, id, request.form.get("days", ""), request.remote_addr)
    link = url_for("shares.show", token=token, _external=True)
    job = lifecycle.find(current_user.id, id)
    return make_response(job_page.show(job, link), 201)


@blueprint.post("/<name:username>/shares/<int(max=2147483647):share_id>/revocation")
def revoke(username: str, share_id: int):
    shares.revoke(current_user._get_current_object(), share_id, username, request.remote_addr)
    default = url_for("account.show", username=username, _anchor="shares")
    return redirect(check_next(request.form.get("next"), default), 303)


@blueprint.get("/shared/<token>")
def show(token: str):
    share = shares.find(token, request.remote_addr)
    own_format = downloads.find_own_format(share.job)
    page = render_template("shared.html", token=token, job=share.job, format=own_format, expires_at=share.expires_at)
    shares.note_view(share, request.remote_addr)
    return page


@blueprint.get("/shared/<token>/preview")
def preview(token: str):
    return _send(downloads.find_small(_find(token), storage.PREVIEW, storage.RESULT))


@blueprint.get("/shared/<token>/picture")
def picture(token: str):
    """The full result in the format of its original, without what the camera wrote and without a name of its own."""
    job = _find(token)
    spec = DownloadSpec(downloads.find_own_format(job), metadata="strip")
    return _send(downloads.prepare_picture(job, storage.RESULT, spec), attachment=True)


def _find(token: str) -> Job:
    return shares.find(token, request.remote_addr).job


def _send(download: Download, attachment: bool = False) -> Response:
    """Send a file under a name that says nothing: the owner's own may tell who is on it."""
    suffix = download.name.rpartition(".")[2]
    return send(replace(download, name=f"revive-picture.{suffix}"), attachment)


@blueprint.after_request
def keep_from_search_engines(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
