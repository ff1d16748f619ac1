"""Albums: what is in them, and one tool with one set of options on all of it."""

from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

import services
from accounts.tokens import JOBS, READ
from errors import N_
from jobs import idempotency
from jobs.files import contact_sheet, results_zip
from jobs.photos import album_runs
from jobs.photos import albums as verbs
from jobs.photos.album_runs import Run
from models import Album as Row
from views.api.album_schemas import (
    Album,
    AlbumChange,
    AlbumDeletion,
    AlbumPhotos,
    AlbumPhotosQuery,
    AlbumRun,
    AlbumRunOutcomes,
    Albums,
    AlbumsQuery,
    AlbumZipQuery,
    NewAlbum,
    SheetQuery,
)
from views.api.facts import tell_jobs, tell_outcome
from views.api.operation import Made, WrongRequest, operation
from views.api.schemas import Count, Selection
from views.jobs.album_json import describe_album, describe_albums, make_name


@operation("GET", "/albums", N_("List your albums, the newest first"), READ, query=AlbumsQuery, response=Albums)
def albums(query: AlbumsQuery) -> dict[str, Any]:
    found, older = verbs.list_page(current_user.id, query.limit, query.before or None)
    return {"albums": [_add_addresses(facts) for facts in describe_albums(found)], "next": older}


@operation("POST", "/albums", N_("Make an album"), JOBS, status=201, body=NewAlbum, response=Album)
def create_album(body: NewAlbum) -> Made:
    album = verbs.create(current_user.id, body.name or make_name(), body.ids)
    return Made(tell_album(album), url_for("api.album", id=album.id))


@operation("GET", "/albums/<id>", N_("Look at an album, and how its jobs are doing"), READ, response=Album)
def album(id: str) -> dict[str, Any]:
    return tell_album(verbs.find(current_user.id, id))


@operation("PATCH", "/albums/<id>", N_("Rename an album"), JOBS, body=AlbumChange, response=Album)
def change_album(id: str, body: AlbumChange) -> dict[str, Any]:
    verbs.rename(current_user.id, id, body.name)
    return tell_album(verbs.find(current_user.id, id))


@operation("DELETE", "/albums/<id>", N_("Delete an album"), JOBS, status=204, query=AlbumDeletion)
def delete_album(id: str, query: AlbumDeletion) -> None:
    verbs.delete_album(current_user._get_current_object(), id, query.photos, request.remote_addr)


@operation(
    "GET", "/albums/<id>/photos", N_("List the photos of an album"), READ, query=AlbumPhotosQuery, response=AlbumPhotos
)
def album_photos(id: str, query: AlbumPhotosQuery) -> dict[str, Any]:
    verbs.find(current_user.id, id)
    found, further = verbs.list_photos(current_user.id, id, query.limit, query.after)
    return {"photos": tell_jobs(found), "next": further}


@operation("POST", "/albums/<id>/photos", N_("Put photos into an album"), JOBS, body=Selection, response=Count)
def add_photos(id: str, body: Selection) -> dict[str, int]:
    return {"count": verbs.add(current_user.id, id, body.ids)}


@operation("POST", "/albums/<id>/removals", N_("Take photos out of an album"), JOBS, body=Selection, response=Count)
def remove_photos(id: str, body: Selection) -> dict[str, int]:
    return {"count": verbs.remove(current_user.id, id, body.ids)}


@operation(
    "POST",
    "/albums/<id>/jobs",
    N_("Run a tool on all photos of an album"),
    JOBS,
    body=AlbumRun,
    response=AlbumRunOutcomes,
    takes_key=True,
)
def run_album(id: str, body: AlbumRun) -> dict[str, Any]:
    """Each photo answers for itself: what is wrong with one never stops the rest."""
    service = services.get(body.service)
    if service is None:
        raise WrongRequest("service", tuple(each.key for each in services.SERVICES))
    key = request.headers.get(idempotency.KEY_FIELD, "")
    outcomes = album_runs.start(current_user.id, id, Run(service, body.options, body.variant, body.ids, key))
    told = [tell_outcome(outcome) for outcome in outcomes]
    return {"started": sum(each["job_id"] is not None for each in told), "outcomes": told}


@operation(
    "GET",
    "/albums/<id>/results.zip",
    N_("Download the newest results of an album"),
    READ,
    query=AlbumZipQuery,
    files=("application/zip",),
)
def album_archive(id: str, query: AlbumZipQuery) -> Response:
    verbs.find(current_user.id, id)
    ids = verbs.list_result_ids(current_user.id, id)
    return Response(results_zip.make_album_zip(current_user.id, ids, query.format), mimetype="application/zip")


@operation(
    "GET",
    "/albums/<id>/contact-sheet.pdf",
    N_("Download a contact sheet to print"),
    READ,
    query=SheetQuery,
    files=(contact_sheet.PDF,),
)
def album_sheet(id: str, query: SheetQuery) -> Response:
    album = verbs.find(current_user.id, id)
    return Response(contact_sheet.make_pdf(album, query.paper, query.pairs), mimetype=contact_sheet.PDF)


def tell_album(album: Row) -> dict[str, Any]:
    return _add_addresses(describe_album(album))


def _add_addresses(facts: dict[str, Any]) -> dict[str, Any]:
    def address(endpoint: str) -> str:
        return url_for(f"api.{endpoint}", id=facts["id"])

    return facts | {
        "url": facts["api_url"],
        "page_url": facts["url"],
        "photos_url": address("album_photos"),
        "results_url": address("album_archive"),
        "sheet_url": address("album_sheet"),
    }
