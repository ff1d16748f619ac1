"""Fixtures of the tests of webhooks."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from models import utc_now
from tests.jobs.sampler import install
from tests.jobs.support import make_user
from tests.webhooks.support import Receiver


@pytest.fixture(autouse=True)
def empty_weights(environment, tmp_path, cheap_hashes):
    environment["WEIGHTS_DIR"] = str(tmp_path / "weights")


@pytest.fixture
def in_app(app):
    """The application's context, on a site whose administrator lets webhooks reach this machine."""
    app.config["WEBHOOK_NETWORKS"] = (ip_network("127.0.0.1/32"),)
    with app.app_context():
        yield app


@pytest.fixture
def user_id(in_app) -> int:
    return make_user()


@pytest.fixture
def sampler(monkeypatch):
    """A service that can do all that a service may."""
    return install(monkeypatch)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


class Clock:
    """What the deliveries take for the present."""

    def __init__(self):
        self.now = utc_now()

    def __call__(self):
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    for module in ("announcements", "deliveries"):
        monkeypatch.setattr(f"webhooks.{module}.utc_now", clock)
    return clock
