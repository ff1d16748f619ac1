"""A database that is lost for a moment, in the middle of a request: the rest of the request says so."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from accounts import sessions
from models import db
from tests.accounts.people import JSON, sign_in_person
from views import languages, pages


def test_a_program_is_looked_up_once_and_no_text_is_translated_for_that(app, monkeypatch):
    browser, asked, find = sign_in_person(app, "12345"), [], sessions.find
    monkeypatch.setattr(sessions, "find", lambda token: asked.append(token) or find(token))
    assert browser.get("/api/v1/jobs", headers={"X-CSRFToken": browser.token()} | JSON).status_code == 200
    before = len(asked)
    token = browser.token()
    asked.clear()
    browser.get("/api/v1/jobs", headers={"X-CSRFToken": token} | JSON)
    assert len(asked) == 1 and before


class LostPerson:
    """Somebody whose account is asked for when the connection is lost."""

    def __getattr__(self, name):
        db.session.execute(text("SELECT 1"))
        db.session.connection().invalidate()
        raise OperationalError("SELECT", None, ConnectionResetError("lost"))


@pytest.mark.parametrize(("module", "look"), [(languages, languages.choose_language), (pages, pages.viewer)])
def test_what_cannot_be_looked_up_leaves_the_session_usable(app, monkeypatch, module, look):
    monkeypatch.setattr(module, "current_user", LostPerson())
    with app.test_request_context("/"):
        assert look() in (None, "en")
        assert db.session.scalar(text("SELECT 1")) == 1
