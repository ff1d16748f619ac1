"""The pictures of jobs, in whole or in part, and the results of many as one ZIP file."""

from flask import Response, request
from flask_login import current_user

from accounts.tokens import READ
from errors import N_
from jobs import lifecycle
from jobs.files import downloads, results, results_zip, storage
from jobs.photos.listing import Filter
from views.api.operation import operation
from views.api.schemas import ChangeMapQuery, PictureQuery, ResultsQuery, SmallQuery
from views.http.sending import send
from views.jobs.sheet import find_history_service

_PICTURES = ("image/png", "image/jpeg", "image/webp")
_ORIGINALS = (*_PICTURES, "image/bmp", "image/gif", "image/tiff", "image/heic", "image/avif")
_FINISHED = tuple(sorted({*results.FILE_TYPES.values(), *_PICTURES}))


@operation("GET", "/jobs/<id>/original", N_("Download the original"), READ, query=PictureQuery, files=_ORIGINALS)
def original(id: str, query: PictureQuery) -> Response:
    return _send(id, storage.ORIGINAL)


@operation("GET", "/jobs/<id>/result", N_("Download the result"), READ, query=PictureQuery, files=_PICTURES)
def result(id: str, query: PictureQuery) -> Response:
    return _send(id, storage.RESULT)


@operation("GET", "/jobs/<id>/mask", N_("Download the mask of the run"), READ, query=PictureQuery, files=_PICTURES)
def mask(id: str, query: PictureQuery) -> Response:
    return _send(id, "mask")


@operation(
    "GET", "/jobs/<id>/change-map", N_("Download the change map"), READ, query=ChangeMapQuery, files=("image/png",)
)
def change_map(id: str, query: ChangeMapQuery) -> Response:
    return _send(id, downloads.CHANGE_MAP)


@operation(
    "GET",
    "/jobs/<id>/answers/<int(max=2147483647):number>",
    N_("Download one of the answers"),
    READ,
    query=PictureQuery,
    files=_PICTURES,
)
def alternative(id: str, number: int, query: PictureQuery) -> Response:
    return _send(id, f"{storage.ALTERNATIVE}-{number}")


@operation("GET", "/jobs/<id>/files/<name>", N_("Download a finished file"), READ, files=_FINISHED)
def file(id: str, name: str) -> Response:
    return send(downloads.find_finished(lifecycle.find(current_user.id, id), name), attachment=True)


@operation("GET", "/jobs/<id>/preview", N_("A copy for the screen"), READ, query=SmallQuery, files=("image/webp",))
def preview(id: str, query: SmallQuery) -> Response:
    job = lifecycle.find(current_user.id, id)
    return send(downloads.find_small(job, storage.PREVIEW, query.of), may_be_kept=True)


@operation("GET", "/jobs/<id>/thumbnail", N_("A small copy"), READ, query=SmallQuery, files=("image/webp",))
def thumbnail(id: str, query: SmallQuery) -> Response:
    job = lifecycle.find(current_user.id, id)
    return send(downloads.find_small(job, storage.THUMBNAIL, query.of), may_be_kept=True)


@operation("GET", "/results.zip", N_("Download many results"), READ, query=ResultsQuery, files=("application/zip",))
def results_archive(query: ResultsQuery) -> Response:
    chosen = Filter(service=find_history_service(query.service))
    return Response(results_zip.make_zip(current_user.id, query.id, chosen, query.format), mimetype="application/zip")


def _send(id: str, variant: str) -> Response:
    job = lifecycle.find(current_user.id, id)
    wanted = (request.args.get(name) for name in ("format", "quality", "metadata"))
    return send(downloads.prepare_picture(job, variant, downloads.parse_spec(*wanted)))
