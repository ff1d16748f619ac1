"""The description of the API in OpenAPI 3.1, made from its operations and their models."""

import re
from typing import Any

from apispec import APISpec
from flask import url_for
from flask_babel import gettext
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import services
from errors import N_
from jobs import idempotency
from jobs.lifecycle import IMAGE
from jobs.sources import FROM_JOB, FROM_VARIANT, REUSE, VERSION
from services.base import UPLOADED, Option, Service
from views.api.operation import OPERATIONS, Operation, blueprint, list_properties
from views.api.schemas import Error

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"
_REFUSALS = (400, 401, 403, 404, 409, 413, 422, 429, 503)
_KINDS = {"int": {"type": "integer", "minimum": 0, "maximum": 2_147_483_647}, "": {"type": "string"}}
_ABOUT = N_("Photo repair for programs. Make an access token on your account page and send it with each request.")
_ABOUT_KEY = N_("of your choice: with the same key again, no second job is made")
_ABOUT_FIELDS = {
    IMAGE: N_("the picture; not needed with `from_job`"),
    FROM_JOB: N_("the id or `url` of an earlier job whose picture is worked on again"),
    FROM_VARIANT: N_("which picture of the earlier job; the original when absent"),
    REUSE: N_("0 leaves out the file that the earlier job had here"),
    VERSION: N_(
        "the id or `url` of an earlier job whose picture is taken in place of a file, with `.<step>` behind it the "
        "picture after that step of its run, or `original` for none"
    ),
}
_GROUPS = {
    "tools": N_("Tools"),
    "jobs": N_("Jobs"),
    "job": N_("Changing jobs"),
    "albums": N_("Albums"),
    "prints": N_("Prints"),
    "pictures": N_("Pictures"),
    "account": N_("Account"),
    "admin": N_("Administration"),
}


def describe_api() -> dict[str, Any]:
    """Return the whole document, with its words in the language of the request."""
    info = {"description": gettext(_ABOUT)}
    tags = [{"name": name, "description": gettext(words)} for name, words in _GROUPS.items()]
    document = APISpec("Revive", "1", "3.1.0", info=info, tags=tags, servers=[{"url": url_for("home.index")}])
    document.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for name, schema in _list_schemas().items():
        document.components.schema(name, schema)
    for said in OPERATIONS:
        for service in services.list_all() if said.is_upload else (None,):
            document.path(_build_path(said, service), operations={said.method.lower(): _describe(said, service)})
    return document.to_dict()


def _list_schemas() -> dict[str, Any]:
    models = {model for said in OPERATIONS for model in (said.body, said.response) if model} | {Error}
    ordered = sorted(models, key=lambda model: model.__name__)
    schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_REFERENCE)[1]["$defs"]
    return {name: _translate({**schema, "description": ""}) for name, schema in schemas.items()}


def _translate(schema: Any) -> Any:
    """Return a schema with its descriptions in the language of the request, and without pydantic's titles."""
    if isinstance(schema, list):
        return [_translate(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    shown = {key: _translate(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(about := shown.pop("description", None), str) and about:
        return shown | {"description": gettext(about)}
    return shown if about is None or isinstance(about, str) else shown | {"description": about}


def _build_path(said: Operation, service: Service | None) -> str:
    path = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", f"{blueprint.url_prefix}{said.path}")
    return path.replace("{service}", service.key) if service else path


def _describe(said: Operation, service: Service | None) -> dict[str, Any]:
    summary = gettext(said.summary)
    if service:
        summary = gettext("%(what)s: %(tool)s", what=summary, tool=gettext(service.title))
    found: dict[str, Any] = {
        "operationId": f"{said.endpoint}_{service.key}" if service else said.endpoint,
        "tags": [said.group],
        "summary": summary,
        "parameters": _list_parameters(said, service),
        "responses": _list_responses(said),
        "security": [{"token": []}] if said.scope else [],
    }
    if said.scope:
        found["description"] = gettext("Needs a token with the scope %(scope)s.", scope=said.scope)
    if said.body:
        found["requestBody"] = {"required": True, "content": {_JSON: {"schema": _refer(said.body)}}}
    if service:
        found["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _describe_form(service)}},
        }
    return found


def _list_parameters(said: Operation, service: Service | None) -> list[dict[str, Any]]:
    found = []
    for kind, name in [] if service else re.findall(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", said.path):
        schema = {"type": "string", "enum": [each.key for each in services.list_all()]} if name == "service" else None
        found.append({"name": name, "in": "path", "required": True, "schema": schema or _KINDS[kind]})
    for name, schema in (list_properties(said.query) if said.query else {}).items():
        found.append({"name": name, "in": "query", "schema": _translate(schema)})
    if said.takes_key:
        text = {"type": "string", "maxLength": idempotency.MAX_KEY_LENGTH}
        text["description"] = gettext(_ABOUT_KEY)
        found.append({"name": idempotency.KEY_FIELD, "in": "header", "schema": text})
    return found


def _list_responses(said: Operation) -> dict[str, Any]:
    refused = {"description": gettext("What is wrong"), "content": {_JSON: {"schema": _refer(Error)}}}
    found: dict[str, Any] = {str(status): refused for status in _REFUSALS} | {"default": refused}
    if said.files:
        binary: dict[str, Any] = {"schema": {}}
        whole = {"description": gettext("The file"), "content": {each: binary for each in said.files}}
        found |= {"200": whole, "206": whole | {"description": gettext("A part of the file")}}
        return found | {"304": {"description": gettext("Nothing has changed")}}
    found[str(said.status)] = {"description": gettext("Done")}
    if said.response:
        found[str(said.status)]["content"] = {_JSON: {"schema": _refer(said.response)}}
    return found


def _describe_form(service: Service) -> dict[str, Any]:
    """The fields of a tool's form. That a picture must come, or an earlier job be named, generators cannot put."""
    about = {name: {"type": "string", "description": gettext(words)} for name, words in _ABOUT_FIELDS.items()}
    uploaded = [option.name for option in service.options if option.kind in UPLOADED]
    properties: dict[str, Any] = {IMAGE: {**about[IMAGE], "format": "binary"}, FROM_JOB: about[FROM_JOB]}
    properties |= {FROM_VARIANT: {**about[FROM_VARIANT], "enum": ["original", "result"]}}
    properties |= {option.name: _describe_option(option) for option in service.options}
    properties |= {name + REUSE: {**about[REUSE], "enum": ["0", "1"]} for name in uploaded}
    properties |= {option.name + VERSION: about[VERSION] for option in service.options if option.from_job}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _describe_option(option: Option) -> dict[str, Any]:
    tilt = "(,-?[0-9.]+)?" if option.may_tilt else ""
    schemas: dict[str, dict[str, Any]] = {
        "choice": {"type": "string", "enum": [choice.value for choice in option.choices]},
        "number": {"type": "number", "minimum": option.minimum, "maximum": option.maximum},
        "switch": {"type": "boolean"},
        "colour": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
        "frame": {"type": "string", "pattern": f"^[0-9.]+(,[0-9.]+){{3}}{tilt}$"},
        "point": {"type": "string", "pattern": r"^[0-9.]+,[0-9.]+$"},
        "corners": {"type": "string", "pattern": r"^[0-9.]+(,[0-9.]+){7}((,[0-9.]+){8})*$"},
    }
    schema = schemas.get(option.kind, {"type": "string", "format": "binary"})
    default = {} if option.default is None or option.kind in UPLOADED else {"default": option.default}
    return {**schema, **default, "description": gettext(option.title)}


def _refer(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
