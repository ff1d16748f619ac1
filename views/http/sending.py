"""Files as responses, as RFC 9110 has it: with a length and a mark of their content, in part, or not again."""

import io
from typing import IO, BinaryIO, cast

from flask import Response, request, send_file
from werkzeug.wsgi import wrap_file

from jobs.files.downloads import Download


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
    """Respond with the file, a part of it (206), or without it (304, 412). Raises what opening it raises, and 416."""
    environ = dict(request.environ)
    if not _asks_for_one_part():
        environ.pop("HTTP_RANGE", None)
    if known := _respond_not_modified(download, environ):
        return known
    file = download.open()
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    response = send_file(
        file,
        mimetype=download.mimetype,
        as_attachment=attachment or "download" in request.args,
        download_name=download.name,
        conditional=False,
        etag=download.etag,
    )
    response.content_length = size
    response.make_conditional(environ, accept_ranges=True, complete_length=size)
    if response.status_code == 206:
        section = Section(file, response.content_range.start or 0, response.content_length)
        response.response = wrap_file(environ, cast(IO[bytes], section))
    return response


def _respond_not_modified(download: Download, environ: dict) -> Response | None:
    """Respond without the file where that is what was asked for: nothing needs to be converted then."""
    response = Response(mimetype=download.mimetype)
    response.set_etag(download.etag)
    response.make_conditional(environ)
    return response if response.status_code != 200 else None


def _asks_for_one_part() -> bool:
    """Say whether the header Range is one that is heeded. Anything else is answered with the whole file."""
    asked = request.range
    return request.method == "GET" and asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
