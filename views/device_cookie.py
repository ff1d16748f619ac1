"""Browsers that have signed in to an account before. Their wrong passwords are counted by themselves.

Whoever knows a user name can use up its tries; without this its owner could not sign in either. A cookie tells his
browser from a stranger's: it is signed, for one name, and gives no right but a counter of its own, which is as strict
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

import hashlib
import secrets

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

DAYS = 180
_ID_BYTES = 9


def device(name: str) -> str:
    """Return the id of this browser if it has signed in to the account `name` before, else ""."""
    try:
        of, id = _serializer().loads(request.cookies.get(_cookie(), ""), max_age=DAYS * 86_400)
    except (BadSignature, ValueError, TypeError):
        return ""
    return id if isinstance(id, str) and of == _mark(name) else ""


def remember(response: Response, name: str) -> Response:
    """Let the browser know that it has signed in to the account `name`; it keeps its id, and its count."""
    value = _serializer().dumps([_mark(name), device(name) or secrets.token_urlsafe(_ID_BYTES)])
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(_cookie(), value, max_age=DAYS * 86_400, secure=secure, httponly=True, samesite="Lax")
    return response


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _serializer() -> URLSafeTimedSerializer:
    keys = [*reversed(current_app.config.get("SECRET_KEY_FALLBACKS") or ()), current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="known browser")
