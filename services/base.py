"""What every service declares, and what passes between a service and its caller."""

import importlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from errors import N_, DomainError
from imaging.io.files import Picture

__all__ = [
    "Cancelled",
    "Check",
    "Choice",
    "File",
    "InvalidOption",
    "CACHE",
    "CACHED_FRAME",
    "LIVE_SIDE",
    "MET",
    "N_",
    "NOT_MET",
    "Option",
    "Picture",
    "Report",
    "Result",
    "Service",
    "ServiceError",
    "PLACES",
    "UNSURE",
    "UPLOADED",
    "import_on_call",
    "ignore_progress",
]


class ServiceError(DomainError):
    """A run that cannot give a result, for a reason that a person understands."""


class InvalidOption(ServiceError):
    """An option that is missing, of the wrong kind or out of its range. `field` names it.

    `allowed` are the values that would do, where they can be listed: those of a choice, or one range like "0.2-5".
    """

    key = "invalid_option"

    def __init__(self, option: str, message: str, allowed: Sequence[str] = ()):
        super().__init__(message=message, field=option, allowed=allowed)


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
# What a run that cuts caches under this name: where, "left,top,width,height" in parts of the original.
CACHED_FRAME = "frame"
# Pixels of the longest side of a live copy, and of the preview that a browser draws from it.
LIVE_SIDE = 1600
# The states of a check.
MET, NOT_MET, UNSURE = "met", "not_met", "unsure"
STATES = {MET: N_("fulfilled"), NOT_MET: N_("not fulfilled"), UNSURE: N_("please check")}
# Of a frame's sides, in parts of the picture: anything less is a slip of the finger or of a program.
MIN_FRAME = 0.001
MAX_TILT = 45.0  # degrees, of a frame
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# The kinds of options whose value is a place in the picture: numbers in parts of its width and height.
PLACES = ("frame", "point")
# The kinds of options whose value is uploaded beside the picture itself.
UPLOADED = ("picture", "mask", "hints")


@dataclass(frozen=True)
class Choice:
    """One value of a choice option, with the words that a person sees.

    With `weights`, the choice is offered only where those weights are installed. `advanced` ones stand under
    "Advanced".
    """

    value: str
    label: str
    weights: str = ""
    advanced: bool = False


@dataclass(frozen=True)
class Option:
    """One setting of a service.

    `kind` is "choice", "number", "switch", "colour" (#rrggbb), "frame", "point", or one of UPLOADED: "picture" (a
    second upload), "mask" (white, or opaque paint, is chosen) and "hints" (dabs of colour, transparent elsewhere). The
    value of an uploaded one is a `Picture` or None; that of a frame is (left, top, width, height) and that of a point
    (x, y) in parts of the picture, or None; where a frame `may_tilt`, perhaps with the degrees by which it is turned
    clockwise around its middle. `aspect_of` names the choice option whose value says which width / height a frame
    keeps; `head_lines` says for the same values where in it crown and chin belong, in parts of its height.
    `shown_when` names another option and the value or values of it for which this one matters.
    `advanced` ones stand under "Advanced". `keeps` says of a mask that what it chooses stays; else that is what is
    worked on. `needed`: where it matters, nothing can be done without it.
    """

    name: str
    kind: str
    title: str
    default: Any = None
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    help: str = ""
    shown_when: tuple[str, str | tuple[str, ...]] | None = None
    advanced: bool = False
    keeps: bool = False
    needed: bool = False
    aspect_of: tuple[str, Mapping[str, float]] | None = None
    head_lines: Mapping[str, tuple[float, float]] | None = None
    may_tilt: bool = False

    def parse(self, raw: Any) -> Any:
        """Return the typed value of a form field; raise InvalidOption. Empty means the default."""
        if raw is None or raw == "":
            return self.default
        return _PARSERS[self.kind](self, raw)


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


