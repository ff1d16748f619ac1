"""How Only here lays a result over the photo."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from errors import N_
from imaging import compositing, masks
from imaging.change_map import REPLACED
from imaging.io.metadata import read_software, set_software
from imaging.io.modes import convert_profile
from imaging.io.provenance import HUMAN_EDITS
from services.base import CACHE, InvalidOption, Picture, Report, Result, name_version_map
from services.onlyhere import EDITED, ELSEWHERE


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Return the result inside of the mask and the photo, or another version of it, outside.

    Outside every pixel is bit-identical to what stays there. Places that the runs before replaced are told as replaced
    where their result counts. Raises InvalidOption for a picture of another size and for a mask without paint.
    """
    report(0.0, N_("Looking at the mask"))
    weights = _find_weights(picture, options)
    report(0.3, N_("Laying the result over the photo"))
    edited = _match(picture, options[EDITED], EDITED)
    ground = _match(picture, options[ELSEWHERE], ELSEWHERE) if options[ELSEWHERE] else picture
    made = picture.with_pixels(compositing.composite(ground.pixels, edited.pixels, weights))
    if made.has_alpha and not picture.has_alpha:  # JPEG has no transparency
        made = made.with_format("webp" if picture.format == "webp" else "png")
    report(1.0, N_("Done"))
    return Result(
        _add_history(made, edited, ground),
        replaced=_find_replaced(weights, options),
        source_type=HUMAN_EDITS,
    )


def _find_weights(picture: Picture, options: Mapping[str, Any]) -> np.ndarray:
    """Return how much the result counts, uint8 (H, W)."""
    try:
        mask = masks.read_mask(options["mask"], picture)
        masks.check_strength(mask)
    except masks.UnusableMask as error:
        raise InvalidOption("mask", error.message) from None
    size = picture.height, picture.width
    weights = compositing.feather_inside(masks.resize_mask(mask, *size), options["feather"] / 100 * max(size))
    if not weights.any():
        message = N_("Nothing is painted, or less than the soft edge needs. Paint where the result is to count.")
        raise InvalidOption("mask", message)
    return weights


def _match(picture: Picture, other: Picture, name: str) -> Picture:
    """Return another picture of the photo's size in the colours of its profile."""
    if (other.width, other.height) != (picture.width, picture.height):
        message = N_("This picture has another size than the photo. Take a result that keeps the size.")
        raise InvalidOption(name, message, [f"{picture.width}x{picture.height}"])
    if other.icc == picture.icc:
        return other
    image = Image.fromarray(np.ascontiguousarray(other.pixels))
    return other.with_pixels(np.asarray(convert_profile(image, other.icc, picture.icc)))


def _add_history(made: Picture, *others: Picture) -> Picture:
    """Return the composite with the steps that made the pictures in it, and what their EXIF says made them."""
    provenance = made.provenance
    for other in others:
        provenance = provenance.merge(other.provenance)
    software = next(filter(None, (read_software(other.exif) for other in others)), "")
    is_new = software not in ("", read_software(made.exif))
    exif = set_software(made.exif, software) if is_new else made.exif
    return made.with_history(exif, provenance)


def _find_replaced(weights: np.ndarray, options: Mapping[str, Any]) -> np.ndarray | None:
    """Return where the composite shows what an earlier run replaced, bool (H, W); None where no run is known."""
    replaced = None
    for name, counts in ((EDITED, weights > 0), (ELSEWHERE, weights < 255)):
        number = 0
        while data := options.get(CACHE, {}).get(name_version_map(name, number)):
            number += 1
            with Image.open(io.BytesIO(data)) as image:
                earlier = np.asarray(image) == REPLACED
            if earlier.shape == weights.shape:
                replaced = earlier & counts if replaced is None else replaced | (earlier & counts)
    return replaced
