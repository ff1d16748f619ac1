"""A database that is lost for a moment, in the middle of a request: the rest of the request says so."""

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from accounts import sessions
from models import db
from tests.accounts.people import JSON, sign_in_person


def test_a_program_is_looked_up_once_and_no_text_is_translated_for_that(app, monkeypatch):
    browser, asked, find = sign_in_person(app, "12345"), [], sessions.find
    monkeypatch.setattr(sessions, "find", lambda token: asked.append(token) or find(token))
    assert browser.get("/api/v1/jobs", headers={"X-CSRFToken": browser.token()} | JSON).status_code == 200
    before = len(asked)
    token = browser.token()
    asked.clear()
    browser.get("/api/v1/jobs", headers={"X-CSRFToken": token} | JSON)
    assert len(asked) == 1 and before


def test_the_language_of_an_account_that_cannot_be_read_leaves_the_database_usable(app, monkeypatch):
    """The connection is lost while the language is asked for; the next query of the request gets a new one."""
    browser = sign_in_person(app, "12345")
    lost = []

    def lose_once(connection, _cursor, statement, *_more):
        if "user_sessions" in statement and not lost:
            lost.append(statement)
            connection.invalidate()
            raise OperationalError(statement, None, ConnectionResetError("lost"))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lose_once)
    try:
        response = browser.get("/12345/history", headers=JSON)
    finally:
        event.remove(engine, "before_cursor_execute", lose_once)
    assert lost and response.status_code in (200, 503), response.text
