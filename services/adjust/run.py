"""How Adjust turns, mirrors and brightens a picture."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from errors import N_
from services.base import Picture, Report, Result

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
