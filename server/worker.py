"""The process that gunicorn starts: one loop of Waitress for all connections, and threads for the requests."""

import logging
import os
import resource
import tempfile
import time
from collections import Counter

from gunicorn.workers.base import Worker
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.wasyncore import loop

from server.channel import Channel
from server.dispatcher import Dispatcher

_LOOP_SECONDS = 1
_MAX_CONNECTIONS = 1000
# A connection needs its socket, and files for a body and a response that are too large for memory.
_FILES_OF_CONNECTION = 4
_IN_MEMORY_BYTES = 512 * 1024


class Server(TcpWSGIServer):
    """One listening socket. When there are too many connections, one that waits for its client makes room."""

    channel_class = Channel

    def __init__(self, app, admit, max_connections: int, **more):
        self.admit = admit
        self.max_connections = max_connections
        super().__init__(app, **more)

    def maintenance(self, now: float) -> None:
        """Waitress's own limit is one for all, and it asks in the middle of its loop: see `close_late`."""

    def close_late(self, now: float) -> None:
        """Close the connections of clients that are too slow. Only between two turns of the loop."""
        for channel in list(self.active_channels.values()):
            if channel.is_late(now):
                channel.handle_close()

    def make_room(self) -> None:
        """Close what is too many: of the address with the most, what has waited longest for its client."""
        while len(self.active_channels) >= self.max_connections:
            waiting = [channel for channel in self.active_channels.values() if not channel.requests]
            if not waiting:
                return
            held = Counter(channel.addr[0] for channel in waiting)
            min(waiting, key=lambda channel: (-held[channel.addr[0]], channel.last_activity)).handle_close()


class BufferingWorker(Worker):
    """gunicorn's worker: its signals, its sockets, its clock."""

    def run(self) -> None:
        """Serve until told to stop; then finish what is being served."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        app = self.app.wsgi()
        # Bodies that are too large for memory lie on the disk of the pictures: /tmp may be memory itself.
        tempfile.tempdir = str(app.config["INSTANCE_DIR"])
        connections: dict[int, Channel | Server] = {}
        dispatcher = Dispatcher(self.cfg.threads)
        options = {"map": connections, "dispatcher": dispatcher, "bind_socket": False, "adj": self._adjustments(app)}
        limit = _find_connection_limit()
        self.servers: list[Server] = []
        for each in self.sockets:
            sock = each.sock
            place = (sock.family, sock.type, sock.proto, sock.getsockname())
            self.servers.append(Server(app, app.extensions["admission"], limit, _sock=sock, sockinfo=place, **options))
        self._serve(connections, lambda: self.alive and os.getppid() == self.ppid)
        self._stop_listening(connections)
        end = time.monotonic() + self.cfg.graceful_timeout
        self._serve(connections, lambda: _is_serving(connections) and time.monotonic() < end)
        dispatcher.shutdown()

    def _serve(self, connections: dict, goes_on) -> None:
        looked_at = 0.0
        while goes_on():
            loop(timeout=_LOOP_SECONDS, use_poll=True, map=connections, count=1)
            now = time.time()
            for each in self.servers:
                each.make_room()
                if now - looked_at >= _LOOP_SECONDS:
                    each.close_late(now)
            if now - looked_at >= _LOOP_SECONDS:
                looked_at = now
                self.notify()

    def _stop_listening(self, connections: dict) -> None:
        for each in self.servers:
            each.del_channel(connections)
        for each in self.sockets:
            each.close()

    def _adjustments(self, app) -> Adjustments:
        adjustments = Adjustments(
            ident="",
            backlog=self.cfg.backlog,
            # The parser has a limit for each request; Waitress's own is one for all.
            max_request_body_size=2**62,
            connection_limit=2**31,
            inbuf_overflow=_IN_MEMORY_BYTES,
            log_socket_errors=False,
            # With proxies in front the application reads what they say (Werkzeug's ProxyFix); else nobody is believed.
            clear_untrusted_proxy_headers=not app.config["PROXIES"],
        )
        adjustments.slow_client_seconds = app.config["SLOW_CLIENT_SECONDS"]
        return adjustments


def _is_serving(connections: dict) -> bool:
    """Say whether a request is served, or a response still goes out."""
    channels = [each for each in connections.values() if isinstance(each, Channel)]
    return any(channel.requests or channel.total_outbufs_len for channel in channels)


def _find_connection_limit() -> int:
    """Return how many connections one process may hold, after taking as many files as it may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_OF_CONNECTION * _MAX_CONNECTIONS
    files = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if files > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(soft, files) // _FILES_OF_CONNECTION
