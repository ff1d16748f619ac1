"""F07: the database server stops under a running site and comes back: nothing else has to be started again."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from accounts.security import audit
from models import EmailCode, db
from tests.accounts.people import JSON, Browser, deliver, sign_in_person

AWAY_SECONDS = 4


@pytest.fixture
def engine() -> str:
    return "mariadb"


def test_F07_pages_say_so_while_the_database_is_away_and_everything_goes_on_when_it_is_back(app, mariadb):
    browser, stranger = sign_in_person(app), Browser(app, "127.0.0.9")
    stranger.ask_for_code("67890")
    token = browser.token_of("/12345/account")
    mariadb.stop()
    took = []
    try:
        ends = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < ends:
            started = time.monotonic()
            page = browser.get("/12345/account")
            assert page.status_code == 503 and "cannot reach its database" in page.text
            assert int(page.headers["Retry-After"]) > 0
            form = browser.post("/12345/account/theme", {"theme": "dark"}, token=token, headers=JSON)
            assert (form.status_code, form.json["error"]["key"]) == (503, "unavailable")
            assert stranger.get("/login").status_code == 200, "pages that need no database are served"
            took.append(time.monotonic() - started)
    finally:
        mariadb.start()
    assert min(took) < 10, "a busy machine may be slow now and then, a wait for the database would be there each time"
    assert browser.get("/12345/account").status_code == 200, "the session outlived it"
    assert browser.post("/12345/account/theme", {"theme": "dark"}, token=token).status_code == 303
    with app.app_context():
        assert db.session.query(EmailCode).filter_by(name="67890", sent_at=None).count() == 1
    assert [letter["To"] for letter in deliver(app)] == ["67890@qq.com"], "the mail that waited is sent"


def test_F07_a_database_lost_between_the_response_and_its_end_is_no_error(app, mariadb):
    """The session of a request is let go of after the page is made; its connection may be dead by then."""
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        mariadb.stop()
    mariadb.start()
    with app.app_context():
        assert db.session.scalar(text("SELECT 1")) == 1


def test_F07_an_error_while_another_connection_is_dead_as_well_is_still_503(app, mariadb, monkeypatch):
    browser = sign_in_person(app)

    def lose(*_):
        db.session.execute(text("SELECT 1"))
        mariadb.stop()
        audit.record("nothing")

    monkeypatch.setattr("views.accounts.account.sessions.list_sessions", lose)
    try:
        assert browser.get("/12345/account").status_code == 503
    finally:
        mariadb.start()


def test_F07_a_pool_full_of_dead_connections_is_not_noticed(app, mariadb):
    """A restart between two requests leaves every pooled connection dead; each is looked at before it is used."""
    browsers = [sign_in_person(app, address=f"127.0.0.{place}") for place in range(2, 8)]

    def look(browser: Browser) -> int:
        return browser.get("/12345/account").status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        assert set(pool.map(look, browsers)) == {200}
        mariadb.stop()
        mariadb.start()
        assert set(pool.map(look, browsers)) == {200}
