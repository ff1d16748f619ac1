"""One operation of the API: its address, who may ask for it, what it takes and what it returns, declared once.

The request is checked against it, the response is made by it, and the description of the API is written from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, NamedTuple, cast

from flask import Blueprint, Response, abort, g, jsonify, request
from flask_login import current_user
from pydantic import BaseModel, ValidationError

from accounts import tokens
from errors import N_, DomainError

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


class WrongRequest(DomainError):
    """A parameter, or a field of a body, that is missing, unknown or not of its kind."""

    key = "invalid_request"
    message = N_("This value cannot be used.")

    def __init__(self, field: str, allowed: tuple[str, ...] = (), message: str = ""):
        super().__init__(field=field, message=message)
        self.allowed = allowed


class ScopeNeeded(DomainError):
    """The token may not do this."""

    key, status = "scope_needed", 403
    message = N_("This access token may not do that. Make one that may on your account page.")

    def __init__(self, scope: str):
        super().__init__()
        self.allowed = (scope,)


class Made(NamedTuple):
    """A response about something new, and the address that it has from now on."""

    facts: Mapping[str, Any]
    location: str


@dataclass(frozen=True)
class Operation:
    """`path` is Flask's. `scope` is what the token needs, "" where everybody may ask.

    `query` and `body` are the models of what comes, `response` of what goes out; `files` are media types of a response
    that is a file. `is_upload` marks the form of a tool, and `takes_key` what may come with an Idempotency-Key.
    """

    method: str
    path: str
    endpoint: str
    group: str
    summary: str
    scope: str
    status: int
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    response: type[BaseModel] | None
    files: tuple[str, ...]
    is_upload: bool
    takes_key: bool


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    path: str,
    summary: str,
    scope: str = "",
    *,
    status: int = 200,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    response: type[BaseModel] | None = None,
    files: tuple[str, ...] = (),
    is_upload: bool = False,
    takes_key: bool = False,
) -> Callable:
    """Decorate a view, which gets the values of its path, and `query` and `body` where there are such.

    It returns facts for the model `response`, Made, a whole Response, or None for one without a body.
    """
    about = summary, scope, status, query, body, response, files, is_upload, takes_key

    def decorate(view: Callable) -> Callable:
        group = view.__module__.rsplit(".", 1)[1].split("_")[0]
        said = Operation(method, path, view.__name__, group, *about)
        OPERATIONS.append(said)

        @wraps(view)
        def served(**values: Any) -> Response:
            _check_scope(scope)
            if query:
                values["query"] = _read(query, _collect_arguments(query))
            if body:
                values["body"] = _read(body, _parse_json())
            return _respond(said, view(**values))

        return blueprint.route(path, methods=[method])(served)

    return decorate


def _check_scope(scope: str) -> None:
    """Raise unless the request's token has the scope; a page's session has all, as its forms do.

    Whose token or session it is, `views.http.guards` has found out.
    """
    if not scope:
        return
    if not current_user.is_authenticated:
        abort(401)
    if g.access_token and scope not in g.access_token.scopes.split():
        raise ScopeNeeded(scope)
    if scope == tokens.ADMIN and not current_user.is_admin:
        abort(403)


def _collect_arguments(model: type[BaseModel]) -> dict[str, Any]:
    """Return the query of the address; what the model has as a list may come several times."""
    given = request.args.to_dict(flat=False)
    properties = list_properties(model)
    return {
        name: values if properties.get(name, {}).get("type") == "array" else values[0] for name, values in given.items()
    }


@cache
def list_properties(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of each field of a model. Made once: each request with a query needs it."""
    return cast(dict[str, Any], model.model_json_schema()["properties"])


def _parse_json() -> Any:
    """Return what the body says in JSON; None where it is none, or nested deeper than Python reads."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _read(model: type[BaseModel], raw: Any) -> BaseModel:
    """Return what was sent as the model has it. Raises WrongRequest for the first field that does not fit."""
    try:
        values = model.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        field = str(wrong["loc"][0]) if wrong["loc"] else ""
        properties = list_properties(model)
        if wrong["type"] == "extra_forbidden":
            raise WrongRequest(field, tuple(properties), N_("There is no field with this name.")) from None
        if not field:
            raise WrongRequest("", tuple(properties), N_("Please send an object in JSON.")) from None
        raise WrongRequest(field, _list_allowed(properties.get(field, {}))) from None
    for field, text in raw.items():
        # `1_0` is a number to Python and to nobody else.
        if isinstance(text, str) and "_" in text and isinstance(getattr(values, field, None), int | float):
            raise WrongRequest(field, _list_allowed(list_properties(model)[field]))
    return values


def _list_allowed(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values that a schema lets in where they can be listed, or one range like "1-100"."""
    if "enum" in schema:
        return tuple(str(value) for value in schema["enum"])
    if "minimum" in schema and "maximum" in schema:
        return (f"{schema['minimum']:g}-{schema['maximum']:g}",)
    return ("true", "false") if schema.get("type") == "boolean" else ()


def _respond(said: Operation, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        response = Response(status=said.status)
        response.headers.pop("Content-Type")
        return response
    facts = result.facts if isinstance(result, Made) else result
    model = cast(type[BaseModel], said.response)
    response = jsonify(model.model_validate(facts).model_dump(mode="json", by_alias=True))
    response.status_code = said.status
    if isinstance(result, Made):
        response.headers["Location"] = result.location
    return response
