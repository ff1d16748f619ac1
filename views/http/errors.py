"""The one place where a domain error becomes a response: a page for people, one JSON shape for programs."""

import secrets
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from accounts.errors import FieldErrors, RightsEnded
from errors import DomainError
from jobs.errors import StorageFull, StorageReadOnly
from jobs.files import storage
from models import disk_reserve, undo
from models.faults import Fault, classify_fault, describe
from views.http.guards import ask_anew, forget_who, is_api, is_known, is_own_script, takes_html, wants_json

RETRY_SECONDS = 10

# Werkzeug's own sentences speak to programmers; these speak to the person at the screen.
SENTENCES = {
    400: ("bad_request", lazy_gettext("This request could not be understood. Go back, reload the page and try again.")),
    401: ("sign_in_needed", lazy_gettext("Please sign in first.")),
    403: ("forbidden", lazy_gettext("This is not allowed.")),
    404: ("not_found", lazy_gettext("There is nothing at this address. It may have been deleted.")),
    405: ("method_not_allowed", lazy_gettext("This address does not answer to that kind of request.")),
    406: ("only_a_page", lazy_gettext("What is at this address comes as a web page only.")),
    412: ("changed_meanwhile", lazy_gettext("This is not the version that was asked for.")),
    413: ("too_large", lazy_gettext("What was sent is larger than the server accepts.")),
    416: ("no_such_range", lazy_gettext("This file has no such part.")),
    429: ("too_many", lazy_gettext("Too many requests. Wait a little and try again.")),
    500: ("unexpected", lazy_gettext("Something went wrong on our side. It was logged under the number below.")),
    503: ("unavailable", lazy_gettext("The server cannot reach its database right now. Try again in a moment.")),
}
LOCKED = ("database_busy", lazy_gettext("The database is busy with something else. Try again in a moment."))
LOCKED_RETRY_SECONDS = 3
NO_TABLES = (
    "no_tables",
    lazy_gettext("The database is not the one of this version. Whoever runs this site: `revive db upgrade`."),
)
# Where it is known what was too large, it is told what to do.
TOO_LARGE = {
    "studio.preview": lazy_gettext("This upload is larger than the server accepts. Choose a smaller picture."),
    "api.create_job": lazy_gettext("This upload is larger than the server accepts. Choose a smaller picture."),
    "studio.studio": lazy_gettext("This upload is larger than the server accepts. Choose a smaller picture."),
    "admin.import_weights": lazy_gettext("This file is larger than this server takes."),
}
# What the framework says beside its sentence, and what HTTP asks for: which methods, how long the file is.
KEPT_HEADERS = ("Allow", "Content-Range", "Accept-Ranges")
TOKEN_NEEDED = (
    "token_needed",
    lazy_gettext("Please send a valid access token: Authorization: Bearer, and the token from your account page."),
)
OTHER = ("failed", lazy_gettext("This request could not be served."))


def init_app(app: Flask) -> None:
    """Register a handler for each family of errors; anything unknown is a 500 with a reference number."""
    app.register_error_handler(FieldErrors, lambda e: respond(e.status, e.key, e.message, fields=e.errors))
    for gone in (RightsEnded, ObjectDeletedError, StaleDataError):
        app.register_error_handler(gone, respond_to_ended_rights)
    app.register_error_handler(DomainError, domain_error)
    app.after_request(refuse_pages_to_programs)
    app.register_error_handler(OperationalError, database_error)
    app.register_error_handler(InterfaceError, database_error)
    app.register_error_handler(ProgrammingError, statement_error)
    app.register_error_handler(OSError, os_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, handle_unexpected)


def respond(status, key, message, *, fields=None, allowed=(), retry_after=None, reference=None):
    """Return the error as JSON or as a page, whichever the caller reads. `allowed` are values that would have done."""
    is_token_needed = status == 401 and is_api() and not is_own_script()
    if is_token_needed:
        key, message = TOKEN_NEEDED
    message = append_allowed(message, allowed)
    if is_api():
        response = jsonify(error=_describe_for_programs(key, message, fields or {}, allowed, reference))
    elif wants_json():
        error = {"key": key, "message": message}
        if allowed:
            error["allowed"] = list(allowed)
        if fields:
            error["fields"] = {name: gettext(str(text)) for name, text in fields.items()}
        if reference:
            error["reference"] = reference
        response = jsonify(error=error)
    else:
        page = render_template(
            "error.html", status=status, title=choose_title(status), message=message, reference=reference
        )
        response = make_response(page)
    response.status_code = status
    if retry_after:
        response.headers["Retry-After"] = str(int(retry_after))
    if is_token_needed:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _describe_for_programs(key, message, fields, allowed, reference) -> dict[str, Any]:
    """The one shape of errors of the API: each part is always there."""
    return {
        "key": key,
        "message": message,
        "field": next(iter(fields)) if len(fields) == 1 else None,
        "allowed": list(allowed),
        "fields": {name: gettext(str(text)) for name, text in fields.items()},
        "reference": reference,
        "documentation": f"{url_for('api.docs')}#errors",
    }


