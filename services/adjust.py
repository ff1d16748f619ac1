"""Adjust: turn, mirror and brighten, with Pillow alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from errors import N_
from services.base import Choice, Option, Picture, Report, Result, Service, ServiceError

# Degrees are counter-clockwise in Pillow and clockwise in people's minds: a person who picks 90 degrees
# expects the top of the photo on the right.
_TRANSPOSES = {
    "90": Image.Transpose.ROTATE_270,
    "180": Image.Transpose.ROTATE_180,
    "270": Image.Transpose.ROTATE_90,
    "mirror_horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "mirror_vertical": Image.Transpose.FLIP_TOP_BOTTOM,
}


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Turn or mirror, then brighten: `brightness` times each colour, clipped; alpha stays."""
    report(0.0, N_("Adjusting"))
    image = Image.fromarray(np.ascontiguousarray(picture.pixels))
    if options["brightness"] != 1.0:
        image = ImageEnhance.Brightness(image).enhance(options["brightness"])
    report(0.5, N_("Adjusting"))
    if options["transform"] != "none":
        image = image.transpose(_TRANSPOSES[options["transform"]])
    result = picture.with_pixels(np.asarray(image))
    if picture.dpi and options["transform"] in ("90", "270"):
        result = result.with_dpi(picture.dpi[::-1])
    report(1.0, N_("Done"))
    return Result(result)


def check(options: Mapping[str, Any]) -> None:
    """Refuse options that would change nothing."""
    if options["transform"] == "none" and options["brightness"] == 1.0:
        raise ServiceError(
            "nothing_to_change", N_("Nothing to change: choose a rotation, a mirror or another brightness.")
        )


SERVICE = Service(
    key="adjust",
    title=N_("Adjust"),
    summary=N_("Rotate, mirror and brighten. Every pixel is yours: no network is involved."),
    run=run,
    check=check,
    options=(
        Option(
            name="transform",
            kind="choice",
            title=N_("Rotate or mirror"),
            default="none",
            choices=(
                Choice("none", N_("As it is")),
                Choice("90", N_("90° clockwise")),
                Choice("180", N_("180°")),
                Choice("270", N_("270° clockwise")),
                Choice("mirror_horizontal", N_("Mirror left to right")),
                Choice("mirror_vertical", N_("Mirror top to bottom")),
            ),
        ),
        Option(
            name="brightness",
            kind="number",
            title=N_("Brightness"),
            default=1.0,
            minimum=0.2,
            maximum=100.0,
            step=0.1,
            help=N_(
                "1 leaves it as it is, 2 is twice as bright. More than 5 is for photos that are nearly black: "
                "of others it leaves little but white."
            ),
        ),
    ),
)
