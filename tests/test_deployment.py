"""deploy/ and docs/deployment.md: they name what exists, and nginx and systemd take what is given to them."""

import contextlib
import getpass
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

import config
from tests.support.servers import free_port, need, stop, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text()
NGINX = (DEPLOY / "nginx.conf.template").read_text()
PAGE = (ROOT / "docs" / "deployment.md").read_text()
SETTINGS = {setting.name for setting in config.SETTINGS}


def test_every_setting_that_is_given_exists():
    given = set(re.findall(r"^    ([A-Z_]+): ", COMPOSE.split("services:")[0], re.M))
    given |= set(re.findall(r"^ +([A-Z_]+)=", PAGE, re.M)) | set(re.findall(r"INSTANCE_DIR", PAGE))
    assert len(given) > 10 and given <= SETTINGS


def test_every_variable_of_the_compose_file_is_in_its_example():
    wanted = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE))
    # That one is docker compose's own: which profiles it starts.
    assert wanted | {"COMPOSE_PROFILES"} == set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "env.example").read_text(), re.M))


def test_nginx_takes_what_the_settings_allow():
    allowed = {setting.name: setting.default for setting in config.SETTINGS}
    site, weights = (int(size) for size in re.findall(r"client_max_body_size (\d+)m;", NGINX))
    assert 2 * allowed["MAX_UPLOAD_MEGABYTES"] < site < 3 * allowed["MAX_UPLOAD_MEGABYTES"]
    assert allowed["MAX_WEIGHTS_MEGABYTES"] < weights < allowed["MAX_WEIGHTS_MEGABYTES"] + 10


def test_no_password_is_given_beforehand():
    assert "MYSQL_PASSWORD=\n" in (DEPLOY / "env.example").read_text()
    assert "MAIL_PASSWORD=\n" in (DEPLOY / "env.example").read_text()


def test_every_path_that_the_page_names_exists():
    paths = set(re.findall(r"\b((?:deploy|docs)/[\w.-]+)", PAGE)) - {"deploy/.env", "deploy/certificates"}
    assert paths and all((ROOT / path).exists() for path in paths)


def test_every_command_that_the_page_names_exists(app):
    for group, name in re.findall(r"flask (users|jobs|db) ([\w-]+)", PAGE):
        assert name in app.cli.commands[group].commands, name


@pytest.fixture
def certificates(tmp_path):
    subprocess.run(
        [
            need("openssl"),
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=photos.example.org",
            "-keyout",
            tmp_path / "privkey.pem",
            "-out",
            tmp_path / "fullchain.pem",
        ],
        check=True,
        capture_output=True,
    )
    return tmp_path


@pytest.fixture
def web(environment, database, tmp_path):
    """A real web server of an installation behind one proxy; its port."""
    port = free_port()
    settings = {
        "PORT": str(port),
        "TRUSTED_HOSTS": "photos.example.org",
        "HTTPS": "yes",
        "PROXIES": "1",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", "from gunicorn.app.wsgiapp import run; run()", "app:create_app()"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment | settings)
    try:
        wait_for_port(port, process=process)
        yield port
    finally:
        stop(process)


@pytest.fixture
def nginx(web, certificates, tmp_path):
    """nginx with the configuration of deploy/ in front of the site; its two ports, plain and TLS."""
    plain, tls = free_port(), free_port()
    text = (DEPLOY / "nginx.conf.template").read_text()
    words = {"SITE_NAME": "photos.example.org", "UPSTREAM": f"127.0.0.1:{web}", "CERTIFICATES": str(certificates)}
    for name, value in words.items():
        text = text.replace(f"${{{name}}}", value)
    text = text.replace("/srv/revive-pictures/", f"{tmp_path}/pictures/")
    text = re.sub(r"listen \[::\].*\n", "", text)
    text = text.replace("listen 80", f"listen 127.0.0.1:{plain}").replace("listen 443", f"listen 127.0.0.1:{tls}")
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; user {getpass.getuser()}; pid {tmp_path}/pid; events {{}}\n"
        f"http {{ access_log off; {folders}\n{text}\n}}"
    )
    process = subprocess.Popen(
        [need("nginx"), "-c", tmp_path / "nginx.conf", "-e", tmp_path / "nginx.log", "-p", tmp_path]
    )
    try:
        wait_for_port(tls, process=process)
        yield plain, tls
    finally:
        stop(process)


def fetch(port: int, path: str = "/", *options: str, host: str = "photos.example.org", scheme: str = "https") -> str:
    place = f"{host}:{port}:127.0.0.1"
    done = subprocess.run(
        [
            need("curl"),
            "-sik",
            "--http1.1",
            "--max-time",
            "60",
            "--resolve",
            place,
            *options,
            f"{scheme}://{host}:{port}{path}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_nginx_of_the_deployment_serves_the_site_over_tls(nginx):
    plain, tls = nginx
    response = fetch(tls, "/login", "-H", "Host: photos.example.org")
    assert response.startswith("HTTP/1.1 200") and "Strict-Transport-Security: max-age=63072000" in response
    assert re.search(r"Set-Cookie: __Host-revive=.*Secure; HttpOnly; Path=/; SameSite=Lax", response)
    assert re.search(r"(?i)^server: nginx\s*$", response, re.M), "no version of the server is told"
    moved = fetch(plain, "/login?x=1", "-H", "Host: photos.example.org", scheme="http")
    assert "301" in moved.splitlines()[0] and "Location: https://photos.example.org/login?x=1" in moved
    assert fetch(tls, host="other.example.org") == "", "a foreign name gets no answer"


def test_nginx_of_the_deployment_speaks_http_2(nginx):
    assert fetch(nginx[1], "/login", "--http2").startswith("HTTP/2 200")


def test_F11_slow_visitors_hold_no_thread_of_the_site(nginx):
    """Far more of them than there are threads; the site by itself would wait for each."""
    plain, tls = nginx
    ways = (
        b"GET /login HTTP/1.1\r\nHost: photos.example.org\r\nX-Slow: ",
        b"POST /login HTTP/1.1\r\nHost: photos.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 5000\r\n\r\na=",
    )
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.ExitStack() as slow:
        for number in range(150):
            # Each from an address of its own, as strangers are: one address may hold 40 connections.
            line = socket.create_connection(("127.0.0.1", tls), 60, (f"127.0.1.{number + 1}", 0))
            line = slow.enter_context(context.wrap_socket(line))
            line.sendall(ways[number % 2])
        for _ in range(10):
            assert fetch(tls, "/login").startswith("HTTP/1.1 200")
    dropped = {name: int(seconds) for name, seconds in re.findall(r"client_(header|body)_timeout (\d+)s;", NGINX)}
    assert set(dropped) == {"header", "body"} and max(dropped.values()) <= 120


def test_the_units_of_systemd_are_understood(tmp_path):
    program = need("systemd-analyze")
    for unit in DEPLOY.glob("*.service"):
        text = re.sub(r"/opt/revive/\.venv/bin/\w+", shutil.which("true"), unit.read_text())
        (tmp_path / unit.name).write_text(text.replace("WorkingDirectory=/opt/revive", "WorkingDirectory=/"))
    units = sorted(tmp_path.glob("*.service"))
    assert len(units) == 2
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