def append_allowed(message, allowed) -> str:
    """Translate a sentence, and name after it the values that would have done."""
    message = gettext(str(message))
    if not allowed:
        return message
    possible = gettext("Possible: %(values)s.", values=", ".join(allowed))
    return f"{message} {possible}"


def refuse_pages_to_programs(response: Response) -> Response:
    """Tell a caller that takes no pages that there is nothing else here (RFC 9110, 406)."""
    is_page = response.status_code == 200 and response.mimetype == "text/html"
    if request.method in ("GET", "HEAD") and is_page and not takes_html():
        return respond(406, *SENTENCES[406])
    return response


def choose_title(status: int) -> str:
    """A short heading for the error page."""
    if status == 404:
        return gettext("Not found")
    if status >= 500:
        return gettext("Something went wrong")
    return gettext("That did not work")


def domain_error(error: DomainError):
    """What cannot be done, with the status that it carries."""
    fields = {error.field: append_allowed(error.message, error.allowed)} if error.field else None
    more = {"allowed": error.allowed, "retry_after": error.retry_after}
    return respond(error.status, error.key, error.message, fields=fields, **more)


def respond_to_ended_rights(_error: Exception):
    """A row that the request needs was deleted in this very moment: the account, its session, or what was asked for."""
    try:
        if refused := ask_anew():
            return refused
    except HTTPException as error:
        return http_error(error)
    if current_user.is_authenticated:
        return respond(404, *SENTENCES[404])
    return respond(401, *SENTENCES[401]) if wants_json() else redirect(url_for("home.index"), 303)


def os_error(error: OSError):
    """A disk that is full or read-only can show itself anywhere, first of all while an upload is read."""
    if storage.is_full(error):
        return domain_error(StorageFull())
    if storage.is_read_only(error):
        storage.note_read_only(error)
        return domain_error(StorageReadOnly())
    return handle_unexpected(error)


def http_error(error: HTTPException):
    """Errors of the framework: redirects pass, the rest gets our own sentence."""
    if error.code is None or error.code < 400:
        return error
    if error.code >= 500 and not isinstance(error, InternalServerError):
        return respond(error.code, *SENTENCES.get(error.code, OTHER), retry_after=RETRY_SECONDS)
    key, message = SENTENCES.get(error.code, OTHER)
    if error.code == 413:
        message = TOO_LARGE.get(request.endpoint or "", message)
    if hasattr(error, "key"):
        key, message = error.key, error.description
    response = respond(error.code, key, message)
    for name, value in error.get_headers(request.environ):
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def database_error(error: DBAPIError):
    """The database does not answer, or takes nothing: say which, and let the next request try anew."""
    undo()
    fault = classify_fault(error)
    if fault is Fault.AWAY or not is_known():
        forget_who()
    current_app.logger.error("The database is %s.", describe(error))
    if fault is Fault.FULL:
        disk_reserve.release()
        return domain_error(StorageFull())
    if fault is Fault.READ_ONLY:
        return domain_error(StorageReadOnly())
    if fault is Fault.NO_TABLES:
        return respond(503, *NO_TABLES, retry_after=RETRY_SECONDS)
    if fault is Fault.LOCKED:
        return respond(503, *LOCKED, retry_after=LOCKED_RETRY_SECONDS)
    return respond(503, *SENTENCES[503], retry_after=RETRY_SECONDS)


def statement_error(error: ProgrammingError):
    """A statement that the database does not take: as a rule since it lacks a table or a column."""
    return database_error(error) if classify_fault(error) is Fault.NO_TABLES else handle_unexpected(error)


def handle_unexpected(error: Exception):
    """Nobody foresaw this one: log it under a number, show the number, nothing else."""
    reference = secrets.token_hex(4)
    current_app.logger.exception("Unexpected error %s", reference)
    undo()
    if not is_known():
        forget_who()
    return respond(500, *SENTENCES[500], reference=reference)
