"""The lane of a job: quick work never waits for long work, and nobody's long work holds every worker.

A job is quick when this server's history says so, or where there is none, when no network takes part in it. Each worker
has a thread for quick jobs alone. An account's long jobs leave one thread of all workers to others.
"""

from collections.abc import Mapping
from typing import Any

from jobs.scheduling.run_times import RunTimes
from services.base import Service

QUICK, NORMAL, LONG = "quick", "", "long"
QUICK_SECONDS, LONG_SECONDS = 3, 60


def choose(service: Service, options: Mapping[str, Any], pixels: int) -> str:
    """Return the lane of a new job: QUICK, NORMAL or LONG."""
    seconds = RunTimes().estimate_seconds(service.key, options, pixels)
    if seconds is None:
        return NORMAL if uses_network(service, options) else QUICK
    if seconds <= QUICK_SECONDS:
        return QUICK
    return LONG if seconds > LONG_SECONDS else NORMAL


def uses_network(service: Service, options: Mapping[str, Any]) -> bool:
    """Say whether a network takes part in every run, or in one with these options."""
    chosen = (
        choice.weights
        for option in service.options
        for choice in option.choices
        if options.get(option.name) == choice.value
    )
    return bool(service.weights) or any(chosen)
