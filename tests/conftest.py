"""Fixtures that all tests share: an application on a real, migrated database, on SQLite or MariaDB.

A test asks for both engines with `@both_engines` (see `tests.support.engines`).
"""

import contextlib
import ctypes
import gc
import resource
import shutil
import socket
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask_migrate import upgrade

import config
from accounts.security import passwords
from app import create_app
from models import db, utc_now
from services import runtime
from tests.support.servers import MariaDB, Redis

pytest_plugins = ["tests.support.bucket", "tests.support.made_once"]
PRODUCTION_HASHER, CHEAP_HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TESTS = Path(__file__).parent
# What a process had in memory when garbage was last looked for, and how much more it may have until that is done again.
kept_memory, GROWTH_MIB = {"mib": 0.0}, 100
# Rooms and files in which few tests take long, in the order in which they begin: first those that wait for servers,
# browsers and programs, then those in which networks calculate.
LONG = (
    "benchmarks",
    "browser",
    "commands",
    "security",
    "test_deployment.py",
    "services",
    "training",
    "operation",
    "jobs",
)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Networks get the same random numbers and add in the same order, whatever ran before and on however many cores.

    This comes before every fixture. Small networks gain nothing from more threads, and lose much on a busy machine.
    """
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
        torch.set_num_threads(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Long files come first, so that none is still at work when all other processes have nothing left to do."""
    places = {room: place for place, room in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.relative_to(TESTS).parts[0], len(LONG)))


def pytest_collection_finish():
    """What was imported until now stays: looking for garbage need not go through a million objects of it each time.

    Nor need it look as often as Python does: making one application makes thousands of objects.
    """
    gc.set_threshold(20_000, 20, 20)
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """After a file give back to the system what its networks took: several processes share the machine's memory.

    Looking for it goes through all objects, so it is left where little came since the last time.
    """
    if nextitem is not None and nextitem.path == item.path:
        return
    if read_resident_mib() > kept_memory["mib"] + GROWTH_MIB:
        gc.collect()
        with contextlib.suppress(AttributeError, OSError):  # not every C library can
            ctypes.CDLL(None).malloc_trim(0)
        kept_memory["mib"] = read_resident_mib()
    else:
        kept_memory["mib"] = min(kept_memory["mib"], read_resident_mib())


def read_resident_mib() -> float:
    """Return how much of the machine's memory this process has; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return 0.0


@pytest.fixture(autouse=True, scope="session")
def only_loopback():
    """A test that would open a socket to anywhere outside this machine fails."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect


@pytest.fixture(autouse=True)
def one_day(monkeypatch):
    """What counts by the day does so by one moment: no test may depend on midnight not striking in it."""
    now = utc_now()
    monkeypatch.setattr("jobs.quotas.utc_now", lambda: now)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """Commands speak the language of the environment, and keep it there; each test begins with English."""
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture(autouse=True)
def weights_as_they_were(monkeypatch):
    """Commands choose folders of weights for the whole process; the next test begins with none of that."""
    for name in ("weights", "imported", "device"):
        monkeypatch.setattr(runtime.folders, name, getattr(runtime.folders, name))


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Nearly every test signs somebody in, and few are about what a hash of a password costs."""
    monkeypatch.setattr(passwords, "HASHER", CHEAP_HASHER)
    passwords._hash_unknown_password.cache_clear()
    yield
    passwords._hash_unknown_password.cache_clear()


@pytest.fixture
def production_hashes(monkeypatch, cheap_hashes):
    """For tests of what a hash costs, and of what depends on it."""
    monkeypatch.setattr(passwords, "HASHER", PRODUCTION_HASHER)


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory):
    server = MariaDB(tmp_path_factory.mktemp("mariadb"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server():
    server = Redis()
    yield server
    server.stop()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation under `tmp_path`; tests add to it before they ask for `app`."""
    return {
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "SECRET_KEY": "k" * 64,
        "WORKER_THREADS": "1",
        "WORKER_QUICK_THREADS": "0",
    }


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory) -> Path:
    """A SQLite file at the newest migration, to copy from."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(config.load({"INSTANCE_DIR": str(folder), "SECRET_KEY": "k" * 64}))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return folder / "revive.db"


@pytest.fixture(scope="session")
def migrated_mariadb(mariadb) -> str:
    """The URL of a MariaDB database at the newest migration."""
    url = mariadb.new_database("revive_tests")
    app = create_app(config.load({"DATABASE_URL": url, "SECRET_KEY": "k" * 64}))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return url


@pytest.fixture
def engine(request) -> str:
    return getattr(request, "param", "sqlite")


@pytest.fixture
def database(request, engine, environment) -> str:
    """Put an empty, migrated database of the wanted engine into the environment; return its URL."""
    if engine == "mariadb":
        environment["DATABASE_URL"] = request.getfixturevalue("migrated_mariadb")
        request.addfinalizer(lambda: _empty(environment["DATABASE_URL"]))
        return environment["DATABASE_URL"]
    instance = Path(environment["INSTANCE_DIR"])
    instance.mkdir(parents=True, exist_ok=True)
    shutil.copy(request.getfixturevalue("migrated_sqlite"), instance / "revive.db")
    return f"sqlite:///{instance / 'revive.db'}"


@pytest.fixture
def app(environment, database):
    app = create_app(config.load(environment) | {"TESTING": True})
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app):
    return app.test_client()


def _empty(url: str) -> None:
    """Delete the rows of every table but alembic's."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
