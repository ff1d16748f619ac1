"""A program that uses the API with a token."""

import io
from datetime import timedelta

from flask import Flask

from accounts import tokens
from models import AccessToken, User, db, utc_now
from tests.accounts.people import make_user
from tests.jobs.support import picture

API = "/api/v1"


def make_token(app: Flask, name: str = "12345", scopes: str = "read jobs", days: float = 30) -> str:
    """Put a token of an account into the database and return it; nobody's password is asked for."""
    with app.app_context():
        token = tokens._make_token(name)
        user_id = db.session.scalar(db.select(User.id).where(User.name == name))
        ends = utc_now() + timedelta(days=days)
        hashed = tokens.hash_token(token)
        db.session.add(AccessToken(user_id=user_id, name="a test", token_hash=hashed, scopes=scopes, expires_at=ends))
        db.session.commit()
        return token


class Program:
    """What calls the API: without cookies, with a token in each request."""

    def __init__(self, app: Flask, name: str = "12345", scopes: str = "read jobs", is_admin: bool = False):
        with app.app_context():
            known = db.session.query(User).filter_by(name=name).count()
        if not known:
            make_user(app, name, is_admin=is_admin)
        self.app, self.token = app, make_token(app, name, scopes)
        self.client = app.test_client(use_cookies=False)

    def ask(self, method: str, path: str, headers: dict | None = None, **options):
        path = path if path.startswith(API) else API + path
        own = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(path, method=method, headers=own | (headers or {}), **options)

    def get(self, path: str, **options):
        return self.ask("GET", path, **options)

    def post(self, path: str, **options):
        return self.ask("POST", path, **options)

    def start(self, headers: dict | None = None, data: bytes | None = None, service: str = "adjust", **fields: str):
        """Start a job on a picture, of Adjust unless said otherwise; return the response."""
        body = {"image": (io.BytesIO(data or picture()), "photo.jpg"), **fields}
        return self.post(f"/tools/{service}/jobs", data=body, headers=headers)

    def start_job(self, **fields: str) -> str:
        """Start a job and return its id."""
        response = self.start(**fields)
        assert response.status_code == 201, response.text
        return response.json["id"]


def refusal(response) -> tuple[int, str, str | None]:
    """What a response refuses: its status, the key, and the field that it is about."""
    error = response.json["error"]
    assert set(error) == {"key", "message", "field", "allowed", "fields", "reference", "documentation"}
    return response.status_code, error["key"], error["field"]
