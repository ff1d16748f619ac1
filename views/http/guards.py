"""What stands before every view: who is asking, whose address it is, and whether the request is the person's own."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, jsonify, make_response, redirect, request, session, url_for
from flask_babel import lazy_gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect, validate_csrf
from werkzeug.exceptions import SecurityError
from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.wrappers import Response

from accounts import sessions, tokens
from accounts.errors import AccountError
from accounts.names import is_canonical
from accounts.security import audit, rights
from models import AccessToken, User, disk_reserve, undo

ADMINISTRATION = "admin"
API = "api"
# Where Flask-Login keeps what `User.get_id` says.
SESSION_KEY = "_user_id"
# Whose session it is, for the web server, which shares its threads without asking the database; guests share one.
SESSION_NAME, GUESTS = "name", "guests"
# Brings the token of the page's forms to the API; no other site can make a browser send it.
CSRF_HEADER = "X-CSRFToken"
UNSAFE_METHODS = {"POST", "PUT", "PATCH", "DELETE"}


class NameConverter(BaseConverter):
    """A canonical user name in an address; any other spelling is not found."""

    regex = r"[1-9][0-9]{4,10}|[^/]{1,64}@[^/]{1,120}"
    part_isolating = True

    def to_python(self, value: str) -> str:
        if not is_canonical(value):
            raise ValidationError
        return value


class Csrf(CSRFProtect):
    """Flask-WTF's token, with a response that a person understands."""

    def check_header(self) -> None:
        """Raise AccountError unless the header CSRF_HEADER holds the session's token."""
        try:
            validate_csrf(request.headers.get(CSRF_HEADER))
        except ValueError as error:  # WTForms has a kind of it
            self._error_response(error.args[0])

    def _error_response(self, reason: str) -> None:
        audit.note("forged_request", address=request.remote_addr or "", detail=reason)
        raise AccountError(
            "form_expired", _("This form is too old or came from elsewhere. Reload the page and try again.")
        )


login_manager = LoginManager()
# The session row is the protection; Flask-Login's own would believe the X-Forwarded-For of anybody.
login_manager.session_protection = None
csrf = Csrf()


def init_app(app: Flask) -> None:
    """Register the guards. Whose address it is comes first: a stranger's upload is refused unread."""
    audit.start()
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(days=app.config["SESSION_DAYS"]),
        # Sent once, at sign-in: a slow response to an older request must not bring back an older cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
        # The check of Origin below does this, also where a browser hides the referrer.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.converters["name"] = NameConverter
    app.before_request(make_room)
    app.before_request(refuse_foreign_hosts)
    app.before_request(refuse_other_sites)
    app.before_request(keep_to_own_prefix)
    app.before_request(know_program)
    app.before_request(hide_administration)
    login_manager.init_app(app)
    login_manager.user_loader(find_user)
    csrf.init_app(app)
    app.before_request(check_again)
    app.teardown_request(lambda _error: rights.forget())


def find_user(token: str) -> User | None:
    """Return who this session is of, if it is alive: what the request writes from now on is written only for them."""
    rights.forget()
    user = None if is_api() and not is_own_script() else sessions.find(token)
    if user is not None:
        rights.remember(user.id, sessions.hash_token(token), is_administration())
    return user


def find_token() -> AccessToken | None:
    """Return the living access token that the request brings: what it writes is written only while that lives."""
    rights.forget()
    token = tokens.find(_read_bearer_token(), request.remote_addr)
    if token is not None:
        rights.remember(token.user_id, token.token_hash, is_administration(), is_access_token=True)
    return token


def know_program() -> None:
    """Find out who a request to the API is from.

    Raises TooMany for who brings one wrong token after the other, and AccountError for a session without its page.
    """
    if not is_api():
        return
    caller = _find_caller()
    g._login_user = login_manager.anonymous_user()
    if caller is None and _read_bearer_token():
        tokens.refuse(request.remote_addr)
    if caller is not None and is_own_script():
        csrf.check_header()
    g._login_user = caller or g._login_user


def _read_bearer_token() -> str:
    brought = request.authorization
    return brought.token or "" if brought is not None and brought.type == "bearer" else ""


def is_api() -> bool:
    """Say whether the request is for what begins with `/api`, but for the page: a cookie alone counts for nothing."""
    return request.path.split("/")[1] == API and request.endpoint != "api.docs"


def is_own_script() -> bool:
    """Say whether a request to the API claims to come from a page of this site, whose session then counts."""
    return CSRF_HEADER in request.headers and "Authorization" not in request.headers


def wants_json() -> bool:
    """Say whether the caller is a program that would rather have JSON than a page, or takes no pages at all."""
    return is_api() or _preference("application/json") > _preference("text/html") or not takes_html()


def takes_html() -> bool:
    """Say whether a page is a response that the caller can take."""
    return _preference("text/html") > 0


