"""Cut out prints: those that lie on a scanned page or a table are found, cut out and straightened."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Choice, Option, Service, import_on_call

FACES = "face"  # the weights of the network that shows which side is up
ALL, LARGEST = "all", "largest"
NO_PRINT, UNSURE, OTHERS_LEFT, FOUND = "no_print_found", "print_unsure", "others_left", "prints_found"

SERVICE = Service(
    key="scan",
    title=N_("Cut out prints"),
    summary=N_("Finds the prints on a scanned page or a table, cuts each out and straightens it. Nothing is guessed."),
    run=import_on_call("services.scan.run", "run"),
    parts=True,
    keeps_frame=lambda options: False,
    verdicts={
        NO_PRINT: N_(
            "No print on a background was found, so the picture stays as it is. "
            "If there is one, set its corners yourself."
        ),
        UNSURE: N_(
            "It is not sure whether this shows a print on a background, so the picture stays as it is. "
            "If it does, check the corners that were found, and start again."
        ),
        FOUND: N_(
            "These prints would be cut out: in the mode “Corners” their outlines lie on the picture. Drag what is not "
            "right, and start again to have them cut out."
        ),
        OTHERS_LEFT: N_("There are more prints on this page. Only the largest was cut out, as you asked."),
    },
    changes=N_("The print was cut out and straightened, so its pixels were computed from their neighbours."),
    options=(
        Option(
            name="corners",
            kind="corners",
            title=N_("Corners"),
            help=N_("Without corners the prints are found by themselves. Drag them where they are not right."),
        ),
        Option(
            name="find_only",
            kind="switch",
            title=N_("Only show what would be cut out"),
            default=False,
            help=N_("Look at the outlines first, and drag their corners. Then start again."),
            once=True,
        ),
        Option(
            name="prints",
            kind="choice",
            title=N_("Which prints"),
            default=ALL,
            choices=(Choice(ALL, N_("All")), Choice(LARGEST, N_("The largest"))),
        ),
        Option(
            name="rim",
            kind="choice",
            title=N_("White rim"),
            default="keep",
            choices=(Choice("keep", N_("Keep it")), Choice("cut", N_("Cut it off"))),
        ),
        Option(
            name="upright",
            kind="choice",
            title=N_("Turn upright"),
            default="faces",
            choices=(
                Choice("faces", N_("Where a face shows which side is up"), weights=FACES),
                Choice("keep", N_("Leave it as it lies")),
            ),
        ),
    ),
)


def split_corners(numbers: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Return the eight numbers of each print."""
    return [tuple(numbers[start : start + 8]) for start in range(0, len(numbers), 8)]


def describe_corners(prints: list[tuple[float, ...]]) -> str:
    """Return the corners of prints as a value of the option `corners`."""
    return ",".join(f"{part:.5f}" for numbers in prints for part in numbers)


def wants_all(options: Mapping[str, Any]) -> bool:
    """Say whether every print is cut out rather than the largest alone."""
    return bool(options["prints"] == ALL)
