"""Loaded by schemathesis: where it asks whether a body with a file fits a schema, the file counts as an empty text.

Its own filter of whole bodies does so; that of the values within them breaks off at a file (seen in 4.32.5).
"""

from schemathesis.generation.jsonschema import strategy
from schemathesis.specs.openapi.negative import _strip_binary

make_validator = strategy._validator


def make_validator_that_takes_files(schema):
    is_valid = make_validator(schema)
    return lambda value: is_valid(_strip_binary(value))


strategy._validator = make_validator_that_takes_files
