"""Fixtures of the tests of jobs."""

import contextvars
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from models import User, db
from tests.accounts.people import sign_in_person
from tests.jobs.sampler import install
from tests.jobs.support import WorkerProcess, make_job, make_user, picture


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    """No networks: these tests are about the way of a job, and Adjust needs none."""
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


class SeparateClient(FlaskClient):
    """A client whose requests see nothing of the context that the test itself is in."""

    def open(self, *args, **options):
        return contextvars.Context().run(super().open, *args, **options)


@pytest.fixture
def app(app):
    app.test_client_class = SeparateClient
    return app


@pytest.fixture
def browser(app):
    """A signed-in browser of the user 12345."""
    return sign_in_person(app, "12345")


@pytest.fixture
def in_app(app):
    """The application's context, for tests that call verbs."""
    with app.app_context():
        yield app


@pytest.fixture
def user_id(in_app):
    return make_user()


@pytest.fixture
def owner(browser, in_app):
    """The same browser, where the test itself is in the application's context as well."""
    return browser


@pytest.fixture
def owner_id(owner) -> int:
    return db.session.scalar(db.select(User.id).where(User.name == "12345"))


@pytest.fixture
def sampler(monkeypatch):
    """A service that can do all that a service may."""
    return install(monkeypatch)


@pytest.fixture
def gate(environment, tmp_path, sampler, monkeypatch):
    """A file: until it is there, a job of the sampler's way "wait" goes on for ever in every worker."""
    environment["GATE"] = str(tmp_path / "gate")
    monkeypatch.setenv("GATE", environment["GATE"])
    return tmp_path / "gate"


@pytest.fixture
def endless(gate, user_id):
    """A job that runs until the gate is opened."""
    return make_job(user_id, picture(300, 200, "PNG"), service="sampler", way="wait")


@pytest.fixture
def start_worker(environment, database, tmp_path):
    """Start real worker processes; whatever is left of them is killed at the end."""
    workers = []

    def start() -> WorkerProcess:
        workers.append(WorkerProcess(environment, tmp_path / "worker.log"))
        return workers[-1]

    yield start
    for worker in workers:
        if worker.process.poll() is None:
            worker.kill()


@pytest.fixture
def wait_for():
    """Ask until something is so; fail when it never is."""

    def wait(is_so: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.02)

    return wait