def _preference(kind: str) -> float:
    """Return what the header Accept makes of a media type, 0 to 1; the range that is nearest to it counts.

    Parameters, such as a charset or a version, are no obstacle. Without the header everything is taken.
    """
    accepted = [(value.partition(";")[0].strip().lower(), quality) for value, quality in request.accept_mimetypes]
    for wanted in (kind, f"{kind.partition('/')[0]}/*", "*/*", "*"):
        if qualities := [quality for value, quality in accepted if value == wanted]:
            return max(qualities)
    return 0.0 if accepted else 1.0


def check_next(target: str | None, default: str = "/") -> str:
    """Return `target` if it is a path of this site, else `default`."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    # Browsers read a backslash as a slash and skip over tabs and line breaks.
    if "\\" in target or any(ord(character) <= 32 or ord(character) == 127 for character in target):
        return default
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else default


def find_own_home() -> str:
    """The address of the signed-in person's home."""
    return url_for("home.user", username=current_user.name)


def begin(user: User, token: str) -> None:
    """Give the browser its new session; nothing of the one before stays."""
    session.clear()
    session.permanent = True
    session[SESSION_NAME] = GUESTS if user.is_guest else user.name
    user.session_token = token
    login_user(user)


def finish() -> None:
    """Take the session from the browser; the row is ended by the verb."""
    logout_user()
    session.clear()


def is_known() -> bool:
    """Say whether it has been found out who is asking, without asking the database."""
    return "_login_user" in g


def forget_who() -> None:
    """Serve the rest of this request to nobody: who it is cannot be told, and asking again would fail again."""
    g._login_user = login_manager.anonymous_user()


def check_again() -> Response | None:
    """Ask anew who is asking once the whole body is here.

    A body may be held back for as long as its sender likes. Meanwhile the session, the account or its rights may have
    ended. What is written afterwards is checked again in its own transaction (`accounts.security.rights`).
    """
    if request.method not in UNSAFE_METHODS or not is_known() or not current_user.is_authenticated:
        return None
    request.get_data(cache=True, parse_form_data=True)
    return ask_anew()


def ask_anew() -> Response | None:
    """Find out once more who is asking; return the response when it is not theirs to ask any more.

    Raises HTTPException where that response is an error.
    """
    undo()
    g._login_user = _find_caller() or login_manager.anonymous_user()
    if not current_user.is_authenticated:
        audit.note("session_ended_meanwhile", address=request.remote_addr or "", detail=request.endpoint or "")
    response = keep_to_own_prefix()
    if response is None:
        hide_administration()
    return response


def _find_caller() -> User | None:
    g.access_token = None
    if is_api() and not is_own_script():
        g.access_token = find_token()
        return g.access_token.user if g.access_token else None
    known_by = session.get(SESSION_KEY)
    return find_user(known_by) if known_by else None


def make_room() -> None:
    """Let people sign in and delete on a full disk."""
    if request.method in UNSAFE_METHODS:
        disk_reserve.release_if_full()


def refuse_foreign_hosts() -> Response | None:
    """Answer in plain words to a host name that is not ours: no page can be made, for no address can be."""
    if not isinstance(request.routing_exception, SecurityError):
        return None
    message = str(_("This server does not answer to this host name."))
    if wants_json():
        return make_response(jsonify(error={"key": "foreign_host", "message": message}), 400)
    return make_response(message, 400, {"Content-Type": "text/plain; charset=utf-8"})


def refuse_other_sites() -> None:
    """Refuse what a browser says another site made it send, even with a valid token."""
    if request.method not in UNSAFE_METHODS:
        return
    fetched_from = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if fetched_from in {"same-origin", "none"} and (origin is None or urlsplit(origin).netloc == request.host):
        return
    audit.note("cross_site_request", address=request.remote_addr or "", detail=f"{fetched_from} {origin}")
    raise AccountError("cross_site_request", _("This request came from another site and was not carried out."))


def keep_to_own_prefix() -> Response | None:
    """Everything under `/<username>/` is only for that user.

    Others are told nothing: strangers land on the front page, other users at their own home, programs get 401 or 404.
    """
    prefix = request.path.split("/")[1]
    if not is_canonical(prefix):
        return None
    if not current_user.is_authenticated:
        return abort(401) if wants_json() else redirect(url_for("home.index"), 303)
    if current_user.name == prefix:
        return None
    current_app.logger.info("%s refused at the prefix of another user", request.endpoint)
    return abort(404) if wants_json() else redirect(find_own_home(), 303)


def is_administration() -> bool:
    """Say whether the request is for what begins with `/admin`, whichever way it is asked for, also in the API."""
    first = request.path.lstrip("/").split("/")[0]
    of_api = (request.endpoint or "").startswith(f"{API}.{ADMINISTRATION}")
    return first.casefold() == ADMINISTRATION or request.blueprint == ADMINISTRATION or of_api


def hide_administration() -> None:
    """Pages of the administration are not found by anybody but administrators."""
    if not is_administration() or (current_user.is_authenticated and current_user.is_admin):
        return
    if is_api():  # its description, which is for everybody, names what is there
        abort(403 if current_user.is_authenticated else 401)
    request.url_rule = None  # the page of the error, too, must look as if nothing were there
    abort(404)
