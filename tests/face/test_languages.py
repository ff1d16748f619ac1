"""Which language a page speaks, and how a person changes it."""

import re

import pytest

from models import User
from tests.accounts.people import sign_in_person
from views import languages


def language_of(response) -> str:
    return re.search(r'<html lang="([\w-]+)"', response.text)[1]


def token_of(client) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("zh-CN", "zh-CN"),
        ("zh-Hans-CN,en;q=0.5", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("zh", "zh-CN"),
        ("en-GB,zh;q=0.8", "en"),
        ("fr,zh;q=0.7,en;q=0.3", "zh-CN"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_browsers_first_language_that_we_speak_is_used(client, accepted, tag):
    assert language_of(client.get("/", headers={"Accept-Language": accepted})) == tag


def test_a_chinese_page_has_its_words_in_chinese(client):
    page = client.get("/login", headers={"Accept-Language": "zh-CN"}).text
    assert "登录" in page and "Sign in" not in page


def test_a_choice_is_kept_and_outweighs_the_browser(client):
    response = client.post("/language", data={"csrf_token": token_of(client), "language": "zh", "next": "/login"})
    assert (response.status_code, response.location) == (303, "/login")
    assert language_of(client.get("/login", headers={"Accept-Language": "en"})) == "zh-CN"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "\\\\evil", ""])
def test_the_way_back_stays_on_this_site(client, target):
    response = client.post("/language", data={"csrf_token": token_of(client), "language": "zh", "next": target})
    assert (response.status_code, response.location) == (303, "/")


def test_an_unknown_language_changes_nothing(client):
    response = client.post("/language", data={"csrf_token": token_of(client), "language": "../xx", "next": "/"})
    assert response.status_code == 303
    assert languages.COOKIE not in response.headers.get("Set-Cookie", "")


def test_the_accounts_language_outweighs_the_browser(app, monkeypatch):
    class Person:
        language = "zh"

    monkeypatch.setattr(languages, "current_user", Person())
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert languages.choose_language() == "zh"


def test_a_signed_in_persons_choice_is_kept_in_the_account(app):
    browser = sign_in_person(app, "12345")
    browser.post("/language", {"language": "zh", "next": "/"}, token=browser.token_of("/"))
    with app.app_context():
        assert User.query.filter_by(name="12345").one().language == "zh"
