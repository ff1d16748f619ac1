"""B01, B02, B03, B09: forms are the person's own, and lead nowhere else."""

import pytest

from models import User, UserSession, db
from tests.accounts.people import JSON, PASSWORD, Browser, deliver, make_user, sign_in_person
from views.http.guards import check_next

PUBLIC = [
    "/guests",
    "/register",
    "/register/code",
    "/register/password",
    "/login",
    "/reset",
    "/reset/code",
    "/logout",
    "/language",
]
PRIVATE = [
    "/12345/account/password",
    "/12345/account/sessions/end",
    "/12345/account/sessions/end/all",
    "/12345/account/sessions/1/end",
    "/12345/account/theme",
    "/12345/account/webhooks",
    "/12345/account/webhooks/1/test",
    "/12345/account/webhooks/1/activity",
    "/12345/account/webhooks/1/secret",
    "/12345/account/webhooks/1/deletion",
    "/12345/account/deletion",
    "/12345/adjust",
    "/12345/adjust/samples/adjust",
    "/12345/jobs/" + "0" * 32 + "/cancellation",
    "/12345/jobs/" + "0" * 32 + "/deletion",
    "/12345/jobs/" + "0" * 32 + "/retry",
]
FIELDS = {"username": "54321", "password": PASSWORD, "confirm": PASSWORD, "code": "123456", "language": "zh"}
ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def state(app) -> tuple:
    """What a refused request must not have changed."""
    with app.app_context():
        users = [(user.name, user.password_hash) for user in db.session.query(User)]
        return users, db.session.query(UserSession).count(), len(deliver(app))


@pytest.mark.parametrize("token", ["", "wrong", "ImZiNDkxMWNlMTVlOTFhMGRh.awA5dA.3OtIo3TCylLM"])
def test_B01_a_post_without_the_token_is_refused_and_changes_nothing(app, token):
    make_user(app)
    browser = Browser(app)
    browser.token()
    before = state(app)
    for path in PUBLIC:
        response = browser.post(path, FIELDS, token=token)
        assert response.status_code == 400, path
        assert "Reload the page" in response.text
        response = browser.post(path, FIELDS, token=token, headers=JSON)
        assert (response.status_code, response.json["error"]["key"]) == (400, "form_expired"), path
    assert state(app) == before


def test_B01_the_same_for_who_is_signed_in(app):
    browser = sign_in_person(app)
    before = state(app)
    for path in PRIVATE:
        assert browser.post(path, FIELDS, token="").status_code == 400, path
    assert state(app) == before and browser.is_signed_in()


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
@pytest.mark.parametrize("path", ["/login", "/logout", "/12345/account/password", "/12345/adjust"])
def test_B01_what_another_site_sent_is_refused_even_with_a_token(app, path, headers):
    browser = sign_in_person(app)
    token = browser.token_of("/12345/account")
    response = browser.post(path, FIELDS, token=token, headers=headers)
    assert response.status_code == 400
    assert "another site" in response.text
    assert browser.is_signed_in()


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {}], ids=str)
def test_B01_what_our_own_pages_send_is_welcome(app, headers):
    make_user(app)
    assert Browser(app).sign_in("12345", headers=headers).status_code == 303


def test_B01_the_token_is_welcome_as_a_header_too(app):
    make_user(app)
    browser = Browser(app)
    headers = {"X-CSRFToken": browser.token()}
    assert browser.sign_in("12345", token="", headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/login", "/register", "/register/code", "/reset", "/reset/code"])
def test_B02_the_token_of_another_session_is_refused(app, path):
    stranger, browser = Browser(app), Browser(app)
    token = stranger.token()
    browser.token()
    assert browser.post(path, FIELDS, token=token).status_code == 400
    assert "Reload the page" in browser.post(path, FIELDS, token=token).text


@pytest.mark.parametrize("method", ["get", "head"])
def test_B03_no_get_changes_anything(app, method):
    browser = sign_in_person(app)
    before = state(app)
    for path in ("/logout", "/register/code", "/reset/code", "/language", *PRIVATE):
        response = browser.send(method, path, "")
        assert response.status_code in ({200} if path == "/12345/adjust" else {404, 405}), path
    assert state(app) == before and browser.is_signed_in()


LEAVING = [
    "//evil.example",
    "https://evil.example",
    "http:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "///evil.example",
    "/ /evil.example",
    "evil.example",
    "/\x00/evil.example",
    "data:text/html,x",
    "/%0d\r\nSet-Cookie: a=b",
]


def test_B09_signing_in_leads_to_no_other_site(app):
    make_user(app)
    for target in LEAVING:
        assert check_next(target) == "/", target
        response = Browser(app).post("/login", {"username": "12345", "password": PASSWORD, "next": target})
        assert (response.status_code, response.location) == (303, "/12345/"), target


def test_B09_signing_in_leads_to_where_the_person_wanted_to_go(app):
    make_user(app)
    browser = Browser(app)
    page = browser.get("/tools/adjust").text
    assert 'href="/login?next=/tools/adjust"' in page and 'name="next" value="/tools/adjust"' in page
    assert 'name="next" value="/tools/adjust"' in browser.get("/login?next=/tools/adjust").text
    response = browser.post("/login", {"username": "12345", "password": PASSWORD, "next": "/tools/adjust"})
    assert response.location == "/tools/adjust"
    assert browser.get("/tools/adjust").location == "/12345/adjust"


def test_who_is_signed_in_is_sent_home_from_the_forms_for_strangers(app):
    browser = sign_in_person(app)
    for path in ("/login", "/register", "/reset"):
        assert browser.get(path).location == "/12345/"
