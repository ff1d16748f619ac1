"""How Adjust turns, straightens, crops and recolours a picture."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from errors import N_
from imaging.adjusting import shape, tones
from services.adjust import TONES, is_cropped
from services.base import Picture, Report, Result


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Turn or mirror, straighten, crop, then change the colours; alpha takes part in all but the last.

    What is left neutral changes no pixel.
    """
    report(0.0, N_("Adjusting"))
    image = Image.fromarray(np.ascontiguousarray(picture.pixels))
    if options["transform"] != "none":
        image = shape.turn(image, options["transform"])
    if options["straighten"]:
        image = shape.straighten(image, options["straighten"])
    if is_cropped(options):
        image = shape.crop(image, options["crop"])
    report(0.5, N_("Adjusting"))
    result = picture.with_pixels(np.asarray(image))
    if any(options[name] != neutral for name, neutral in TONES.items()):
        tables = tones.make_tables(**{name: options[name] for name in TONES})
        result = result.with_rgb(tones.apply_tables(result.rgb, tables))
    if picture.dpi and options["transform"] in ("90", "270"):
        result = result.with_dpi(picture.dpi[::-1])
    report(1.0, N_("Done"))
    return Result(result)
