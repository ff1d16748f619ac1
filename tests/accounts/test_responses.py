"""A06, A07, A22: what a response gives away, in words, in time and in cookies."""

import base64
import hashlib
import re
import time
import zlib

import pytest

from accounts.mail import outbox
from accounts.security import passwords
from tests.accounts.people import JSON, PASSWORD, Browser, body, code_in, deliver, gives_away, let_time_pass, make_user

pytestmark = pytest.mark.usefixtures("production_hashes")

KNOWN, UNKNOWN = "12345", "54321"


def said(response) -> tuple:
    """Everything a response holds except what is random or merely repeats the name."""
    text = re.sub(r'value="[^"]{60,}"', "", response.text).replace(KNOWN, "NAME").replace(UNKNOWN, "NAME")
    random = {"Set-Cookie", "Content-Length", "X-Request-ID"}
    headers = sorted((name, value) for name, value in response.headers if name not in random)
    return response.status_code, text, headers


@pytest.mark.parametrize("headers", [{}, JSON], ids=["page", "json"])
@pytest.mark.parametrize(
    "path, fields",
    [
        ("/login", {"password": "wrong-1x"}),
        ("/register/code", {}),
        ("/reset/code", {}),
        ("/reset", {"password": PASSWORD, "confirm": PASSWORD, "code": "123456"}),
        ("/register", {"password": PASSWORD, "confirm": PASSWORD, "code": "123456"}),
    ],
)
def test_A06_known_and_unknown_names_get_equal_responses(app, path, fields, headers):
    make_user(app, KNOWN)
    responses = []
    for name in (KNOWN, UNKNOWN):
        browser = Browser(app)
        response = browser.post(path, {"username": name, **fields}, headers=headers)
        responses.append((said(response), said(browser.get("/reset"))))
    assert responses[0] == responses[1]


def test_A06_the_response_after_the_mail_went_out_is_equal_too(app):
    make_user(app, KNOWN)
    responses = []
    for name in (KNOWN, UNKNOWN):
        browser = Browser(app)
        browser.ask_for_code(name, "reset")
        deliver(app)
        responses.append(said(browser.reset(name, "123456")))
    assert responses[0] == responses[1]


def test_A06_the_owner_of_an_existing_account_is_told_by_mail(app):
    make_user(app, KNOWN)
    Browser(app).ask_for_code(KNOWN)
    (existing,) = deliver(app)
    Browser(app).ask_for_code(UNKNOWN)
    (fresh,) = deliver(app)
    assert existing["Subject"] == fresh["Subject"]
    assert "this account exists already" in body(existing)
    assert "exists already" not in body(fresh)


def test_A06_a_mailbox_without_an_account_is_told_so_at_reset_and_gets_no_code(app):
    Browser(app).ask_for_code(UNKNOWN, "reset")
    (letter,) = deliver(app)
    assert "there is no account" in body(letter)
    assert not re.search(r"\b\d{6}\b", body(letter))


def test_A07_an_unknown_name_takes_as_long_as_a_wrong_password(app):
    """The processor's time of this thread, and the least of many: what other work adds to it is no sign of a name."""
    make_user(app, KNOWN)
    browser = Browser(app)
    token = browser.token()
    took = {KNOWN: [], UNKNOWN: []}
    for turn in range(80):
        for name in (KNOWN, UNKNOWN) if turn % 2 else (UNKNOWN, KNOWN):
            start = time.thread_time()
            response = browser.post("/login", {"username": name, "password": "wrong-1x"}, token=token)
            took[name].append(time.thread_time() - start)
            assert response.status_code == 400
        let_time_pass(app, days=1)  # else neither could try so often
        if turn > 6 and 0.7 < min(took[KNOWN]) / min(took[UNKNOWN]) < 1.4:
            break
    assert 0.7 < min(took[KNOWN]) / min(took[UNKNOWN]) < 1.4


def test_A07_the_password_is_hashed_once_for_either(app, monkeypatch):
    make_user(app, KNOWN)
    hasher, verified = passwords.HASHER, []

    class Counting:
        hash = staticmethod(hasher.hash)

        @staticmethod
        def verify(password_hash, password):
            verified.append(password_hash.rpartition("$")[0].rpartition("$")[0])  # kind and costs, without the salt
            return hasher.verify(password_hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting)
    for name in (KNOWN, UNKNOWN):
        assert Browser(app).sign_in(name, "wrong-1x").status_code == 400
    assert len(verified) == 2 and len(set(verified)) == 1


