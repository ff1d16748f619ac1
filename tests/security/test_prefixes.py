"""C01, C02, C03, B10, B11: whose address it is, however it is spelled."""

import re

import pytest

from models import Job, User, db
from tests.accounts.people import JSON, Browser, make_user, sign_in_person

JOB = "ab" * 16
UNDER = [
    "/",
    "/account",
    "/history",
    "/adjust",
    "/deblur",
    f"/jobs/{JOB}",
    f"/jobs/{JOB}/original",
    f"/jobs/{JOB}/result",
    f"/jobs/{JOB}/mask",
    f"/jobs/{JOB}/live/person",
    f"/jobs/{JOB}/preview",
    f"/jobs/{JOB}/thumbnail",
    f"/jobs/{JOB}/cancellation",
    f"/jobs/{JOB}/deletion",
    f"/jobs/{JOB}/retry",
    "/account/password",
    "/account/sessions/end",
    "/account/sessions/end/all",
    "/account/sessions/1/end",
    "/account/theme",
    "/account/data",
    "/account/deletion",
    "/nothing-here",
]


@pytest.fixture
def owned(app):
    """The application with user 12345, who owns the job JOB."""
    make_user(app, "12345")
    with app.app_context():
        owner = db.session.query(User.id).scalar()
        db.session.add(
            Job(
                id=JOB,
                user_id=owner,
                service="adjust",
                original_file="original.png",
                status="done",
                original_name="original.png",
            )
        )
        db.session.commit()
    return app


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_C01_strangers_are_sent_to_the_front_page(owned, method):
    browser = Browser(owned)
    token = browser.token()
    for path in UNDER:
        response = browser.send(method, f"/12345{path}", token)
        assert (response.status_code, response.location) == (303, "/"), path
        assert not (response.content_type or "").startswith("image/")


@pytest.mark.parametrize("method", ["get", "post"])
def test_C01_programs_without_a_session_get_401(owned, method):
    browser = Browser(owned)
    token = browser.token()
    for path in UNDER:
        response = browser.send(method, f"/12345{path}", token, headers=JSON)
        assert (response.status_code, response.json["error"]["key"]) == (401, "sign_in_needed"), path


def test_C01_the_same_whether_the_account_exists_or_not(owned):
    browser = Browser(owned)
    known, unknown = browser.get("/12345/"), browser.get("/99999/")
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)


@pytest.mark.parametrize("method", ["get", "post"])
def test_C02_another_users_prefix_leads_to_ones_own_home(owned, method):
    browser = sign_in_person(owned, "54321")
    token = browser.token_of("/54321/account")
    for path in UNDER:
        response = browser.send(method, f"/12345{path}", token)
        assert (response.status_code, response.location) == (303, "/54321/"), path
        assert browser.send(method, f"/12345{path}", token, headers=JSON).status_code == 404, path
    with owned.app_context():
        assert db.session.get(Job, JOB).status == "done"


VARIANTS = [
    f"/54321/jobs/{JOB}{{}}",
    f"/54321/jobs/{JOB.upper()}{{}}",
    f"/54321/jobs/{JOB}.{{}}",
    f"/54321/jobs/{JOB};x{{}}",
    f"/54321/jobs/{JOB}%00{{}}",
    f"/54321/jobs/../jobs/{JOB}{{}}",
    f"/54321/../12345/jobs/{JOB}{{}}",
    f"/54321/jobs/%2e%2e/%2e%2e/12345/jobs/{JOB}{{}}",
    f"//12345/jobs/{JOB}{{}}",
    f"/./12345/jobs/{JOB}{{}}",
    f"/12345./jobs/{JOB}{{}}",
    f"/12345;x/jobs/{JOB}{{}}",
    f"/12345%00/jobs/{JOB}{{}}",
    f"/12345%20/jobs/{JOB}{{}}",
    f"/012345/jobs/{JOB}{{}}",
    f"/12345@qq.com/jobs/{JOB}{{}}",
    f"/12345@QQ.COM/jobs/{JOB}{{}}",
    f"/%31%32345/jobs/{JOB}{{}}",
    f"/12345//jobs/{JOB}{{}}",
    f"/１２３４５/jobs/{JOB}{{}}",
]


