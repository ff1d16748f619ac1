"""How Background cuts the person out and replaces what is behind."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import N_
from imaging.io.files import make_preview
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED, COMPOSITE, COMPOSITE_SYNTHETIC
from imaging.matting import backgrounds, matte, placing
from services.background import PERSON
from services.base import LIVE_SIDE, InvalidOption, Picture, Report, Result
from services.cutout.outline import find_outline, find_transparent

COLOURS = {
    "white": "#ffffff",
    "red": "#ff0000",
    "blue": "#438edb",
    "grey": "#808080",
    "cream": "#f3ead9",
    "sage": "#c9d3c4",
    "slate": "#5b6770",
}
# Of what is no plain colour: a picture may itself be anything.
SOURCE_TYPES = {
    "blurred": ALGORITHMICALLY_ENHANCED,
    "transparent": ALGORITHMICALLY_ENHANCED,
    "picture": COMPOSITE,
}
LIVE_QUALITY = 75  # of the live copy, as a WebP
BLUR_STEP = 0.004  # of the longest side, one step of the blur's strength


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Keep the person and replace the rest; the mask, of the photo as it was, is returned as well.

    Pixels that are surely person stay bit-identical unless they are scaled; at the edge the old background's colour is
    taken out first. Without a person there is no picture, only the verdict, and a doubtful outline has one too. What
    the network found is kept, so that another background, or a touch of the brush, does not ask it again. Raises
    InvalidOption where nothing of the person would be in the picture.
    """
    found = find_outline(picture, options, report)
    if found is None:
        return Result(None, verdict="no_person_found")
    report(0.55, N_("Cleaning the edge"))
    colours = matte.estimate_foreground(picture.rgb, found.alpha, find_transparent(picture))
    cut_out = make_preview(picture.with_pixels(np.dstack([colours, found.alpha])), LIVE_SIDE, quality=LIVE_QUALITY)
    report(0.75, N_("Laying the new background"))
    placed, alpha = _place_person(colours, found.alpha, options)
    if found.alpha.any() and not alpha.any():
        raise InvalidOption("across", N_("Nothing of the person would be in the picture. Please move them less far."))
    result = _lay_over_background(picture, placed, alpha, _build_backdrop(picture, found.alpha, options), options)
    report(1.0, N_("Done"))
    return Result(
        result,
        mask=found.alpha,
        verdict=found.verdict,
        cache={**found.cache, PERSON: cut_out},
        source=_find_source(picture, found.alpha, alpha, options),
        replaced=None if options["background"] == "blurred" else alpha == 0,
        source_type=SOURCE_TYPES.get(options["background"], COMPOSITE_SYNTHETIC),
    )


def _place_person(colours: np.ndarray, alpha: np.ndarray, options: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    shift = options["across"] / 100, options["down"] / 100
    return placing.place_person(colours, alpha, options["scale"] / 100, shift)


def _find_source(
    picture: Picture, alpha: np.ndarray, placed_alpha: np.ndarray, options: Mapping[str, Any]
) -> np.ndarray | None:
    """Return the photo's pixel at each place of the result, uint8 (H, W, 3); None where the person has not moved."""
    rgb = picture.rgb
    source, _alpha = _place_person(rgb, alpha, options)
    return None if source is rgb else np.where(placed_alpha[:, :, None] > 0, source, rgb)


def _lay_over_background(
    picture: Picture, colours: np.ndarray, alpha: np.ndarray, backdrop: backgrounds.Backdrop, options: Mapping[str, Any]
) -> Picture:
    shadow = placing.cast_shadow(alpha, options["shadow"] / 100)
    if options["background"] == "transparent":
        extension = "webp" if picture.format == "webp" else "png"  # JPEG has no transparency
        return picture.with_pixels(placing.add_shadow(colours, alpha, shadow)).with_format(extension)
    return picture.with_pixels(matte.composite(colours, alpha, placing.darken(backdrop, shadow)))


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
