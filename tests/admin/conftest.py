"""Fixtures of the tests of the administration: an administrator's browser, and somebody to administer."""

import pytest

from models import Event, User, db
from tests.accounts.people import make_user, signed_in

CHIEF, ANNA = "10001", "anna@example.com"


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    """No networks: nothing here runs one."""
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def chief(app):
    """A signed-in browser of an administrator."""
    make_user(app, CHIEF, is_admin=True)
    return signed_in(app, CHIEF, "192.0.2.7")


@pytest.fixture
def anna(app) -> int:
    """The id of an account like any other."""
    make_user(app, ANNA)
    return id_of(app, ANNA)


def id_of(app, name: str) -> int:
    with app.app_context():
        return db.session.scalar(db.select(User.id).where(User.name == name))


def act(browser, path: str, **fields: str):
    """Post a form of the administration with the token that its pages hold."""
    return browser.post(f"/admin{path}", fields, token=browser.token_of("/admin/"))


def audit_lines(app, *actions: str) -> list[tuple[str, str, str, str, str]]:
    """Every line of the audit log with one of these actions: (action, actor, target, address, detail)."""
    with app.app_context():
        rows = db.session.query(Event).filter(Event.action.in_(actions)).order_by(Event.id)
        return [(row.action, row.actor, row.target, row.address, row.detail) for row in rows]
