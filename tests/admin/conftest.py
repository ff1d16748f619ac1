"""Fixtures of the tests of the administration: an administrator's browser, and somebody to administer."""

import shutil
from pathlib import Path

import pytest

from checkpoints import imports
from models import Event, User, db
from tests.accounts.people import make_user, sign_in_person

CHIEF, ANNA = "10001", "anna@example.com"


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    """No networks: nothing here runs one."""
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def chief(app):
    """A signed-in browser of an administrator."""
    make_user(app, CHIEF, is_admin=True)
    return sign_in_person(app, CHIEF, "192.0.2.7")


@pytest.fixture
def anna(app) -> int:
    """The id of an account like any other."""
    make_user(app, ANNA)
    return id_of(app, ANNA)


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield app


@pytest.fixture
def flask(app):
    """Run `flask weights`."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["weights", *map(str, words)])


@pytest.fixture(scope="session")
def official_file(tmp_path_factory) -> Path:
    """A checkpoint in the form of its authors' file."""
    return checkpoint_file(tmp_path_factory.mktemp("official") / "u2netp.pth")


@pytest.fixture
def other_file(tmp_path) -> Path:
    """The same checkpoint with another value in it."""
    return checkpoint_file(tmp_path / "other.pth", more=1)


def checkpoint_file(path: Path, more: float = 0) -> Path:
    import torch  # most tests of the administration do without

    from tests.fixtures import parity

    tensors = parity.checkpoint("u2netp")
    tensors["outconv.bias"] += more
    torch.save(tensors, path)
    return path


@pytest.fixture(scope="session")
def converted(official_file, tmp_path_factory) -> Path:
    """A folder of imported weights as an import of the official file leaves it."""
    from checkpoints.conversion import convert
    from networks.manifest import put
    from networks.releases import find_official

    folder = tmp_path_factory.mktemp("converted")
    row, partial = find_official("u2netp"), folder / "partial"
    convert(row, official_file, partial, 2**30)
    put(folder, "u2netp", imports._build_entry(row, official_file, partial), partial)
    return folder


@pytest.fixture
def imported(app, converted):
    """The site has imported them."""
    shutil.copytree(converted, app.config["IMPORTED_WEIGHTS_DIR"])


def list_stored(app) -> list[str]:
    """Every file in the folder of imported weights."""
    folder = app.config["IMPORTED_WEIGHTS_DIR"]
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


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
