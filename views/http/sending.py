"""Files as responses, as RFC 9110 has it: with a length and a mark of their content, in part, or not again."""

import io
import re
import unicodedata
from typing import BinaryIO, cast
from urllib.parse import quote

from flask import Response, current_app, request, send_file
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable

from jobs.files.backends.section import Section
from jobs.files.downloads import Download
from views.http.headers import REVALIDATED

# What deploy/nginx.conf.template calls the folder of the pictures.
NGINX_LOCATION = "/.stored/"
# No file has a length of more digits.
_ONE_PART = re.compile(
    r"bytes=\s*(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<end>\d{1,18}))\s*", re.ASCII | re.IGNORECASE
)


def send(download: Download, attachment: bool = False, may_be_kept: bool = False) -> Response:
    """Respond with the file, a part of it (206), or without it (304).

    With `may_be_kept` the browser keeps it and asks each time whether it is still the same. Raises what opening it
    raises, PreconditionFailed, and RequestedRangeNotSatisfiable.
    """
    response = _respond(download, attachment)
    if may_be_kept:
        response.headers["Cache-Control"] = REVALIDATED
    return response


def _respond(download: Download, attachment: bool) -> Response:
    etag = download.etag
    if _is_unchanged(etag):
        response = Response(status=304)
        response.set_etag(etag)
        return response
    part = _find_part(etag)
    if not part and _may_nginx_send(download):
        return _leave_to_nginx(download, attachment)
    file, start, stop, size = _open(download, part)
    response = send_file(
        file,
        mimetype=download.mimetype,
        as_attachment=_is_attachment(attachment),
        download_name=download.name,
        conditional=False,
        etag=etag,
    )
    response.accept_ranges = "bytes"
    response.content_length = stop - start
    if part:
        response.status_code = 206
        response.content_range = ContentRange("bytes", start, stop, size)
    return response


def _is_attachment(attachment: bool) -> bool:
    return attachment or "download" in request.args


def _may_nginx_send(download: Download) -> bool:
    """Say whether nginx can: conditions it would compare with marks of its own."""
    is_plain = not any(name in request.headers for name in ("If-Match", "If-Unmodified-Since"))
    return is_plain and current_app.config["NGINX_SENDS_FILES"] and not download.conversion


def _leave_to_nginx(download: Download, attachment: bool) -> Response:
    """Respond with the address under which nginx finds the file; the browser never sees it (X-Accel-Redirect)."""
    response = send_file(
        io.BytesIO(),
        mimetype=download.mimetype,
        as_attachment=_is_attachment(attachment),
        download_name=download.name,
        conditional=False,
        etag=download.etag,
    )
    response.accept_ranges = "bytes"
    job_id = download.stored.job_id
    response.headers["X-Accel-Redirect"] = f"{NGINX_LOCATION}{job_id[:2]}/{job_id}/{quote(download.stored.name)}"
    return response


def _is_unchanged(etag: str) -> bool:
    """Say whether the caller has this very content already. Raises PreconditionFailed where it wants another."""
    if "If-Match" in request.headers and not request.if_match.contains(etag):
        raise PreconditionFailed()
    return request.if_none_match.contains_weak(etag)


def attach(response: Response, name: str) -> Response:
    """Have a response kept as a file of this name, also by a client that knows ASCII only (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    exact = {"filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", filename=plain, **exact)
    return response


def _find_part(etag: str) -> tuple[str, str, str] | None:
    """Return the first and the last byte, or how many of the end, that are asked for; None for the whole file.

    Several parts at once, and whatever else need not be heeded, are the whole file.
    """
    asked = _ONE_PART.fullmatch(request.headers.get("Range", ""))
    is_heeded = request.method == "GET" and request.headers.get("If-Range", f'"{etag}"') == f'"{etag}"'
    if not asked or not is_heeded or (asked["last"] and int(asked["last"]) < int(asked["first"])):
        return None
    return asked["first"], asked["last"], asked["end"]


def _open(download: Download, part: tuple[str, str, str] | None) -> tuple[BinaryIO, int, int, int]:
    """Open what is asked for; return the file, its first byte, the one after its last, and the bytes of the whole.

    Of a stored file no more is fetched than that. Raises RequestedRangeNotSatisfiable.
    """
    if part and not download.conversion:
        size = download.seen.size
        start, stop = _find_bounds(part, size)
        return download.open(start, stop), start, stop, size
    if request.method == "HEAD" and not download.conversion:
        return io.BytesIO(), 0, download.seen.size, download.seen.size
    file = download.open()
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not part:
        return file, 0, size, size
    try:
        start, stop = _find_bounds(part, size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return cast(BinaryIO, Section(file, start, stop)), start, stop, size


def _find_bounds(part: tuple[str, str, str], size: int) -> tuple[int, int]:
    """Return the first byte of the part that `_find_part` found, and the one after its last.

    Raises RequestedRangeNotSatisfiable.
    """
    first, last, end = part
    start = int(first) if first else max(0, size - int(end))
    stop = min(int(last) + 1, size) if last else size
    if start >= stop:
        raise RequestedRangeNotSatisfiable(size)
    return start, stop
