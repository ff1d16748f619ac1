"""One POST over a connection to addresses that were judged beforehand. Nothing is resolved again or followed.

The certificate must be valid for the name. Of the response only its head is read, within `http.client`'s limits on the
length of a line and the number of headers; everything together has `SECONDS`.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException

from webhooks.errors import NotDelivered
from webhooks.targets import Address, Network, Target, resolve

SECONDS = 10


def post(target: Target, networks: Sequence[Network], body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; return the HTTP status, 200 to 299, that the receiver answered. Raises NotDelivered."""
    deadline = time.monotonic() + SECONDS
    try:
        with _connect(resolve(target, networks), target.port, deadline) as connection:
            status = _exchange(connection, target, body, headers, deadline)
    except ssl.SSLCertVerificationError:
        raise NotDelivered("bad_certificate") from None
    except (OSError, HTTPException) as error:
        raise NotDelivered(_name_reason(error, deadline)) from None
    if 300 <= status < 400:
        raise NotDelivered("redirected", status)
    if not 200 <= status < 300:
        raise NotDelivered("answered", status)
    return status


def _connect(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    """Return a connection to the first address that takes one; each gets its share of the time that is left."""
    error: OSError = TimeoutError()
    for tried, address in enumerate(addresses):
        seconds = (deadline - time.monotonic()) / (len(addresses) - tried)
        if seconds <= 0:
            break
        try:
            return socket.create_connection((str(address), port), seconds)
        except OSError as refused:
            error = refused
    raise error


def _exchange(
    connection: socket.socket, target: Target, body: bytes, headers: Mapping[str, str], deadline: float
) -> int:
    if target.scheme == "https":
        context = ssl.create_default_context()
        connection = context.wrap_socket(connection, server_hostname=target.host, do_handshake_on_connect=False)
    with connection, _close_at(deadline, connection):
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()
        http = HTTPConnection(target.host, target.port)
        http.sock = connection
        http.request("POST", target.path, body, {"Host": target.authority, "Connection": "close", **headers})
        return http.getresponse().status


@contextlib.contextmanager
def _close_at(deadline: float, connection: socket.socket) -> Iterator[None]:
    """Shut the connection down at the deadline: its own time limit begins anew with every byte that arrives."""

    def end() -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _name_reason(error: Exception, deadline: float) -> str:
    if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
        return "timed_out"
    return "unreachable" if isinstance(error, OSError) else "unreadable"
