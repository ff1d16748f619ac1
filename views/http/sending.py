"""Files as responses, as RFC 9110 has it: with a length and a mark of their content, in part, or not again."""

import io
import re
import unicodedata
from typing import IO, BinaryIO, cast
from urllib.parse import quote

from flask import Response, request, send_file
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from jobs.files.downloads import Download

# No file has a length of more digits.
_ONE_PART = re.compile(
    r"bytes=\s*(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<end>\d{1,18}))\s*", re.ASCII | re.IGNORECASE
)


class Section(io.RawIOBase):
    """A part of an open file, as a file of its own: the web server sends it without a thread."""

    def __init__(self, file: BinaryIO, start: int, length: int):
        self._file, self._start, self._length, self._at = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        return self._at

    def readinto(self, buffer) -> int:
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._length - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def send(download: Download, attachment: bool = False) -> Response:
    """Respond with the file, a part of it (206), or without it (304).

    Raises what opening it raises, PreconditionFailed, and RequestedRangeNotSatisfiable.
    """
    etag = download.etag
    if _is_unchanged(etag):
        response = Response(status=304)
        response.set_etag(etag)
        return response
    file = download.open()
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    response = send_file(
        file,
        mimetype=download.mimetype,
        as_attachment=attachment or "download" in request.args,
        download_name=download.name,
        conditional=False,
        etag=etag,
    )
    response.accept_ranges = "bytes"
    response.content_length = size
    if part := _find_part(etag):
        _cut(response, file, *part, size)
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


def _cut(response: Response, file: BinaryIO, first: str, last: str, end: str, size: int) -> None:
    """Leave of the response the part that `_find_part` found. Raises RequestedRangeNotSatisfiable."""
    start = int(first) if first else max(0, size - int(end))
    stop = min(int(last) + 1, size) if last else size
    if start >= stop:
        file.close()
        raise RequestedRangeNotSatisfiable(size)
    response.status_code = 206
    response.content_range = ContentRange("bytes", start, stop, size)
    response.content_length = stop - start
    response.response = wrap_file(request.environ, cast(IO[bytes], Section(file, start, stop - start)))
