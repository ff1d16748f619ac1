"""Background: the person is cut out of the photo, and what is behind is replaced."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services import cutout
from services.base import Choice, InvalidOption, Option, Service, import_on_call

PERSON = "person"  # the live copy of who was cut out, with transparency


def check(options: Mapping[str, Any]) -> None:
    """A picture as background needs that picture, and "this one" needs a point."""
    cutout.check_point(options)
    if options["background"] == "picture" and options["background_image"] is None:
        raise InvalidOption("background_image", N_("Please choose the picture for the background."))


def keeps_frame(options: Mapping[str, Any]) -> bool:
    """Whether the person stands where the photo has them."""
    neutral = {"scale": 100, "across": 0, "down": 0}
    return all(options.get(name, value) == value for name, value in neutral.items())


SERVICE = Service(
    key="background",
    title=N_("Background"),
    summary=N_("Cuts the person out and puts a colour, nothing, a blur or another picture behind."),
    run=import_on_call("services.background.run", "run"),
    check=check,
    keeps_frame=keeps_frame,
    weights=(cutout.OWN, cutout.PEOPLE),
    verdicts=cutout.VERDICTS | cutout.DOUBTS,
    changes=N_(
        "The person is the photo’s. What is behind was replaced or blurred, and at the edge what shone through was "
        "taken out."
    ),
    touched_up=tuple(cutout.DOUBTS),
    live_copies=(PERSON,),
    options=(
        Option(
            name="background",
            kind="choice",
            title=N_("New background"),
            default="white",
            choices=(
                Choice("white", N_("White")),
                Choice("red", N_("Red")),
                Choice("blue", N_("Blue")),
                Choice("grey", N_("Grey")),
                Choice("cream", N_("Cream")),
                Choice("sage", N_("Sage")),
                Choice("slate", N_("Slate")),
                Choice("custom", N_("Another colour")),
                Choice("gradient", N_("Two colours")),
                Choice("blurred", N_("The same, blurred")),
                Choice("transparent", N_("Transparent")),
                Choice("picture", N_("A picture")),
            ),
        ),
        Option(
            name="colour",
            kind="colour",
            title=N_("Colour"),
            default="#ffffff",
            shown_when=("background", "custom"),
        ),
        Option(
            name="colour_from",
            kind="colour",
            title=N_("First colour"),
            default="#f5f1e8",
            shown_when=("background", "gradient"),
        ),
        Option(
            name="colour_to",
            kind="colour",
            title=N_("Second colour"),
            default="#8fa3b0",
            shown_when=("background", "gradient"),
        ),
        Option(
            name="direction",
            kind="choice",
            title=N_("Direction"),
            default="down",
            shown_when=("background", "gradient"),
            choices=(
                Choice("down", N_("From top to bottom")),
                Choice("right", N_("From left to right")),
                Choice("diagonal", N_("From corner to corner")),
                Choice("middle", N_("From the middle outwards")),
            ),
        ),
        Option(
            name="blur",
            kind="number",
            title=N_("Strength of the blur"),
            default=4,
            minimum=1,
            maximum=10,
            step=1,
            shown_when=("background", "blurred"),
        ),
        Option(
            name="background_image",
            kind="picture",
            title=N_("Background picture"),
            shown_when=("background", "picture"),
        ),
        Option(
            name="scale",
            kind="number",
            title=N_("Size of the person"),
            default=100,
            minimum=20,
            maximum=300,
            step=1,
            help=N_("In percent. They grow and shrink from where they stand."),
        ),
        Option(
            name="across",
            kind="number",
            title=N_("Move the person sideways"),
            default=0,
            minimum=-100,
            maximum=100,
            step=0.1,
            help=N_("In percent of the width; less than 0 is to the left."),
        ),
        Option(
            name="down",
            kind="number",
            title=N_("Move the person down"),
            default=0,
            minimum=-100,
            maximum=100,
            step=0.1,
            help=N_("In percent of the height; less than 0 is up."),
        ),
        Option(
            name="shadow",
            kind="number",
            title=N_("Soft shadow"),
            default=0,
            minimum=0,
            maximum=100,
            step=1,
            help=N_("How dark it is behind the person, in percent; 0 is none."),
        ),
        cutout.WHOM,
        cutout.POINT,
        cutout.MASK,
        cutout.NETWORK,
    ),
)
