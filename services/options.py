"""What an option of a service is: its kinds, its words, and how a value that came from outside is checked."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errors import N_, DomainError
from imaging.io.files import Picture

# Of a frame's sides, in parts of the picture: anything less is a slip of the finger or of a program.
MIN_FRAME = 0.001
MAX_MARKED = 24  # things that are marked by their corners in one picture
MAX_TILT = 45.0  # degrees, of a frame
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# The kinds of options whose value is a place in the picture: numbers in parts of its width and height.
PLACES = ("frame", "point", "corners")
# The kinds of options whose value is uploaded beside the picture itself.
UPLOADED = ("picture", "mask", "hints")


class ServiceError(DomainError):
    """A run that cannot give a result, for a reason that a person understands."""


class InvalidOption(ServiceError):
    """An option that is missing, of the wrong kind or out of its range. `field` names it.

    `allowed` are the values that would do, where they can be listed: those of a choice, or one range like "0.2-5".
    """

    key = "invalid_option"

    def __init__(self, option: str, message: str, allowed: Sequence[str] = ()):
        super().__init__(message=message, field=option, allowed=allowed)


@dataclass(frozen=True)
class Choice:
    """One value of a choice option, with the words that a person sees.

    With `weights`, and `also_weights` beside them, the choice is offered only where all of those are installed.
    `advanced` ones stand under "Advanced".
    """

    value: str
    label: str
    weights: str = ""
    advanced: bool = False
    also_weights: tuple[str, ...] = ()

    @property
    def all_weights(self) -> tuple[str, ...]:
        return (self.weights, *self.also_weights) if self.weights else self.also_weights


@dataclass(frozen=True)
class Option:
    """One setting of a service.

    `kind` is "choice", "number", "switch", "colour" (#rrggbb), "frame", "point", "corners", or one of UPLOADED:
    "picture" (a second upload), "mask" (white, or opaque paint, is chosen) and "hints" (dabs of colour, transparent
    elsewhere). The value of an uploaded one is a `Picture` or None; that of a frame is (left, top, width, height) and
    that of a point (x, y) in parts of the picture, or None; where a frame `may_tilt`, perhaps with the degrees by which
    it is turned clockwise around its middle. That of "corners" has eight numbers for each thing that is marked: x and y
    of its corners, clockwise from the upper left of what stands upright. `aspect_of` names the choice option whose
    value says which width / height a frame keeps; `head_lines` says for the same values where in it crown and chin
    belong, in parts of its height.
    `shown_when` names another option and the value or values of it for which this one matters.
    `advanced` ones stand under "Advanced". `keeps` says of a mask that what it chooses stays; else that is what is
    worked on. `finds`: of a mask, what a run searches for itself where it is not given, to be touched up afterwards.
    `needed`: where it matters, nothing can be done without it. `once`: a switch for one run that shows what another
    would do, and makes no picture; its page has it off again.
    With `weights`, the option is offered only where all of these are installed.
    `is_version`: the picture is a version of the photo itself, of its size. `from_job` says what of an earlier job can
    stand in for a file: its "result", or what it got for an option of that name.
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
    finds: bool = False
    once: bool = False
    aspect_of: tuple[str, Mapping[str, float]] | None = None
    head_lines: Mapping[str, tuple[float, float]] | None = None
    may_tilt: bool = False
    is_version: bool = False
    weights: tuple[str, ...] = ()
    from_job: str = ""

    def parse(self, raw: Any) -> Any:
        """Return the typed value of a form field; raise InvalidOption. Empty means the default."""
        if raw is None or raw == "":
            return self.default
        return _PARSERS[self.kind](self, raw)

    def matters(self, options: Mapping[str, Any]) -> bool:
        """Say whether this option counts beside these values of the others, or they make it pointless."""
        if self.shown_when is None:
            return True
        other, wanted = self.shown_when
        return options[other] in wanted if isinstance(wanted, tuple) else options[other] == wanted


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


def _parse_corners(option: Option, raw: Any) -> tuple[float, ...]:
    """A semicolon may stand between one thing and the next."""
    wrong = InvalidOption(option.name, N_("Please give four corners for each, as eight numbers from 0 to 1."))
    try:
        numbers = tuple(_to_number(part) for part in str(raw).replace(";", ",").split(","))
    except ValueError:
        raise wrong from None
    if len(numbers) % 8 or not all(0 <= number <= 1 for number in numbers):
        raise wrong
    if len(numbers) > 8 * MAX_MARKED:
        raise InvalidOption(option.name, N_("These are too many."), [f"1-{MAX_MARKED}"])
    if not all(_is_convex(numbers[start : start + 8]) for start in range(0, len(numbers), 8)):
        message = N_("The four corners must go around clockwise, and no side may cross another.")
        raise InvalidOption(option.name, message)
    return numbers


def _is_convex(numbers: Sequence[float]) -> bool:
    """Say whether four corners go around clockwise, as they are seen, with room between them."""
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    for index in range(4):
        (x, y), (to_x, to_y), (next_x, next_y) = (corners[(index + step) % 4] for step in range(3))
        if (to_x - x) * (next_y - to_y) - (to_y - y) * (next_x - to_x) < MIN_FRAME**2:
            return False
    return True


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
    "corners": _parse_corners,
    "picture": _parse_picture,
    "mask": _parse_picture,
    "hints": _parse_picture,
}
