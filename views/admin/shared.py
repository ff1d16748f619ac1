"""What the pages of the administration share: the blueprint, who acts, filters, and links to the next page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, request, url_for
from flask_login import current_user

from accounts.administration import Administrator
from jobs.errors import JobError, NotFound
from models import db
from views.http.forms import respond
from views.http.guards import check_next, wants_json

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

PAGE = 30


def me() -> Administrator:
    """Who asks for this, and from where."""
    return Administrator(current_user.name, request.remote_addr or "")


def read_filters(*names: str) -> dict[str, str]:
    """The filters of a list, as the address holds them."""
    return {name: request.args.get(name, "")[:200] for name in names}


def make_next_url(endpoint: str, chosen: dict[str, str], mark: str | None) -> str | None:
    """The address of the page that follows, with the same filters; None after the last one."""
    if mark is None:
        return None
    return url_for(endpoint, after=mark, **_drop_empty(chosen))


def _drop_empty(chosen: dict[str, str]) -> dict[str, Any]:
    """The filters that say something."""
    return {name: value for name, value in chosen.items() if value}


@blueprint.context_processor
def build_first_page() -> dict[str, str]:
    """The address of a list from its beginning, with the filters of this page."""
    if request.endpoint is None or request.method != "GET" or request.view_args:
        return {}
    # Names that mean something to url_for are none of our filters.
    chosen: dict[str, Any] = {
        k: v for k, v in request.args.items() if k not in ("after", "endpoint", "values") and k[:1] != "_"
    }
    return {"build_first_page": url_for(request.endpoint, **chosen)}


def find_list_url(default: str) -> str:
    """The list that the person came from, as the form says."""
    return check_next(request.form.get("next"), default=default)


def show_errors_in_list(default_endpoint: str) -> Callable:
    """Decorate an action on a row of a list: what cannot be done is told above the list."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return view(*args, **kwargs)
            except JobError as error:
                if wants_json() or isinstance(error, NotFound):
                    raise
                db.session.rollback()
                return respond(find_list_url(url_for(default_endpoint)), {}, notice=error.message)

        return guarded

    return decorate
