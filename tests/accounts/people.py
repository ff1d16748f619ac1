"""Visitors for tests: a browser that fills in forms, and the mailbox of whoever it pretends to be."""

import contextvars
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.cookies import SimpleCookie

from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import DateTime
from werkzeug.wrappers import Response

from accounts import sessions
from accounts.mail import outbox
from accounts.security import passwords
from models import DailyCount, EmailCode, User, UserSession, db
from views.accounts import device_cookie
from views.http.guards import begin

PASSWORD = "blue-Heron7"
NEW_PASSWORD = "Quiet river 42"
JSON = {"Accept": "application/json"}


class Browser:
    """A client with cookies, at an address of its own, that sends the token which the page gave it."""

    def __init__(self, app: Flask, address: str = "127.0.0.1"):
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.environ = {"REMOTE_ADDR": address}

    def get(self, path: str, **options):
        return self.client.get(path, environ_overrides=self.environ, **options)

    def post(self, path: str, fields: dict | None = None, *, token: str | None = None, **options):
        data = {"csrf_token": self.token() if token is None else token, **(fields or {})}
        return self.client.post(path, data=data, environ_overrides=self.environ, **options)

    def ask_api(self, method: str, path: str, **options):
        """Ask the API as the script of a page does: with the session, and the token of the page in a header."""
        headers = {"X-CSRFToken": self.token()} | options.pop("headers", {})
        own = {"environ_overrides": self.environ, "headers": headers}
        return self.client.open(f"/api/v1{path}", method=method, **own, **options)

    def send(self, method: str, path: str, token: str, **options):
        if method == "post":
            return self.post(path, token=token, **options)
        return self.client.open(path, method=method, environ_overrides=self.environ, **options)

    def token(self) -> str:
        return self.token_of("/login")

    def token_of(self, path: str) -> str:
        page = self.get(path, follow_redirects=True).text
        return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    def ask_for_code(self, name: str, purpose: str = "register", **options):
        return self.post(f"/{purpose}/code", {"username": name}, **options)

    def register(self, name: str, code: str, password: str = PASSWORD, **options):
        fields = {"username": name, "password": password, "confirm": password, "code": code}
        return self.post("/register", fields, **options)

    def reset(self, name: str, code: str, password: str = NEW_PASSWORD, **options):
        fields = {"username": name, "password": password, "confirm": password, "code": code}
        return self.post("/reset", fields, **options)

    def sign_in(self, name: str, password: str = PASSWORD, **options):
        return self.post("/login", {"username": name, "password": password}, **options)

    def is_signed_in(self) -> bool:
        return self.get("/").status_code in {302, 303}


def deliver(app: Flask) -> list[EmailMessage]:
    """Do the worker's part: send what is due. Return the mails of the outbox that were not there before."""
    folder = app.config["OUTBOX_DIR"]
    before = set(folder.glob("*.eml")) if folder.exists() else set()
    with app.app_context():
        for code_id in outbox.list_due():
            outbox.deliver_code(code_id)
    return [read(path) for path in sorted(set(folder.glob("*.eml")) - before)] if folder.exists() else []


def read(path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def body(message: EmailMessage, kind: str = "plain") -> str:
    return "\n".join(message.get_body((kind,)).get_content().splitlines())


def code_in(message: EmailMessage) -> str:
    return re.search(r"^ {4}(\d{6})$", body(message), re.MULTILINE)[1]


def gives_away(text: str, code: str) -> bool:
    """Say whether the six digits stand in a text. By chance they may be part of a hash, or of a second."""
    return bool(re.search(rf"(?<![0-9A-Za-z.]){code}(?![0-9A-Za-z])", text))


def make_user(app: Flask, name: str = "12345", password: str = PASSWORD, **columns) -> str:
    """Put an account into the database and return its name."""
    with app.app_context():
        db.session.add(User(name=name, password_hash=passwords.make_hash(password), **columns))
        db.session.commit()
    return name


def user_count(app: Flask) -> int:
    with app.app_context():
        return db.session.query(User).count()


def sign_in_person(app: Flask, name: str = "12345", address: str = "127.0.0.1") -> Browser:
    """A browser of an account (made if need be) that has signed in.

    It gets what the form gives, session, cookies and line in the audit log, without the form and what that counts:
    those have tests of their own, and nearly every test needs somebody who is signed in.
    """
    with app.app_context():
        known = db.session.query(User).filter_by(name=name).count()
    if not known:
        make_user(app, name)
    browser = Browser(app, address)
    response = contextvars.Context().run(_open_session, app, name, address)
    for line in response.headers.getlist("Set-Cookie"):
        for cookie in SimpleCookie(line).values():
            browser.client.set_cookie(cookie.key, cookie.value, path=cookie["path"] or "/")
    return browser


def _open_session(app: Flask, name: str, address: str) -> Response:
    """Respond to a person as the site does to one who has sent the right password."""
    with app.test_request_context("/login", environ_base={"REMOTE_ADDR": address}):
        user, token = sessions.open_first(name, PASSWORD, address, request.user_agent.string)
        begin(user, token)
        return app.process_response(device_cookie.remember(Response(), user.name))


def let_time_pass(app: Flask, **duration: float) -> None:
    """Make everything the database remembers of accounts older by so much, which is as if the time had passed."""
    delta = timedelta(**duration)
    with app.app_context():
        for model in (EmailCode, DailyCount, UserSession):
            moments = [column.key for column in model.__table__.columns if isinstance(column.type, DateTime)]
            for row in db.session.query(model):
                for key in moments:
                    if getattr(row, key) is not None:
                        setattr(row, key, getattr(row, key) - delta)
                if model is EmailCode:
                    row.steady_until -= int(delta.total_seconds())
        db.session.commit()


def at_once(number: int, do: Callable[[int], object]) -> list:
    """Call `do(0)` … `do(number - 1)` in as many threads at the same moment; return what they returned, in order."""
    ready = threading.Barrier(number)

    def run(place: int):
        ready.wait()
        return do(place)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def link_in(message) -> str:
    """The path of the link that a mail holds for the holder of the mailbox."""
    return re.search(r"^http://\S+?(/mailbox/\S+)$", body(message), re.MULTILINE)[1]


def open_link(browser: Browser, path: str, onward: str = "reset") -> None:
    response = browser.post(path, {"onward": onward}, token=browser.token_of(path))
    assert (response.status_code, response.location) == (303, f"/{onward}")
