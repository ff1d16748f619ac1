"""The connection: pinned to what was judged, verified for the name, bounded in time and size, never redirected."""

import contextlib
import datetime
import socket
import ssl
import threading
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.webhooks.support import Receiver
from webhooks import sending, targets
from webhooks.errors import NotDelivered
from webhooks.targets import Target

HERE = (ip_network("127.0.0.1/32"),)
NAME = "hooks.example.com"


def post(port: int, scheme: str = "http", host: str = "127.0.0.1", networks=HERE) -> int:
    return sending.post(Target(scheme, host, port, "/hooks?a=b"), networks, b'{"a": 1}', {"webhook-id": "1"})


@contextlib.contextmanager
def raw_server(respond):
    """A server that calls `respond(connection)` for one connection in a thread of its own; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError), server.accept()[0] as connection:
                connection.recv(65536)
                respond(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def leads_here(monkeypatch) -> list[str]:
    """Every name leads to this machine, the first time that it is asked for; the list has the names asked for."""
    asked, real = [], socket.getaddrinfo

    def getaddrinfo(host, port, *others, **how):
        if host != "127.0.0.1":
            asked.append(host)
        return real("127.0.0.1" if len(asked) < 2 else "127.0.0.2", port, *others, **how)

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def certified(tmp_path, monkeypatch) -> ssl.SSLContext:
    """A server's context with a certificate for NAME that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, both = tmp_path / "ca.pem", tmp_path / "both.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(private + pem.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return context


def test_the_receiver_gets_method_path_host_headers_and_body(receiver):
    assert post(receiver.port) == 204
    (message,) = receiver.messages
    assert (message.path, message.body) == ("/hooks?a=b", b'{"a": 1}')
    assert message.headers["Host"] == f"127.0.0.1:{receiver.port}" and message.headers["webhook-id"] == "1"


def test_tls_asks_for_the_name_verifies_it_and_connects_to_the_judged_address(leads_here, certified):
    with Receiver() as receiver:
        asked_for = []
        certified.sni_callback = lambda _socket, name, _context: asked_for.append(name)
        receiver.server.socket = certified.wrap_socket(receiver.server.socket, server_side=True)
        assert post(receiver.port, "https", NAME) == 204
        assert asked_for == [NAME] and receiver.messages[0].headers["Host"] == f"{NAME}:{receiver.port}"
        assert leads_here == [NAME], "a name that leads elsewhere a moment later is not asked for again"


def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(leads_here, certified):
    with Receiver() as receiver:
        receiver.server.socket = certified.wrap_socket(receiver.server.socket, server_side=True)
        with pytest.raises(NotDelivered, match="bad_certificate"):
            post(receiver.port, "https", "other.example.com")
        assert receiver.messages == []


def test_nothing_is_sent_to_this_machine_unless_it_is_allowed(leads_here, receiver):
    with pytest.raises(NotDelivered, match="address_refused"):
        post(receiver.port, "https", NAME, networks=())
    assert receiver.messages == []


@pytest.mark.parametrize(
    ("status", "key"), [(301, "redirected"), (307, "redirected"), (404, "answered"), (500, "answered")]
)
def test_other_responses_are_failures_and_no_redirect_is_followed(receiver, status, key):
    receiver.statuses = [status]
    with pytest.raises(NotDelivered, match=key) as error:
        post(receiver.port)
    assert error.value.http_status == status and len(receiver.messages) == 1


def test_a_closed_port_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDelivered, match="unreachable"):
        post(port)


def test_a_second_address_is_tried_where_the_first_does_not_respond(monkeypatch, receiver):
    monkeypatch.setattr(sending, "resolve", lambda *_: ["::1", "127.0.0.1"])
    assert post(receiver.port) == 204


def test_a_response_that_is_not_http_is_unreadable():
    with raw_server(lambda connection: connection.sendall(b"220 smtp.example.com\r\n")) as port:
        with pytest.raises(NotDelivered, match="unreadable"):
            post(port)


def test_a_response_that_comes_in_drops_ends_in_time(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    stopped = threading.Event()

    def drip(connection):
        for _ in range(200):
            connection.sendall(b"H")
            if stopped.wait(0.05):
                break

    with raw_server(drip) as port:
        with pytest.raises(NotDelivered, match="timed_out"):
            post(port)
        stopped.set()


def test_a_head_without_end_is_not_read_to_its_end():
    def flood(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(1000):
            connection.sendall(b"X-Header: " + b"a" * 60_000 + b"\r\n")

    with raw_server(flood) as port:
        with pytest.raises(NotDelivered, match="unreadable"):
            post(port)


def test_a_large_body_is_not_read():
    sent = []

    def flood(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(1000):
                sent.append(connection.send(b"a" * 100_000))

    with raw_server(flood) as port:
        assert post(port) == 200
    assert sum(sent) < 50_000_000
