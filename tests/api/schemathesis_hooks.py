"""Loaded by schemathesis: it learns what there is in the site, and a fault of it is worked around.

Some of its cases are called wrong though no part of them is (seen in 4.32.5): those count as right ones.

API_IDS, in JSON, has the ids of jobs, albums and accounts. Made-up ones lead to 404 only, so that nothing would be seen
of the answers about what is there; these take their place half of the time, except where things are deleted.
"""

import json
import os
import random

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.jsonschema import strategy
from schemathesis.specs.openapi.negative import _strip_binary

_IDS = json.loads(os.environ.get("API_IDS", "{}"))
_CHANCE = random.Random(1)
make_validator = strategy._validator


def make_validator_that_takes_files(schema):
    """Where it is asked whether a body with a file fits a schema, the file counts as an empty text.

    The filter of whole bodies does so; that of the values within them breaks off at a file (seen in 4.32.5).
    """
    is_valid = make_validator(schema)
    return lambda value: is_valid(_strip_binary(value))


strategy._validator = make_validator_that_takes_files


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Put ids that exist into a request whose made-up ones are of the right kind."""
    fits = {place: info.mode.is_positive for place, info in case.meta.components.items()}
    put_ids(case, fits)
    if all(fits.values()):  # after the ids: a change of the case has its kind judged anew
        case.meta.generation.mode = GenerationMode.POSITIVE


def put_ids(case, fits):
    if case.method == "DELETE" or _CHANCE.random() < 0.5:
        return
    if "id" in (case.path_parameters or {}) and fits.get(ParameterLocation.PATH):
        kind = next((each for each in ("accounts", "albums", "jobs") if f"/{each}/{{id}}" in case.path), None)
        case.path_parameters["id"] = _CHANCE.choice(_IDS.get(kind, [case.path_parameters["id"]]))
    if fits.get(ParameterLocation.BODY) and isinstance(case.body, dict) and _IDS:
        if case.path.endswith("/jobs") and "/tools/" in case.path:
            case.body.pop("image", None)
            case.body["from_job"] = _CHANCE.choice(_IDS["jobs"])
        elif "ids" in case.body and "deletions" not in case.path:
            case.body["ids"] = _CHANCE.sample(_IDS["jobs"], 1)