@dataclass(frozen=True)
class Result:
    """What a run gives back.

    `picture` is the result; None when there is rightly none, and `verdict` says why. `mask` is a uint8 (H, W) map in
    0..255 where the service made one. `verdict` is a stable key such as "no_person_found" when the honest result is
    not a plain success, else "". `alternatives` are further pictures as good as the first, for the owner to pick from.
    `cache` is what a later run on the same original can use instead of the network, as bytes under names of letters
    and digits. `files` are offered for download beside the picture. `checks` is a checklist of what the picture is for.
    `source` is the original's pixel at each place of the picture, uint8 (H, W, 3|4), where that is another place than
    in the original, and `replaced`, bool (H, W), is where nothing of the original is: see `imaging.change_map`.
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


@dataclass(frozen=True)
class Service:
    """One picture tool. `run(picture, options, report)` gets options that `parse_options` has typed, and CACHE.

    `checks` are the titles of what a result's checklist can hold, by their keys.
    `notice` is a sentence shown beside every result, where there is something to know about all of them. With
    `own_size` the result has a size and a resolution of its own, and no transparency; else it has the photo's.
    `another(options)` names the option, with its next value, that gives an alternative as good, or None.
    `touched_up` are the verdicts after which the page opens the brush on the mask that the run made.
    `live_copies` are names in a run's `cache` of small WebP pictures, from which the page draws options at once.
    `alternative_names` are the names of the alternatives, in their order, where each is of a kind of its own.
    `changes` is a sentence beside the change map: what it means here that a place was changed or replaced. With
    `guesses_colours` only the colours of a changed place are new, and they are a guess.
    """

    key: str
    title: str
    summary: str
    run: Callable[[Picture, Mapping[str, Any], Report], Result]
    options: tuple[Option, ...] = ()
    weights: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Mapping[str, Any]], None] = lambda options: None
    notice: str = ""
    own_size: bool = False
    another: Callable[[Mapping[str, Any]], tuple[str, str] | None] = lambda options: None
    alternative_names: tuple[str, ...] = ()
    touched_up: tuple[str, ...] = ()
    changes: str = ""
    guesses_colours: bool = False
    live_copies: tuple[str, ...] = ()

    def parse_options(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Type and check raw form values; unknown names are ignored. Raises InvalidOption."""
        options = {option.name: option.parse(raw.get(option.name)) for option in self.options}
        self.check(options)
        return options


def _parse_choice(option: Option, raw: Any) -> str:
    values = [choice.value for choice in option.choices]
    if raw not in values:
        raise InvalidOption(option.name, N_("This is not one of the choices."), values)
    return str(raw)


def _to_number(raw: Any) -> float:
    """Return a number, or a text that is one to people too: not `1_00`, as Python writes it. Raises ValueError."""
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        raise ValueError
    return float(raw)


def _parse_number(option: Option, raw: Any) -> float:
    try:
        value = _to_number(raw)
    except (TypeError, ValueError):
        raise InvalidOption(option.name, N_("Please enter a number.")) from None
    low = -math.inf if option.minimum is None else option.minimum
    high = math.inf if option.maximum is None else option.maximum
    if not math.isfinite(value) or not low <= value <= high:
        allowed = f"{low:g}-{high:g}"
        raise InvalidOption(option.name, N_("This number is out of range."), [allowed])
    return value


def _parse_switch(option: Option, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if str(raw).lower() not in {"0", "1", "true", "false", "on", "off"}:
        raise InvalidOption(option.name, N_("This switch is either on or off."), ["on", "off"])
    return str(raw).lower() in {"1", "true", "on"}


def _parse_colour(option: Option, raw: Any) -> str:
    """`#36c` is short for `#3366cc`, as in a style sheet."""
    digits = str(raw).strip().lower().removeprefix("#")
    if len(digits) not in (3, 6) or not all(c in "0123456789abcdef" for c in digits):
        raise InvalidOption(option.name, N_("Please give a colour like #3366cc."))
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def _parse_frame(option: Option, raw: Any) -> tuple[float, ...]:
    try:
        left, top, width, height, *tilts = (_to_number(part) for part in str(raw).split(","))
    except ValueError:
        raise InvalidOption(option.name, N_("Please give the frame as left, top, width and height.")) from None
    inside = left >= 0 and top >= 0 and left + width <= 1 + 1e-6 and top + height <= 1 + 1e-6
    if not inside or min(width, height) < MIN_FRAME:
        raise InvalidOption(option.name, N_("The frame must lie inside the picture."))
    if len(tilts) > option.may_tilt or not all(abs(tilt) <= MAX_TILT for tilt in tilts):
        raise InvalidOption(option.name, N_("This frame cannot be turned like that."))
    return left, top, width, height, *(tilt for tilt in tilts if tilt)


def _parse_point(option: Option, raw: Any) -> tuple[float, float]:
    try:
        x, y = (_to_number(part) for part in str(raw).split(","))
    except ValueError:
        raise InvalidOption(option.name, N_("Please give the point as two numbers, such as 0.5,0.4.")) from None
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InvalidOption(option.name, N_("The point must lie inside the picture."))
    return x, y


def _parse_picture(option: Option, raw: Any) -> Picture:
    if not isinstance(raw, Picture):
        raise InvalidOption(option.name, N_("Please choose a picture."))
    return raw


_PARSERS = {
    "choice": _parse_choice,
    "number": _parse_number,
    "switch": _parse_switch,
    "colour": _parse_colour,
    "frame": _parse_frame,
    "point": _parse_point,
    "picture": _parse_picture,
    "mask": _parse_picture,
    "hints": _parse_picture,
}
