"""The way to run a tool: what it makes says what made it, and can be compared with the picture that it got."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from imaging.change_map import measure_changes
from imaging.io.provenance import Step
from services import runtime
from services.base import CACHE, UPLOADED, Picture, Report, Result, Service

# What a run caches under this name: JSON of the weights that made the rest of the cache, name -> SHA-256.
CACHED_WEIGHTS = "weights"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def run_service(service: Service, picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Run a tool; return its result with `source` set, and pictures that say in their provenance what made them.

    options: as `Service.parse_options` typed them, with CACHE. Raises what the tool raises.
    """
    cached = _read_cached_weights(options.get(CACHE, {}).get(CACHED_WEIGHTS))
    runtime.begin_use(cached)
    result = service.run(picture, options, report)
    weights = runtime.get_used_weights()
    known = {name: sha256 for name, sha256 in (cached | weights).items() if sha256}
    if result.cache and known:
        result = replace(result, cache={**result.cache, CACHED_WEIGHTS: json.dumps(known).encode()})
    if result.picture is None:
        return result
    step = Step(service.key, describe_options(service, options), weights, find_version())
    return replace(
        result,
        picture=result.picture.with_step(step, result.source_type),
        alternatives=tuple(each.with_step(step, result.source_type) for each in result.alternatives),
        source=picture.pixels if result.source is None else result.source,
    )


def measure_result(result: Result, picture: Picture) -> np.ndarray:
    """Return the change map, uint8 (H, W), of one of the pictures of a result of `run_service`."""
    number = next((at for at, each in enumerate((result.picture, *result.alternatives)) if each is picture), 0)
    source = result.find_source(number)
    assert source is not None  # `run_service` sees to it
    return measure_changes(source, picture.pixels, result.replaced)


def describe_options(service: Service, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a run as JSON can hold them; of an uploaded picture only whether there was one."""
    described: dict[str, Any] = {}
    for option in service.options:
        value = options[option.name]
        if option.kind in UPLOADED:
            value = value is not None
        described[option.name] = list(value) if isinstance(value, tuple) else value
    return described


@cache
def find_version() -> str:
    """Return the version of this program, "" in a checkout that is not installed."""
    try:
        return version("revive")
    except PackageNotFoundError:
        return ""


def _read_cached_weights(data: bytes | None) -> dict[str, str]:
    try:
        known = json.loads(data or b"{}")
    except ValueError:
        return {}
    items = known.items() if isinstance(known, dict) else ()
    return {name: text for name, text in items if isinstance(text, str) and _SHA256.fullmatch(text)}
