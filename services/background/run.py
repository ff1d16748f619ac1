"""How Background cuts the person out and replaces what is behind."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import N_
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED, COMPOSITE, COMPOSITE_SYNTHETIC
from imaging.matting import backgrounds, matte
from services.base import Picture, Report, Result
from services.cutout.outline import find_outline, find_transparent

COLOURS = {"white": "#ffffff", "red": "#ff0000", "blue": "#438edb", "grey": "#808080"}
# Of what is no plain colour: a picture may itself be anything.
SOURCE_TYPES = {
    "blurred": ALGORITHMICALLY_ENHANCED,
    "transparent": ALGORITHMICALLY_ENHANCED,
    "picture": COMPOSITE,
}
BLUR_STEP = 0.004  # of the longest side, one step of the blur's strength


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Keep the person and replace the rest; the mask is returned as well.

    Pixels that are surely person stay bit-identical; at the edge the old background's colour is taken out
    first. Without a person there is no picture, only the verdict, and a doubtful outline has one too. What the network
    found is kept, so that another background, or a touch of the brush, does not ask it again.
    """
    found = find_outline(picture, options, report)
    if found is None:
        return Result(None, verdict="no_person_found")
    report(0.55, N_("Cleaning the edge"))
    colours = matte.estimate_foreground(picture.rgb, found.alpha, find_transparent(picture))
    report(0.75, N_("Laying the new background"))
    result = _lay_over_background(picture, colours, found.alpha, options)
    report(1.0, N_("Done"))
    chosen = options["background"]
    replaced = None if chosen == "blurred" else found.alpha == 0
    kind = SOURCE_TYPES.get(chosen, COMPOSITE_SYNTHETIC)
    return Result(result, found.alpha, found.verdict, cache=found.cache, replaced=replaced, source_type=kind)


def _lay_over_background(
    picture: Picture, colours: np.ndarray, alpha: np.ndarray, options: Mapping[str, Any]
) -> Picture:
    if options["background"] == "transparent":
        extension = "webp" if picture.format == "webp" else "png"  # JPEG has no transparency
        return picture.with_pixels(np.dstack([colours, alpha])).with_format(extension)
    return picture.with_pixels(matte.composite(colours, alpha, _build_backdrop(picture, alpha, options)))


def _build_backdrop(picture: Picture, alpha: np.ndarray, options: Mapping[str, Any]) -> backgrounds.Backdrop:
    match options["background"]:
        case "picture":
            return backgrounds.cover_with(options["background_image"], picture)
        case "blurred":
            return backgrounds.blur_background(picture, alpha, BLUR_STEP * options["blur"])
        case "gradient":
            first, last = options["colour_from"], options["colour_to"]
            return backgrounds.draw_gradient(first, last, options["direction"], picture)
        case background:
            return backgrounds.fill_solid(COLOURS.get(background, options["colour"]), picture)