@pytest.mark.parametrize("ending", ["", "/original", "/result/"])
def test_C02_no_spelling_of_an_address_opens_what_belongs_to_another(owned, ending):
    browser = sign_in_person(owned, "54321")
    for variant in VARIANTS:
        response = browser.get(variant.format(ending))
        while response.status_code in {301, 302, 303, 308}:
            response = browser.get(response.location)
        assert response.status_code in {400, 404} or response.request.path == "/54321/", variant
        assert not (response.content_type or "").startswith("image/")
        assert "original.png" not in response.text, variant


@pytest.mark.parametrize(
    "header", ["X-Original-URL", "X-Rewrite-URL", "X-Remote-User", "Remote-User", "X-Forwarded-User"]
)
def test_C02_no_header_makes_somebody_else_of_anybody(owned, header):
    browser = sign_in_person(owned, "54321")
    value = "12345" if "User" in header else f"/12345/jobs/{JOB}"
    assert browser.get("/54321/account", headers={header: value}).status_code == 200
    assert browser.get(f"/54321/jobs/{JOB}", headers={header: value}).status_code == 404
    assert Browser(owned).get("/12345/", headers={header: value}).status_code == 303


def test_C03_foreign_and_missing_jobs_look_the_same(owned):
    browser = sign_in_person(owned, "54321")
    for ending in ("", "/original", "/result", "/mask"):
        for headers in ({}, JSON):
            foreign = browser.get(f"/54321/jobs/{JOB}{ending}", headers=headers)
            missing = browser.get(f"/54321/jobs/{'cd' * 16}{ending}", headers=headers)
            assert foreign.status_code == missing.status_code == 404
            assert without_token(foreign.text).replace(JOB, "") == without_token(missing.text).replace("cd" * 16, "")


def without_token(page):
    """The page without its CSRF token, which carries the second it was made in."""
    return re.sub(r'(?:name="csrf_token" value|data-token)="[^"]+"', "", page)


@pytest.mark.parametrize("name", ["login", "register", "static", "tools", "healthz", "logout", "reset", "language"])
def test_A12_no_user_name_can_equal_an_address_of_the_site(app, name):
    from accounts.names import is_canonical

    assert not is_canonical(name)


def test_every_first_part_of_our_addresses_is_no_user_name(app):
    from accounts.names import is_canonical

    first_parts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    assert [part for part in first_parts if is_canonical(part)] == []


HOSTILE = [
    "' OR '1'='1",
    "1; DROP TABLE users",
    "%27%20UNION%20SELECT%201--",
    "../../etc/passwd",
    "0x41",
    "-1",
    "1e309",
    "NaN",
    "%00",
    "%ff%fe",
    "a" * 5000,
    "{{7*7}}",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_B11_hostile_ids_and_fields_are_no_server_error(app, text):
    browser = sign_in_person(app)
    for path in (
        f"/12345/jobs/{text}",
        f"/12345/{text}",
        f"/tools/{text}",
        f"/12345/history?before={text}",
        f"/{text}",
    ):
        assert browser.get(path).status_code < 500
    stranger = Browser(app)
    for path in ("/login", "/register", "/register/code", "/reset", "/reset/code"):
        fields = dict.fromkeys(("username", "password", "confirm", "code", "next"), text)
        assert stranger.post(path, fields).status_code in {400, 429}


@pytest.mark.parametrize("path", ["/login", "/register", "/reset", "/register/code"])
def test_B10_what_a_person_typed_comes_back_escaped(app, path):
    response = Browser(app).post(path, {"username": '"><script>alert(1)</script>', "next": '/"><script>'})
    assert response.status_code == 400
    assert "<script>alert" not in response.text and "&lt;script&gt;alert" in response.text


def test_B10_a_mail_escapes_what_it_repeats(app):
    from tests.accounts.people import body, deliver

    Browser(app).ask_for_code("o'neil&co@example.com")
    (letter,) = deliver(app)
    assert "o&#39;neil&amp;co@example.com" in body(letter, "html")
    assert "o'neil&co@example.com" in body(letter)


def test_B10_the_browser_that_a_session_names_is_escaped(app):
    make_user(app)
    browser = Browser(app)
    browser.sign_in("12345", headers={"User-Agent": "<img src=x onerror=alert(1)>" + "x" * 500})
    page = browser.get("/12345/account").text
    assert "<img src=x" not in page and "&lt;img src=x" in page
