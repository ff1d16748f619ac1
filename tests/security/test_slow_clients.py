"""Clients that send or read slowly, or never: others are served without nginx, and the slow ones hung up on."""

import contextlib
import socket
import time

import pytest

from tests.jobs.support import noise
from tests.security.live import Visitor, wait_for
from tests.security.test_web_server import upload_of, web  # noqa: F401

SLOW_SECONDS = 3
EACH = 20
SOON_SECONDS = 2


@pytest.fixture
def environment(environment):
    return environment | {"SLOW_CLIENT_SECONDS": str(SLOW_SECONDS)}


@pytest.fixture
def lines():
    with contextlib.ExitStack() as stack:
        yield stack


def connect(lines, port: int, data: bytes) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(60)
    line.connect(("127.0.0.1", port))
    line.sendall(data)
    return lines.enter_context(line)


def is_closed(line: socket.socket) -> bool:
    """Say whether the server has hung up; what came before is read."""
    line.setblocking(False)
    try:
        return not line.recv(1 << 20)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def slow_lines(lines, visitor: Visitor, job_id: str) -> list[list[socket.socket]]:
    """Twenty each of half a head, half a body, and a download that is not read."""
    head = visitor.head("/12345/adjust", 10**6)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    get = f"GET /12345/jobs/{job_id}/original HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n"
    ranged = get + "Range: bytes=100-\r\n"
    whole = [(ranged if number % 2 else get).encode() + b"\r\n" for number in range(EACH)]
    ways = ([head[:-20]] * EACH, [head + visitor.upload()[:500]] * EACH, whole)
    return [[connect(lines, visitor.port, data) for data in way] for way in ways]


def seconds_of(visitor: Visitor, page: str) -> float:
    begun = time.monotonic()
    assert visitor.ask("GET", page)[0] == 200
    return time.monotonic() - begun


def test_sixty_slow_clients_hold_nobody_up_and_are_hung_up_on(app, web, lines):  # noqa: F811
    visitor = Visitor(web.port)
    job_id = upload_of(visitor, noise(8))
    pages = ("/12345/", "/12345/account", "/12345/history", "/healthz")
    usual = {page: max(seconds_of(visitor, page) for _ in range(2)) for page in pages}
    heads, bodies, downloads = slow_lines(lines, visitor, job_id)
    begun = time.monotonic()
    drip = connect(lines, web.port, b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    for page in pages:
        # Once of three times: one slow moment of a busy machine proves nothing.
        assert min(seconds_of(visitor, page) for _ in range(3)) < usual[page] + SOON_SECONDS, page
    upload_of(visitor, noise(1))
    wait_for(lambda: is_hung_up_on(drip), 10 * SLOW_SECONDS)
    wait_for(lambda: all(is_closed(line) for line in heads + bodies), 10 * SLOW_SECONDS)
    time.sleep(max(0, begun + 3 * SLOW_SECONDS - time.monotonic()))
    assert not any(takes_it_all(line, 7 * 2**20) for line in downloads), "what was not read is not sent any more"
    assert visitor.ask("GET", f"/12345/jobs/{job_id}/original")[0] == 200


def is_hung_up_on(line: socket.socket) -> bool:
    """Send one more byte; say whether it was in vain."""
    try:
        line.sendall(b"x")
    except ConnectionError:
        return True
    return is_closed(line)


def takes_it_all(line: socket.socket, size: int) -> bool:
    line.setblocking(True)
    got = 0
    with contextlib.suppress(ConnectionError):
        while got < size and (data := line.recv(1 << 20)):
            got += len(data)
    return got >= size


def test_a_client_that_is_slow_but_goes_on_is_served(app, web, lines):  # noqa: F811
    visitor = Visitor(web.port)
    body = visitor.upload(noise(0.1))
    line = connect(lines, web.port, visitor.head("/12345/adjust", len(body)))
    step = len(body) // 10 + 1
    for begin in range(0, len(body), step):
        line.sendall(body[begin : begin + step])
        time.sleep(SLOW_SECONDS / 5)
    line.settimeout(60)
    assert line.recv(12) == b"HTTP/1.1 303"
    stranger = connect(lines, web.port, Visitor.head(Stranger, "/12345/adjust", 10 * 2**20))
    assert stranger.recv(12) == b"HTTP/1.1 303", "before a byte of the picture has come"


class Stranger:
    cookies: dict[str, str] = {}
