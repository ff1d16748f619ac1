"""Background: the person is cut out of the photo, and what is behind is replaced."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import N_
from services import cutout
from services.base import Choice, InvalidOption, Option, Picture, Report, Result, Service

COLOURS = {"white": "#ffffff", "red": "#ff0000", "blue": "#438edb", "grey": "#808080"}
BLUR_STEP = 0.004  # of the longest side, one step of the blur's strength


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Keep the person and replace the rest; the mask is returned as well.

    Pixels that are surely person stay bit-identical; at the edge the old background's colour is taken out
    first. Without a person there is no picture, only the verdict, and a doubtful outline has one too. What the network
    found is kept, so that another background, or a touch of the brush, does not ask it again.
    """
    found = cutout.outline(picture, options, report)
    if found is None:
        return Result(None, verdict="no_person_found")
    from imaging.matting import matte

    report(0.55, N_("Cleaning the edge"))
    colours = matte.foreground(picture.rgb, found.alpha, cutout.transparent(picture))
    report(0.75, N_("Laying the new background"))
    result = _lay_over_background(picture, colours, found.alpha, options)
    report(1.0, N_("Done"))
    return Result(result, mask=found.alpha, verdict=found.verdict, kept=found.kept)


def check(options: Mapping[str, Any]) -> None:
    """A picture as background needs that picture."""
    if options["background"] == "picture" and options["background_image"] is None:
        raise InvalidOption("background_image", N_("Please choose the picture for the background."))


def _lay_over_background(
    picture: Picture, colours: np.ndarray, alpha: np.ndarray, options: Mapping[str, Any]
) -> Picture:
    from imaging.matting import matte

    if options["background"] == "transparent":
        kept = "webp" if picture.format == "webp" else "png"  # JPEG has no transparency
        return picture.with_pixels(np.dstack([colours, alpha])).with_format(kept)
    return picture.with_pixels(matte.composite(colours, alpha, _backdrop(picture, alpha, options)))


def _backdrop(picture: Picture, alpha: np.ndarray, options: Mapping[str, Any]):
    from imaging.matting import backgrounds

    match options["background"]:
        case "picture":
            return backgrounds.covering(options["background_image"], picture)
        case "blurred":
            return backgrounds.blur_background(picture, alpha, BLUR_STEP * options["blur"])
        case "gradient":
            first, last = options["colour_from"], options["colour_to"]
            return backgrounds.gradient(first, last, options["direction"], picture)
        case background:
            return backgrounds.solid(COLOURS.get(background, options["colour"]), picture)


SERVICE = Service(
    key="background",
    title=N_("Background"),
    summary=N_("Cuts the person out and puts a colour, nothing, a blur or another picture behind."),
    run=run,
    check=check,
    weights=(cutout.OWN,),
    verdicts=cutout.VERDICTS | cutout.DOUBTS,
    touched_up=(cutout.PARTS_MISSING,),
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
        cutout.MASK,
        cutout.NETWORK,
    ),
)
