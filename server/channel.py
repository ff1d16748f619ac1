"""One connection, which is closed when its client is too slow."""

import time

from waitress.channel import HTTPChannel

from server.parser import Request

# A client that sends or takes less than this, over the time that it is given, is too slow.
MIN_BYTES_PER_SECOND = 1024
KEEP_ALIVE_SECONDS = 15


class Pace:
    """Whether something gets on: looks at a count of bytes once in `seconds`."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._since: float | None = None
        self._bytes = 0

    def reset(self) -> None:
        """Begin anew: nothing is to be done at present."""
        self._since, self._bytes = None, 0

    def is_too_slow(self, now: float, total_bytes: int) -> bool:
        """Say whether less than MIN_BYTES_PER_SECOND went through since the last look, where that is due."""
        if self._since is None:
            self._since, self._bytes = now, total_bytes
        if now - self._since < self._seconds:
            return False
        passed = total_bytes - self._bytes
        self._since, self._bytes = now, total_bytes
        return passed < self._seconds * MIN_BYTES_PER_SECOND


class Channel(HTTPChannel):
    """Waitress's connection, with a time limit for heads, a least speed for bodies and for responses."""

    def __init__(self, server, sock, addr, adj, map=None):
        self.begun: float | None = None  # when the first byte of the request came that is not complete
        self.sent_bytes = 0
        self._reading, self._writing = Pace(adj.slow_client_seconds), Pace(adj.slow_client_seconds)
        super().__init__(server, sock, addr, adj, map=map)

    def parser_class(self, adj) -> Request:
        """Return the parser of the next request."""
        return Request(adj, self.server.admit)

    def received(self, data: bytes) -> bool:
        """Take what the client sent."""
        before = self.request
        taken = super().received(data)
        if self.request is None:
            self.begun = None
        elif self.request is not before:
            self.begun = time.time()
            self._reading.reset()
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the socket takes; return how many bytes that were."""
        sent = super().send(data, do_close)
        self.sent_bytes += sent
        return sent

    def is_late(self, now: float) -> bool:
        """Say whether the client has had its time. A request that is being served is never late."""
        if self.total_outbufs_len:
            return self._writing.is_too_slow(now, self.sent_bytes)
        self._writing.reset()
        request = self.request
        if self.requests:
            return False
        if request is None or self.begun is None:
            return now - self.last_activity > min(KEEP_ALIVE_SECONDS, self.adj.slow_client_seconds)
        if not request.headers_finished:
            return now - self.begun > self.adj.slow_client_seconds
        return self._reading.is_too_slow(now, request.body_bytes_received)
