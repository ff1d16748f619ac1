"""What every service declares, and what passes between a service and its caller."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from errors import N_
from imaging.io.files import Picture
from services.options import PLACES, UPLOADED, Choice, InvalidOption, Option, ServiceError

__all__ = [
    "Cancelled",
    "Check",
    "Choice",
    "File",
    "InvalidOption",
    "CACHE",
    "CACHED_FRAME",
    "LIVE_SIDE",
    "CHANGED",
    "FAILED",
    "MAX_MEGAPIXELS",
    "MET",
    "N_",
    "NOT_MET",
    "NOT_NEEDED",
    "OFF",
    "Option",
    "Picture",
    "Report",
    "Result",
    "Service",
    "ServiceError",
    "StepResult",
    "STEP_MASK",
    "STEP_STATES",
    "PLACES",
    "UNSURE",
    "UPLOADED",
    "import_on_call",
    "name_version_map",
    "ignore_progress",
]


class Cancelled(Exception):
    """Raised out of `report` when the owner cancelled the job or its deadline passed."""


# report(progress in [0, 1], stage): writes progress, and raises Cancelled when the run must end.
Report = Callable[[float, str], None]


def ignore_progress(progress: float, stage: str = "") -> None:
    """A report for callers that do not listen."""


def import_on_call(module: str, function: str) -> Callable[..., Any]:
    """Return a function that calls this one of a module, which is imported when it is first called.

    So a tool is declared without PyTorch, which takes seconds and hundreds of megabytes to import.
    """

    def call(*args: Any) -> Any:
        return getattr(importlib.import_module(module), function)(*args)

    return call


# The option under which a run finds what an earlier run on the same original cached: name -> bytes.
CACHE = "cache"
# The option under which a run finds how many megapixels its result may have.
MAX_MEGAPIXELS = "max_megapixels"


# What the runs that made a version (an option that `is_version`) replaced: PNG change maps in the cache, by this name.
def name_version_map(option: str, number: int) -> str:
    """Return the name in a run's CACHE of one of the change maps of the runs that made an uploaded version."""
    return f"{option}changes{number}"


# Behind the name in a run's cache of what a step of it made: what the step filled, as a change map.
STEP_MASK = "m"
# What a run that cuts caches under this name: where, as a value of its option of the kind "frame" or "corners".
CACHED_FRAME = "frame"
# Pixels of the longest side of a live copy, and of the preview that a browser draws from it.
LIVE_SIDE = 1600
# The states of a check.
MET, NOT_MET, UNSURE = "met", "not_met", "unsure"
STATES = {MET: N_("fulfilled"), NOT_MET: N_("not fulfilled"), UNSURE: N_("please check")}


@dataclass(frozen=True)
class File:
    """A finished file that a run offers for download exactly as it is, such as a sheet to print."""

    name: str  # like "sheet.pdf"; letters, digits, "-" and one "."
    label: str
    data: bytes


@dataclass(frozen=True)
class Check:
    """One row of a checklist: a key of the service's `checks`, one of STATES, and what was measured, or ""."""

    key: str
    state: str
    value: str = ""


# The states of a step; UNSURE where it looked and could not tell, and so left the picture as it was.
CHANGED, NOT_NEEDED, OFF, FAILED = "changed", "not_needed", "off", "failed"
STEP_STATES = {
    CHANGED: N_("done"),
    NOT_NEEDED: N_("not needed"),
    UNSURE: N_("not sure"),
    OFF: N_("switched off"),
    FAILED: N_("did not work"),
}


@dataclass(frozen=True)
class StepResult:
    """What one of several steps of a run did: a key of the service's `steps`, and one of STEP_STATES.

    said: an English sentence, marked with `N_`, which may hold {value}; value: what was measured for it, or "".
    picture: what the step made, reduced for a screen; None where it changed nothing. width, height: of the whole one.
    cached: the name in the run's cache of the whole one as a file, or "".
    """

    key: str
    state: str
    said: str = ""
    value: str = ""
    picture: Picture | None = field(default=None, repr=False)
    width: int = 0
    height: int = 0
    cached: str = ""


