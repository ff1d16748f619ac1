"""A visitor who tries the tools without an account, for tests."""

import io

from flask import Flask

from models import Job, User, db
from tests.accounts.people import Browser
from tests.jobs.support import BRIGHTER, picture


class Guest(Browser):
    """A browser that has begun an hour as a guest."""

    def __init__(self, app: Flask, address: str = "127.0.0.1"):
        super().__init__(app, address)
        response = self.start()
        assert response.status_code == 303, response.text
        self.home = response.location

    @property
    def name(self) -> str:
        return self.home.strip("/")

    def start(self, **fields: str):
        return self.post("/guests", fields)

    def upload(self, data: bytes | None = None, service: str = "adjust"):
        files = {"image": (io.BytesIO(picture() if data is None else data), "photo.jpg"), **BRIGHTER}
        return self.post(f"{self.home}{service}", files, content_type="multipart/form-data")

    def make_job(self) -> str:
        response = self.upload()
        assert response.status_code == 303, response.text
        return response.location.rpartition("/")[2]


def list_rows(app: Flask) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the names of all users, and (id, name of the owner) of all jobs."""
    with app.app_context():
        users = list(db.session.scalars(db.select(User.name).order_by(User.id)))
        jobs = db.session.execute(db.select(Job.id, User.name).join(User).order_by(User.id, Job.number)).all()
        return users, [tuple(job) for job in jobs]


def set_clock(monkeypatch, now) -> None:
    """Let guests and sessions see another time."""
    for module in ("accounts.guests", "accounts.sessions"):
        monkeypatch.setattr(f"{module}.utc_now", lambda: now)
