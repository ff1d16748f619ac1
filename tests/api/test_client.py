"""The small client in examples/ sends its access token to the site alone."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from examples.client import Refused, Revive


@pytest.fixture
def asked():
    """The paths asked of two servers, of which the first leads to the second, and the first's address."""
    paths: dict[int, list[str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            paths[self.server.server_address[1]].append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{ports[1]}/api/v1/tools")
            self.end_headers()

        def log_message(self, *_words):
            pass

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    ports = [server.server_address[1] for server in servers]
    paths.update({port: [] for port in ports})
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield paths, f"http://127.0.0.1:{ports[0]}"
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_redirect_is_told_and_not_followed(asked):
    paths, site = asked
    with pytest.raises(Refused, match="The site redirects to") as caught:
        Revive(site, "revive_secret").tools()
    assert (caught.value.status, caught.value.error["key"]) == (302, "redirected")
    assert list(paths.values()) == [["/api/v1/tools"], []]
