"""Fixtures of the tests of the API."""

import pytest

from tests.api.support import Program
from tests.jobs.support import run_job


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path):
    """Adjust needs no network, and no other tool is run here."""
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def program(app) -> Program:
    """A program of the account 12345 that may read, and change jobs."""
    return Program(app)


@pytest.fixture
def administrator(app) -> Program:
    """A program of the administrator 54321."""
    return Program(app, "54321", "read jobs admin", is_admin=True)


@pytest.fixture
def done_job(app, program) -> str:
    """The id of a job of Adjust that has its result."""
    job_id = program.start_job(brightness="1.5")
    with app.app_context():
        run_job(job_id)
    return job_id
