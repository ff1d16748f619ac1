"""How Adjust turns, straightens, crops and recolours a picture."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from errors import N_
from imaging.adjusting import shape, tones
from imaging.io.provenance import HUMAN_EDITS
from services.adjust import TONES, is_cropped
from services.base import Picture, Report, Result


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Turn or mirror, straighten, crop, then change the colours; alpha takes part in all but the last.

    What is left neutral changes no pixel.
    """
    report(0.0, N_("Adjusting"))
    result = picture.with_pixels(_change_shape(picture.pixels, options, shape.RESAMPLING))
    source = result.pixels
    if options["straighten"]:
        source = _change_shape(picture.pixels, options, Image.Resampling.NEAREST)
    report(0.5, N_("Adjusting"))
    if any(options[name] != neutral for name, neutral in TONES.items()):
        tables = tones.make_tables(**{name: options[name] for name in TONES})
        result = result.with_rgb(tones.apply_tables(result.rgb, tables))
    if picture.dpi and options["transform"] in ("90", "270"):
        result = result.with_dpi(picture.dpi[::-1])
    report(1.0, N_("Done"))
    return Result(result, source=source, source_type=HUMAN_EDITS)


def _change_shape(pixels: np.ndarray, options: Mapping[str, Any], resampling: Image.Resampling) -> np.ndarray:
    """Return the pixels, uint8 (H, W, 3|4), turned or mirrored, straightened and cropped."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if options["transform"] != "none":
        image = shape.turn(image, options["transform"])
    if options["straighten"]:
        image = shape.straighten(image, options["straighten"], resampling)
    if is_cropped(options):
        image = shape.crop(image, options["crop"])
    return np.asarray(image)
