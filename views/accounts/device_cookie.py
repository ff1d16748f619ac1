"""Browsers that have proved to be an account owner's: what they try is counted by itself, not with strangers.

Anybody who knows a user name can use up its tries and its codes; without this its owner could neither sign in nor
reset. A cookie tells the owner's browser from a stranger's. It is given to a browser that signs in, enters a mailed
code or opens a mailed link; it is signed, for one name, and gives no right but a counter of its own, which is as strict
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

import hashlib
import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

DAYS = 180
_ID_BYTES = 9


def find_device(name: str) -> str:
    """Return the id of this browser if it has proved to be that of the owner of `name` before, else ""."""
    try:
        of, id = _make_serializer().loads(request.cookies.get(_name_cookie(), ""), max_age=DAYS * 86_400)
    except (BadSignature, ValueError, TypeError):
        return ""
    return id if isinstance(id, str) and of == _mark(name) else ""


def remember(response: Response, name: str) -> Response:
    """Let the browser know that it is that of the owner of `name`; it keeps its id, and its count."""
    value = _make_serializer().dumps([_mark(name), find_device(name) or secrets.token_urlsafe(_ID_BYTES)])
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(_name_cookie(), value, max_age=DAYS * 86_400, secure=secure, httponly=True, samesite="Lax")
    return response


def _name_cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _make_serializer() -> URLSafeTimedSerializer:
    keys = [*reversed(current_app.config.get("SECRET_KEY_FALLBACKS") or ()), current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="known browser")
