"""SQLite is locked by somebody else: pages are read, and what must write is refused soon, and by its own name."""

import sqlite3
import time
from pathlib import Path

import pytest

from accounts import sessions
from tests.accounts.people import JSON, Browser, let_time_pass, make_user, sign_in_person

LOCK_SECONDS = 1
# One wait for the lock, and what a busy machine adds.
MAX_SECONDS = LOCK_SECONDS + 4


@pytest.fixture
def environment(environment):
    """What a web server waits, but shorter: 3 seconds are its default."""
    return environment | {"DATABASE_TIMEOUT_SECONDS": str(LOCK_SECONDS)}


@pytest.fixture
def lock(app):
    """Call it to lock the database as another process would."""
    other = sqlite3.connect(Path(app.config["INSTANCE_DIR"]) / "revive.db", isolation_level=None)
    yield lambda: other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_sign_in_gets_an_honest_503_within_seconds(app, lock):
    make_user(app)
    browser = Browser(app)
    token = browser.token()
    lock()
    started = time.monotonic()
    response = browser.sign_in("12345", token=token, headers=JSON)
    assert time.monotonic() - started < MAX_SECONDS
    assert (response.status_code, response.json["error"]["key"]) == (503, "database_busy")
    assert 0 < int(response.headers["Retry-After"]) <= 10
    page = browser.sign_in("12345", token=token)
    assert "is busy" in page.text and "cannot reach" not in page.text


def test_pages_are_read_and_only_the_first_waits_for_the_lock(app, lock, monkeypatch):
    monkeypatch.setattr(sessions, "_next_write_at", 0.0)
    browser = sign_in_person(app)
    let_time_pass(app, minutes=5)  # so that the session's last use would be written
    lock()
    took = []
    for path in ("/12345/account", "/12345/history", "/12345/"):
        started = time.monotonic()
        assert browser.get(path).status_code == 200
        took.append(time.monotonic() - started)
    assert took[0] < MAX_SECONDS
    assert max(took[1:]) < LOCK_SECONDS


def test_who_is_signed_in_stays_so_on_the_page_that_says_it(app, lock):
    browser = sign_in_person(app)
    token = browser.token_of("/12345/account")
    lock()
    page = browser.post("/12345/account/theme", {"theme": "dark"}, token=token)
    assert page.status_code == 503 and "is busy" in page.text
    assert "/12345/" in page.text


def test_all_goes_on_when_the_lock_is_gone(app, lock):
    make_user(app)
    browser = Browser(app)
    token = browser.token()
    let_go = lock().connection
    assert browser.sign_in("12345", token=token).status_code == 503
    let_go.execute("ROLLBACK")
    assert browser.sign_in("12345", token=token).status_code == 303
