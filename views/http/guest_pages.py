"""Which pages a guest has: the tools, its own pictures, and the way to an account. Whatever is not listed needs one.

Guests have no account page, no access tokens, no webhooks, no links, no albums, and nothing of what comes later unless
it is listed here.
"""

from flask import Flask, redirect, request, url_for
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts.errors import AccountError
from views.http.guards import wants_json

_BLUEPRINTS = {"home", "auth", "languages", "guests", "ops", "studio", "jobs", "history"}
_ENDPOINTS = {"static", "shares.show", "shares.preview", "shares.picture"}
# What the scripts of these pages ask, and what needs nobody.
_ENDPOINTS |= {"api.job", "api.create_job", "api.cancel_job", "api.docs", "api.openapi", "api.tools", "api.tool"}


class AccountNeeded(AccountError):
    """A guest asked for what only accounts have."""

    key, status = "account_needed", 403
    message = _("This needs an account. Create one, and go on.")


def init_app(app: Flask) -> None:
    """Register the guard. It comes after those that find out who is asking."""
    app.before_request(keep_guests_to_their_pages)


def keep_guests_to_their_pages() -> Response | None:
    """Lead a guest to the form that makes an account, from whatever only accounts have. Programs get AccountNeeded."""
    if request.endpoint is None or is_for_guests(request.endpoint) or not is_guest():
        return None
    if wants_json():
        raise AccountNeeded()
    return redirect(url_for("auth.register"), 303)


def is_for_guests(endpoint: str) -> bool:
    """Say whether an address is one that guests have too."""
    return endpoint in _ENDPOINTS or endpoint.partition(".")[0] in _BLUEPRINTS


def is_guest() -> bool:
    """Say whether a visitor without an account is asking, who has come to try the tools."""
    return current_user.is_authenticated and current_user.is_guest
