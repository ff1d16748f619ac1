"""B04 to B08 and B12: what every response says to the browser."""

import re
from pathlib import Path

import pytest

import config
from app import create_app
from tests.accounts.people import Browser, make_user, sign_in_person

PAGES = ["/", "/login", "/register", "/reset", "/nothing-here", "/static/nothing-here", "/healthz", "/tools/adjust"]


def policy(response) -> dict[str, str]:
    header = response.headers["Content-Security-Policy"]
    return dict(part.strip().partition(" ")[::2] for part in header.split(";"))


@pytest.fixture
def behind_tls(environment, database):
    """An application that people reach over TLS, through one proxy."""
    environment |= {"HTTPS": "yes", "TRUSTED_HOSTS": "photos.example.org", "PROXIES": "1"}
    return create_app(config.load(environment) | {"TESTING": True})


def test_B04_the_session_cookie_is_closed_to_scripts_and_other_sites(app):
    make_user(app)
    response = Browser(app).sign_in("12345")
    cookies = response.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["revive", "revive-known"]
    for cookie in cookies:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)
        assert len(cookie) < 1000


def test_B04_under_tls_the_cookie_is_secure_and_bound_to_the_host(behind_tls):
    response = behind_tls.test_client().get("/login", base_url="https://photos.example.org")
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-revive=")
    assert "; Secure;" in cookie and "Domain" not in cookie and "Path=/" in cookie


def test_B04_the_largest_cookie_stays_below_4096_bytes(app):
    browser = Browser(app)
    longest = "a" * 60 + "@" + "b" * 56 + ".de"
    response = browser.ask_for_code(longest, headers={"Accept-Language": "zh"})
    assert response.status_code == 303
    assert len(response.headers["Set-Cookie"]) < 2000


@pytest.mark.parametrize("path", PAGES)
def test_B05_every_response_has_the_headers(app, path):
    response = Browser(app).get(path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in response.headers["Permissions-Policy"]
    assert "Server" not in response.headers and "X-Powered-By" not in response.headers
    rules = policy(response)
    assert rules["object-src"] == "'none'" and rules["base-uri"] == "'none'" and rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    if response.mimetype == "text/html":
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_B05_also_on_refusals_and_failures(app, monkeypatch):
    browser = sign_in_person(app)
    too_large = browser.post("/12345/account/password", {"current": "x" * 300_000})
    monkeypatch.setattr("views.accounts.account.sessions.list_sessions", lambda *args: 1 / 0)
    failed = browser.get("/12345/account")
    for response, status in ((too_large, 413), (failed, 500), (browser.client.put("/login"), 405)):
        assert response.status_code == status
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "ZeroDivisionError" not in response.text and "Traceback" not in response.text


def test_B05_a_picture_opened_by_itself_may_do_nothing(app):
    response = Browser(app).get(next(static_pictures(app)))
    assert "sandbox" in policy(response) and policy(response)["default-src"] == "'none'"


def static_pictures(app):
    root = Path(app.static_folder)
    return (f"/static/{path.relative_to(root)}" for kind in ("*.svg", "*.jpg", "*.png") for path in root.rglob(kind))


def test_B05_pages_use_no_inline_script_or_style(app):
    for path in ("/", "/login", "/register", "/reset"):
        page = Browser(app).get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page)


def test_B05_hsts_for_two_years_under_tls_only(app, behind_tls):
    assert "Strict-Transport-Security" not in Browser(app).get("/").headers
    response = behind_tls.test_client().get("/", base_url="https://photos.example.org")
    assert response.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_B06_only_static_files_may_be_kept(app):
    browser = sign_in_person(app)
    for path in ("/", "/12345/", "/12345/account", "/12345/history", "/12345/adjust", "/nothing-here"):
        assert browser.get(path).headers["Cache-Control"] == "private, no-store"
    assert "no-store" not in browser.get(next(static_pictures(app))).headers["Cache-Control"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_B07_no_other_site_may_read_responses(app, origin):
    browser = sign_in_person(app)
    for path in ("/", "/12345/", "/12345/history", "/healthz"):
        for response in (
            browser.get(path, headers={"Origin": origin}),
            browser.client.options(path, headers={"Origin": origin}),
        ):
            assert not [name for name, _ in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/login", "/nothing-here", "/12345/", "/static/x"])
def test_B08_a_foreign_host_is_refused(app, path):
    response = app.test_client().get(path, headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.text


def test_B08_a_forwarded_host_is_not_believed(app):
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert "evil.example" not in Browser(app).get("/12345/account", headers=headers).location
    assert "evil.example" not in Browser(app).get("/tools/adjust", headers=headers).text


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/instance/revive.db",
        "/revive.db",
        "/static/",
        "/static/css/",
        "/static/../config.py",
        "/static/..%2fconfig.py",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/config.py",
        "/app.py",
        "/server-status",
        "/?__debugger__=yes&cmd=resource&f=style.css",
    ],
)
def test_B12_nothing_of_the_server_itself_is_served(app, path):
    response = Browser(app).get(path)
    assert response.status_code in ({200} if path.startswith("/?") else {301, 303, 308, 400, 404})
    for trace in ("SECRET_KEY", "create_app", "SQLite format", "Werkzeug", "Traceback", "repositoryformatversion"):
        assert trace not in response.text


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT"])
def test_B12_other_methods_are_refused(app, method):
    assert app.test_client().open("/login", method=method).status_code in {400, 405}
