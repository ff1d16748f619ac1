"""Albums: the list of them, the page of each, its downloads, and what is done with all of its photos."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_login import current_user

import services
from jobs.files import contact_sheet as contact_sheets
from jobs.files import results_zip, uploads
from jobs.photos import album_runs, albums, prints
from jobs.photos.album_runs import Run
from jobs.sources import FROM_VARIANT
from models import Album, db
from services.base import ServiceError
from views.http.guards import check_next
from views.http.sending import attach
from views.jobs import album_page
from views.jobs.album_json import make_name
from views.jobs.history import read_selection

blueprint = Blueprint("albums", __name__, url_prefix="/<name:username>/albums")

ALBUMS_PAGE = 24


@blueprint.get("")
def index(username: str):
    found, older = albums.list_page(current_user.id, ALBUMS_PAGE, request.args.get("before"))
    return render_template("albums.html", **album_page.describe_list(found, older))


@blueprint.post("")
def create(username: str):
    album = albums.create(current_user.id, request.form.get("name", "") or make_name())
    return redirect(url_for("albums.show", username=username, id=album.id), 303)


@blueprint.post("/photos")
def add(username: str):
    """Put the selected photos into the album that the form names, or into a new one."""
    album_id, job_ids = request.form.get("album"), read_selection()
    if album_id:
        albums.add(current_user.id, album_id, job_ids)
    else:
        album_id = albums.create(current_user.id, make_name(), job_ids).id
    return redirect(url_for("albums.show", username=username, id=album_id), 303)


@blueprint.post("/prints/<job_id>")
def separate(username: str, job_id: str):
    """Make each print that a job cut out of a page a photo of its own; they are a new album."""
    album = prints.make_photos(current_user.id, job_id, make_name())
    return redirect(url_for("albums.show", username=username, id=album.id), 303)


@blueprint.get("/<id>")
def show(username: str, id: str):
    album = albums.find(current_user.id, id)
    return album_page.show(album)


@blueprint.post("/<id>/name")
def rename(username: str, id: str):
    albums.rename(current_user.id, id, request.form.get("name", ""))
    return redirect(url_for("albums.show", username=username, id=id), 303)


@blueprint.post("/<id>/removal")
def remove(username: str, id: str):
    albums.remove(current_user.id, id, read_selection())
    return redirect(check_next(request.form.get("next"), url_for("albums.show", username=username, id=id)), 303)


@blueprint.post("/<id>/deletion")
def delete(username: str, id: str):
    with_photos = request.form.get("photos") == "delete"
    albums.delete_album(current_user._get_current_object(), id, with_photos, request.remote_addr)
    place = "jobs.history" if with_photos else "albums.index"
    return redirect(url_for(place, username=username), 303)


@blueprint.post("/<id>/jobs")
def run(username: str, id: str):
    """Say on the page itself which photos no job could be started for, and offer to try these again."""
    service = services.get(request.form.get("service", "")) or abort(404)
    wanted = Run(service, request.form, request.form.get(FROM_VARIANT, ""), request.form.getlist("id"))
    try:
        outcomes = album_runs.start(current_user.id, id, wanted)
    except ServiceError as error:
        db.session.rollback()
        return album_page.show_refusal(albums.find(current_user.id, id), wanted, error)
    if any(outcome.error for outcome in outcomes):
        return album_page.show(albums.find(current_user.id, id), wanted, outcomes)
    return redirect(url_for("albums.show", username=username, id=id), 303)


@blueprint.get("/<id>/pictures.zip")
def pictures(username: str, id: str):
    """The newest result of each photo, in one ZIP file that is made while it is sent."""
    album = albums.find(current_user.id, id)
    job_ids = albums.list_result_ids(current_user.id, id)
    archive = results_zip.make_album_zip(current_user.id, job_ids, request.args.get("format", ""))
    return _attach(album, "zip", Response(archive, mimetype="application/zip"))


@blueprint.get("/<id>/contact-sheet.pdf")
def contact_sheet(username: str, id: str):
    album = albums.find(current_user.id, id)
    sheet = contact_sheets.make_pdf(album, request.args.get("paper", "a4"), request.args.get("pairs") == "1")
    return _attach(album, "pdf", Response(sheet, mimetype=contact_sheets.PDF))


def _attach(album: Album, suffix: str, response: Response) -> Response:
    """Send a file under a name that is made of that of the album."""
    return attach(response, uploads.build_download_name("album", uploads.choose_shown_name(album.name, ""), suffix))
