"""A request as it comes in: the limit of its body is known as soon as its head is here."""

import io
import logging
from collections.abc import Sized

from waitress.parser import HTTPRequestParser

from server import Admission, Admit

# What chunks may add to a body: sizes and line ends.
_CHUNKS_FACTOR = 4
_log = logging.getLogger(__name__)


class Request(HTTPRequestParser):
    """Waitress's parser, with a limit for each request.

    A body above its limit is not read: the site gets the request without it and with its length, answers as it likes,
    and the connection is closed. A body that cannot be kept, since the disk is full, raises OSError when it is read.
    """

    admission: Admission | None = None
    failure: OSError | None = None
    is_cut = False
    body_rcv: Sized | None  # of Waitress: what has come of the body

    def __init__(self, adj, admit: Admit):
        super().__init__(adj)
        self._admit = admit

    def received(self, data: bytes) -> int:
        """Take a piece of the request; return how many bytes of it were its own."""
        had_head = self.headers_finished
        try:
            consumed = super().received(data)
        except OSError as failure:
            self.failure = failure
            self._cut()
            return len(data)
        if self.headers_finished and self.error is None:
            if not had_head:
                self._check_head()
            elif self.chunked and not self.completed:
                self._check_chunks()
        return len(data) if self.is_cut else consumed

    def get_body_stream(self):
        return _Unreadable(self.failure) if self.failure else super().get_body_stream()

    def _check_head(self) -> None:
        path = self.path.encode("latin-1").decode("utf-8", "replace")
        try:
            known_by = self.headers.get("COOKIE", ""), self.headers.get("AUTHORIZATION", "")
            self.admission = self._admit(self.command.upper(), path, self.query, *known_by)
        except Exception:  # the loop serves everybody: no request may end it
            _log.exception("A request could not be judged by its head")
            self.admission = Admission(0)
        if self.content_length > self.admission.max_body_bytes:
            self._cut()

    def _check_chunks(self) -> None:
        limit = self.admission.max_body_bytes if self.admission else 0
        if len(self.body_rcv or ()) > limit or self.body_bytes_received > _CHUNKS_FACTOR * limit:
            self.headers["CONTENT_LENGTH"] = str(self.body_bytes_received + limit)
            self._cut()

    def _cut(self) -> None:
        """Let the request count as complete, without its body."""
        self.close()
        self.body_rcv = None
        self.is_cut, self.completed, self.expect_continue = True, True, False
        # Nothing that follows on this connection can be told from the rest of the body.
        self.headers["CONNECTION"] = "close"


class _Unreadable(io.RawIOBase):
    """A body that could not be kept."""

    def __init__(self, failure: OSError):
        self._failure = failure

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        raise OSError(self._failure.errno, self._failure.strerror)

    def readinto(self, buffer) -> int:
        return len(self.read())
