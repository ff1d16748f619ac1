"""Which weights, services and choices can be used on this site: `services.availability` for its folders.

Weights are shipped with Revive (WEIGHTS_DIR) or imported by an administrator (IMPORTED_WEIGHTS_DIR); on equal names the
shipped ones count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

import services
from networks.manifest import Entry, WeightsUnavailable, read_entries
from networks.releases import OFFICIAL, find_official
from services import availability
from services.base import Choice, Option, Service


@dataclass(frozen=True)
class WeightsView:
    """One set of weights: the services that use it, its line in a manifest, and what is wrong with its file."""

    name: str
    services: tuple[Service, ...]
    entry: Entry | None
    reason: str | None
    imported: bool


def list_folders() -> list[Path]:
    """Return the folders that weights are looked for in, the shipped ones' first."""
    return [Path(current_app.config["WEIGHTS_DIR"]), Path(current_app.config["IMPORTED_WEIGHTS_DIR"])]


def find_unavailable_reason(service: Service) -> str | None:
    """Return an English sentence, marked with `N_`, that says why the service cannot run; None when it can."""
    return availability.find_unavailable_reason(service, list_folders())


def is_usable(weights: str) -> bool:
    """Say whether these weights are listed, there and unchanged."""
    return _find_reason(weights) is None


def list_offered_choices(option: Option) -> list[Choice]:
    """Return the choices of an option that this server can carry out: those all of whose weights are usable.

    Templates call it by this name (see `views.pages`).
    """
    return [choice for choice in option.choices if all(map(is_usable, choice.all_weights))]


def list_offered_options(service: Service) -> list[Option]:
    """Return the options of a service that this server can carry out: those without weights, or with usable ones.

    Templates call it by this name, too.
    """
    return [option for option in service.options if all(map(is_usable, option.weights))]


def check_choices(service: Service, options: Mapping[str, Any]) -> None:
    """Raise InvalidOption when a chosen value needs weights that cannot be used here."""
    availability.check_choices(service, options, list_folders())


def list_weights() -> list[WeightsView]:
    """Return every set of weights that a service needs or a manifest lists, with the state of its file."""
    shipped, imported = (_list_entries(folder) for folder in list_folders())
    needed = dict.fromkeys(name for service in services.SERVICES for name in service.weights)
    names = dict.fromkeys([*needed, *shipped, *imported])
    listed = imported | shipped
    return [
        WeightsView(
            name, find_users(name), listed.get(name), _find_reason(name), name in imported and name not in shipped
        )
        for name in names
    ]


def find_users(name: str) -> tuple[Service, ...]:
    """Return the services that use these weights: always, by a choice, or as `networks.releases` says."""
    row = find_official(name)
    return tuple(
        service
        for service in services.SERVICES
        if name in service.weights
        or (row and row.service == service.key)
        or any(name in choice.all_weights for option in service.options for choice in option.choices)
        or any(name in option.weights for option in service.options)
    )


def list_importable() -> list[str]:
    """Return the names of the official checkpoints that may be imported here."""
    shipped = _list_entries(list_folders()[0])
    return [row.name for row in OFFICIAL if row.name not in shipped]


def _list_entries(folder: Path) -> dict[str, Entry]:
    try:
        return read_entries(folder)
    except WeightsUnavailable:
        return {}


def _find_reason(name: str) -> str | None:
    return availability.find_weights_reason(name, list_folders())
