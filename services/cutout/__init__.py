"""What the tools for people declare alike: the mask and whom it keeps, the network that finds them, what is unsure."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Choice, InvalidOption, Option

OWN, PEOPLE = "background", "people"  # the weights that are shipped: fine outlines, and people in photos of any kind
FACES = "face"  # the weights of the network that finds faces

VERDICTS = {"no_person_found": N_("No person was found in this photo. Try one in which somebody is seen more clearly.")}
PARTS_MISSING, PEOPLE_TOGETHER = "parts_missing", "people_together"
DOUBTS = {
    PARTS_MISSING: N_("Parts of the people may be missing. Please look, and touch up the mask where they are."),
    PEOPLE_TOGETHER: N_(
        "People who touch could not be told apart, so they were kept together. "
        "Please take away in the mask who is not meant."
    ),
}

EVERYBODY, MAIN, THIS = "everybody", "main", "this"
WHOM = Option(
    name="whom",
    kind="choice",
    title=N_("Whom to keep"),
    default=EVERYBODY,
    choices=(
        Choice(EVERYBODY, N_("Everybody")),
        Choice(MAIN, N_("The main person"), weights=FACES),
        Choice(THIS, N_("This one"), weights=FACES),
    ),
)
POINT = Option(
    name="point",
    kind="point",
    title=N_("The person"),
    help=N_("Click who is meant, or type where they are in parts of the width and height, such as 0.3,0.6."),
    shown_when=("whom", THIS),
    needed=True,
)
MASK = Option(
    name="mask",
    kind="mask",
    title=N_("Mask"),
    help=N_("White is kept, black goes. With a mask of your own nothing is searched for in the photo."),
    advanced=True,
    keeps=True,
    finds=True,
)
NETWORK = Option(
    name="network",
    kind="choice",
    title=N_("Network"),
    default=OWN,
    advanced=True,
    choices=(
        Choice(OWN, N_("Ours, for people")),
        Choice("u2netp", N_("U²-Net-p, for whatever stands out"), weights="u2netp"),
        Choice("u2net", N_("U²-Net, for whatever stands out"), weights="u2net"),
        Choice("u2net-human-seg", N_("U²-Net, for people"), weights="u2net-human-seg"),
    ),
)


def check_point(options: Mapping[str, Any], chooser: str = WHOM.name) -> None:
    """Raise InvalidOption where the option `chooser` asks for "this one" and no point says who that is."""
    if options[chooser] == THIS and options["point"] is None:
        raise InvalidOption("point", N_("Please point at the person who is meant."))