def test_A07_a_request_for_a_code_never_mails_by_itself(app, monkeypatch):
    monkeypatch.setattr(outbox, "_send", lambda row: pytest.fail("mailed within the request"))
    make_user(app, KNOWN)
    for purpose in ("register", "reset"):
        for name in (KNOWN, UNKNOWN):
            assert Browser(app).ask_for_code(name, purpose).status_code == 303


def cookie_payloads(responses) -> str:
    """The readable insides of every session cookie in these responses."""
    found = []
    for response in responses:
        for header in response.headers.getlist("Set-Cookie"):
            value = header.split(";")[0].partition("=")[2]
            packed, data = value.startswith("."), value.lstrip(".").split(".")[0]
            raw = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
            found.append((zlib.decompress(raw) if packed else raw).decode())
    return "\n".join(found)


def test_A22_no_code_and_no_password_is_in_any_response_or_cookie_not_even_hashed(app):
    browser = Browser(app)
    responses = [browser.ask_for_code(KNOWN)]
    code = code_in(*deliver(app))
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    responses += [browser.register(KNOWN, wrong), browser.register(KNOWN, code), browser.get("/12345/")]
    responses += [browser.post("/logout"), browser.get("/login")]
    responses += [browser.sign_in(KNOWN, "wrong-1x"), browser.sign_in(KNOWN), browser.get("/12345/account")]
    cookies = cookie_payloads(responses)
    assert "csrf_token" in cookies
    everything = cookies + "".join(f"{response.headers}{response.text}" for response in responses)
    assert not gives_away(everything, code) and not gives_away(everything, wrong)
    assert PASSWORD not in everything and "wrong-1x" not in everything
    for secret in (code, wrong, PASSWORD, "wrong-1x"):
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            assert hashlib.new(algorithm, secret.encode()).hexdigest() not in everything


def test_A22_a_cookie_signed_with_a_well_known_key_is_worth_nothing(app):
    from flask import Flask

    make_user(app)
    forger = Flask("forger")
    for key in ("dev", "secret", "changeme", "SECRET_KEY", "", "you-will-never-guess"):
        if key:
            forger.secret_key = key
            signer = forger.session_interface.get_signing_serializer(forger)
            browser = Browser(app)
            browser.client.set_cookie("revive", signer.dumps({"_user_id": "1", "csrf_token": "x"}))
            assert not browser.is_signed_in()


def test_every_field_is_required_and_each_error_is_beside_its_field(app):
    browser = Browser(app)
    response = browser.post("/register", headers=JSON)
    assert response.status_code == 400
    assert response.json["error"]["key"] == "invalid_fields"
    assert set(response.json["error"]["fields"]) == {"username", "password", "confirm", "code"}
    page = browser.post("/register", {"username": "ann", "code": "12"})
    assert page.status_code == 400
    for field in ("username", "password", "confirm", "code"):
        assert f'id="{field}-error"' in page.text
    assert 'value="ann"' in page.text


def test_a_program_gets_json_all_the_way(app):
    browser = Browser(app)
    assert browser.ask_for_code(KNOWN, headers=JSON).json == {"sent": True, "seconds": 60}
    response = browser.register(KNOWN, code_in(*deliver(app)), headers=JSON)
    arrived = {"username": KNOWN, "home_url": "/12345/", "next_url": "/12345/"}
    assert (response.status_code, response.json) == (201, arrived)
    assert browser.post("/logout", headers=JSON).json == {"signed_out": True}
    response = browser.sign_in(KNOWN, headers=JSON)
    assert (response.status_code, response.json) == (200, arrived)
    token = browser.token_of("/12345/account")
    assert browser.post("/logout", token=token, headers=JSON).json == {"signed_out": True}


def test_the_name_stays_in_the_form_after_asking_for_a_code_without_script(app):
    browser = Browser(app)
    response = browser.ask_for_code("ann@example.com")
    assert (response.status_code, response.location) == (303, "/register")
    page = browser.get("/register").text
    assert 'value="ann@example.com"' in page
    assert "on the server&#39;s terminal" in page
    app.config["MAIL_SERVER"] = "mail.example.com"
    browser.ask_for_code("ann@example.com")
    assert "on its way" in browser.get("/register").text


def test_asking_for_a_code_with_a_name_that_is_none_says_so_beside_the_field(app):
    response = Browser(app).ask_for_code("ann")
    assert response.status_code == 400
    assert 'id="username-error"' in response.text