@dataclass(frozen=True)
class Result:
    """What a run gives back.

    `picture` is the result; None when there is rightly none, and `verdict` says why. `mask` is a uint8 (H, W) map in
    0..255 where the service made one, also without a picture. `verdict` is a stable key such as "no_person_found" when
    the honest result is not a plain success, else "". `alternatives` are further pictures as good as the first, for the
    owner to pick from. `cache` is what a later run on the same original can use instead of the network, as bytes under
    names of letters and digits. `files` are offered for download beside the picture. `checks` is a checklist of what
    the picture is for. `steps` tells of the steps of a run that has several. `dropped` are names in an earlier run's
    `cache` that no later run needs. `source` is the original's pixel at each place of the picture, uint8 (H, W, 3|4),
    where that is another place than in the original, and `replaced`, bool (H, W), is where nothing of the original is:
    see `imaging.change_map`. `alternative_sources` are the same for each of the alternatives, where they show other
    places than the first.
    `source_type` is IPTC's word for what the run makes of a photo, one of `imaging.io.provenance.SOURCE_TYPES`.
    """

    picture: Picture | None
    mask: np.ndarray | None = None
    verdict: str = ""
    alternatives: tuple[Picture, ...] = ()
    cache: Mapping[str, bytes] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    checks: tuple[Check, ...] = ()
    source: np.ndarray | None = field(default=None, repr=False)
    replaced: np.ndarray | None = field(default=None, repr=False)
    source_type: str = ""
    steps: tuple[StepResult, ...] = ()
    dropped: tuple[str, ...] = ()
    alternative_sources: tuple[np.ndarray, ...] = field(default=(), repr=False)

    def find_source(self, number: int) -> np.ndarray | None:
        """Return `source` of the picture of this number, 0 being the first."""
        return self.alternative_sources[number - 1] if number and self.alternative_sources else self.source


@dataclass(frozen=True)
class Service:
    """One picture tool. `run(picture, options, report)` gets options that `parse_options` has typed, CACHE and
    MAX_MEGAPIXELS.

    `checks` are the titles of what a result's checklist can hold, by their keys. `steps` are those of the steps of a
    run, in their order; each key is the name of the switch that leaves the step out.
    `notice` is a sentence shown beside every result, where there is something to know about all of them. With
    `own_size` the result has a size and a resolution of its own; else it has the photo's.
    `another(options)` names the option, with its next value, that gives an alternative as good, or None.
    `touched_up` are the verdicts after which the page opens the brush on the mask that the run made.
    `live_copies` are names in a run's `cache` of small WebP pictures, from which the page draws options at once.
    `alternative_names` are the names of the alternatives, in their order, where each is of a kind of its own.
    With `parts` the alternatives show other things in the picture, as prints on a page, and are no matter of taste.
    `changes` is a sentence beside the change map: what it means here that a place was changed or replaced. With
    `guesses_colours` only the colours of a changed place are new, and they are a guess. `keeps_frame(options)` says
    whether each place of a result shows what is there in the photo; never so with `own_size`.
    """

    key: str
    title: str
    summary: str
    run: Callable[[Picture, Mapping[str, Any], Report], Result]
    options: tuple[Option, ...] = ()
    weights: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Mapping[str, Any]], None] = lambda options: None
    notice: str = ""
    own_size: bool = False
    another: Callable[[Mapping[str, Any]], tuple[str, str] | None] = lambda options: None
    alternative_names: tuple[str, ...] = ()
    parts: bool = False
    touched_up: tuple[str, ...] = ()
    changes: str = ""
    guesses_colours: bool = False
    keeps_frame: Callable[[Mapping[str, Any]], bool] = lambda options: True
    live_copies: tuple[str, ...] = ()

    def parse_options(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Type and check raw form values; unknown names are ignored. Raises InvalidOption."""
        options = {option.name: option.parse(raw.get(option.name)) for option in self.options}
        self.check(options)
        return options
