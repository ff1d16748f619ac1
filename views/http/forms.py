"""What the views of forms share: wrong fields beside their fields, and one response in two forms."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import current_app, jsonify, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response

from accounts.errors import AccountError, FieldErrors, NoSuchAccount, RightsEnded, TooMany
from models import db
from views.http.guards import wants_json

NOTICE = "notice"


def read_field(name: str) -> str:
    """Return a text field of the form; "" if it is missing."""
    return request.form.get(name, "")


def render_page(template: str, *, errors: dict | None = None, **values: Any) -> str:
    """Render the page of a form with everything that these pages have in common."""
    rules = {"min": current_app.config["PASSWORD_MIN_LENGTH"], "max": current_app.config["PASSWORD_MAX_LENGTH"]}
    shared = {"errors": errors or {}, "notice": session.pop(NOTICE, None), "rules": rules, "password_rules": rules}
    return render_template(template, code_minutes=current_app.config["CODE_MINUTES"], **(shared | values))


def show_field_errors(show: Callable[..., str]) -> Callable:
    """Decorate a view: what FieldErrors it raises is shown by `show(errors)`; programs get the JSON of errors."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return view(*args, **kwargs)
            except FieldErrors as error:
                if wants_json():
                    raise
                db.session.rollback()
                return make_response(show(error.errors), 400)

        return guarded

    return decorate


def as_field_error(place: str = "form") -> Callable:
    """Decorate a view under `show_field_errors`: what cannot be done with an account is told at `place` of its form.

    Programs get the error as it is; so does everybody what has a status of its own, such as too many tries.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return view(*args, **kwargs)
            except (FieldErrors, NoSuchAccount, RightsEnded, TooMany):
                raise
            except AccountError as error:
                if wants_json():
                    raise
                raise FieldErrors({place: error.message}) from error

        return guarded

    return decorate


def respond(location: str, said: dict[str, Any], status: int = 200, notice: str | None = None) -> Response:
    """Return JSON for programs; send people on to `location`, where they read the notice."""
    if wants_json():
        return make_response(jsonify(said), status)
    if notice:
        session[NOTICE] = str(notice)
    return redirect(location, 303)
