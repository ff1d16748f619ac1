"""What the web server asks of a request's head: how large its body may be, and which threads serve it.

Strangers send small forms only, pictures come from who is signed in, and weights from administrators. Pages have
threads of their own, so that they respond while pictures are checked and converted.
"""

from functools import partial
from typing import Any
from urllib.parse import parse_qs

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie

import services
from accounts import sessions, tokens
from jobs.quotas import MEGABYTE
from models import db
from server import ARCHIVE, PAGE, WAIT, WORK, Admission
from services.base import UPLOADED
from views.http.guards import SESSION_KEY, SESSION_NAME

FORM_BYTES = 64 * 1024
_TOOLS = {"studio.studio", "api.create_job"}
_WEIGHTS = "admin.import_weights"
_PICTURES = {"studio.studio", "studio.preview", "studio.sample", "api.create_job"}
_ARCHIVES = {"history.pictures", "account.data", "api.results_archive"}
_ARCHIVES |= {"albums.pictures", "albums.contact_sheet", "api.album_archive", "api.album_sheet"}
_CONVERTED = {"jobs.original", "jobs.result", "jobs.mask", "jobs.alternative"}
_CONVERTED |= {"api.original", "api.result", "api.mask", "api.alternative"}
_SHARED = "shares.picture"
_WAITING = "api.job"
_CONVERSIONS = {"format", "quality", "metadata"}


def init_app(app: Flask) -> None:
    """Let the web server find `admit`."""
    app.extensions["admission"] = partial(admit, app)


def max_body_bytes(app: Flask, endpoint: str | None, values: dict[str, Any] | None) -> int:
    """Return how large a body may be at an address: only the tools take pictures, each as many as its form has."""
    if endpoint == _WEIGHTS:
        return app.config["MAX_WEIGHTS_MEGABYTES"] * MEGABYTE + FORM_BYTES
    service = services.get(values["service"]) if values and endpoint in _TOOLS else None
    pictures = 1 + sum(option.kind in UPLOADED for option in service.options) if service else 0
    pictures += endpoint == "studio.preview"
    return FORM_BYTES + pictures * (app.config["MAX_UPLOAD_MEGABYTES"] * MEGABYTE + 1024)


def admit(app: Flask, method: str, path: str, query: str, cookies: str, authorization: str = "") -> Admission:
    """Judge a request by its head. What is refused here is refused by the views as well, in their words."""
    endpoint, values = _match_address(app, method, path)
    if path.startswith("/api/") and authorization:
        scheme, _, brought = authorization.partition(" ")
        owner = tokens.read_owner(app.config, brought.strip()) if scheme.lower() == "bearer" else None
        limit = max_body_bytes(app, endpoint, values) if owner else FORM_BYTES
        return Admission(limit, _pool(endpoint, method, query) if owner else PAGE, owner or "")
    if endpoint == _SHARED:  # it is converted; whoever has links shares what one account may take
        return Admission(FORM_BYTES, WORK, path.split("/")[1])
    session = _read_session(app, cookies)
    token = session.get(SESSION_KEY)
    if token is None:
        return Admission(FORM_BYTES)
    if endpoint == _WEIGHTS and method == "POST":
        large = _is_administrator(app, token)
        return Admission(max_body_bytes(app, endpoint, values) if large else FORM_BYTES, WORK if large else PAGE)
    pool = _pool(endpoint, method, query)
    return Admission(max_body_bytes(app, endpoint, values), pool, session.get(SESSION_NAME, token))


def _pool(endpoint: str | None, method: str, query: str) -> str:
    if endpoint in _PICTURES and method == "POST":
        return WORK
    if endpoint in _CONVERTED and _CONVERSIONS & set(parse_qs(query)):
        return WORK
    if endpoint == _WAITING and "wait" in parse_qs(query):
        return WAIT
    return ARCHIVE if endpoint in _ARCHIVES else PAGE


def _match_address(app: Flask, method: str, path: str) -> tuple[str | None, dict[str, Any]]:
    try:
        endpoint, values = app.url_map.bind("localhost").match(path, method)
    except HTTPException:
        return None, {}
    return endpoint, dict(values)


def _read_session(app: Flask, cookies: str) -> dict[str, Any]:
    """Return what a cookie that this site signed holds; whether its session has ended is for the views to see."""
    signed = parse_cookie(cookies).get(app.config["SESSION_COOKIE_NAME"])
    cookie_sessions = app.session_interface
    assert isinstance(cookie_sessions, SecureCookieSessionInterface)  # Flask's own
    serializer = cookie_sessions.get_signing_serializer(app)
    if not signed or serializer is None:
        return {}
    try:
        return serializer.loads(signed)
    except BadSignature:
        return {}


def _is_administrator(app: Flask, token: str) -> bool:
    with app.app_context():
        try:
            user = sessions.find(token)
            return user is not None and user.is_admin
        except SQLAlchemyError:
            return False
        finally:
            db.session.remove()
