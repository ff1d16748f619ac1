"""Fixtures of the tests of visitors who try the tools without an account."""

import pytest

from tests.guests.support import Guest


@pytest.fixture(autouse=True)
def is_allowed(environment, tmp_path):
    environment |= {"TRY_WITHOUT_ACCOUNT": "yes", "WEIGHTS_DIR": str(tmp_path / "weights")}


@pytest.fixture
def guest(app) -> Guest:
    return Guest(app)
