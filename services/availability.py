"""Which weights can be used, and with them which services and choices: listed, there, and unchanged. No torch.

Each function gets the folders that weights are looked for in, the first that lists a name counts.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import N_
from networks.manifest import MANIFEST, WeightsUnavailable, find, read_entries, verify
from services.base import Choice, InvalidOption, Service

_REASONS = {
    "missing": N_("This tool is not available: its weights file is missing on this server."),
    "checksum": N_("This tool is not available: its weights file fails its checksum."),
    "unlisted": N_("This tool is not available: its weights are not listed in the manifest of this server."),
    "form": N_("This tool is not available: its weights or their manifest cannot be read."),
}
_NOT_OFFERED = N_("This choice needs weights that are not installed on this server.")
# Weights name and the state of its files -> reason or None: hashing a file anew for each page would be slow.
_known: dict[tuple[object, ...], str | None] = {}
_looking = threading.Lock()


def find_unavailable_reason(service: Service, folders: Sequence[Path]) -> str | None:
    """Return an English sentence, marked with `N_`, that says why the service cannot run; None when it can."""
    return next((reason for name in service.weights if (reason := find_weights_reason(name, folders))), None)


def check_choices(service: Service, options: Mapping[str, Any], folders: Sequence[Path]) -> None:
    """Raise InvalidOption when a chosen value needs weights that cannot be used here."""
    for option in service.options:
        for choice in option.choices:
            if options.get(option.name) == choice.value and _is_unusable(choice, folders):
                usable = [each.value for each in option.choices if not _is_unusable(each, folders)]
                raise InvalidOption(option.name, _NOT_OFFERED, usable)


def _is_unusable(choice: Choice, folders: Sequence[Path]) -> bool:
    return any(find_weights_reason(name, folders) for name in choice.all_weights)


def find_weights_reason(name: str, folders: Sequence[Path]) -> str | None:
    """Return an English sentence, marked with `N_`, that says why these weights cannot be used; None when they can."""
    with _looking:
        try:
            folder = find(name, folders)
        except WeightsUnavailable as error:
            return _REASONS[error.reason_key]
        state = _read_state(name, folder)
        if state not in _known:
            try:
                verify(name, folder)
                _known[state] = None
            except WeightsUnavailable as error:
                _known[state] = _REASONS[error.reason_key]
        return _known[state]


def _read_state(name: str, folder: Path) -> tuple[object, ...]:
    try:
        file = folder / read_entries(folder)[name].file
    except (KeyError, WeightsUnavailable):
        return name, _stamp(folder / MANIFEST), None
    return name, _stamp(folder / MANIFEST), _stamp(file)


def _stamp(path: Path) -> tuple[object, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_mtime_ns, status.st_size, status.st_ino
