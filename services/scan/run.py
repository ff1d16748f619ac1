"""How prints are found, cut out and turned upright."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from errors import N_
from imaging.idphoto.faces import find_faces
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED
from imaging.scanning.cutting import cut_out_print, find_rim_widths
from imaging.scanning.prints import SURE, find_prints
from networks.face_landmarker import FaceLandmarker
from services import inference
from services.base import CACHED_FRAME, Picture, Report, Result
from services.scan import (
    FACES,
    FOUND,
    NO_PRINT,
    OTHERS_LEFT,
    UNSURE,
    describe_corners,
    split_corners,
    wants_all,
)


@dataclass(frozen=True)
class Cut:
    """A print: its picture, the pixels of the page at each of its places, and its corners, (4, 2), turned upright."""

    picture: Picture
    source: np.ndarray
    corners: np.ndarray


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Cut out the prints whose corners are given, or those that are found; the first is the result.

    A photo that fills its frame has no print, and where it is not sure whether there is one there is no result either.
    With `find_only` and no corners nothing is cut. Where the prints were cut is kept: their corners, in the order of
    the pictures.
    """
    report(0.0, N_("Looking for prints"))
    if options["corners"]:
        found, verdict = [np.reshape(numbers, (4, 2)) for numbers in split_corners(options["corners"])], ""
    else:
        found, verdict = _find(picture, options["find_only"])
    if verdict:
        report(1.0, N_("Done"))
        return Result(None, verdict=verdict, cache=_keep(found))
    left_out = len(found) > 1 and not wants_all(options)
    if left_out:
        found = [max(found, key=lambda corners: _measure_area(corners, picture))]
    cuts = []
    for number, corners in enumerate(found):
        report(0.3 + 0.65 * number / len(found), N_("Cutting out"))
        cuts.append(_cut(picture, corners, options))
    report(1.0, N_("Done"))
    first, *others = cuts
    return Result(
        first.picture,
        verdict=OTHERS_LEFT if left_out else "",
        alternatives=tuple(each.picture for each in others),
        source=first.source,
        alternative_sources=tuple(each.source for each in others),
        cache=_keep([each.corners for each in cuts]),
        source_type=ALGORITHMICALLY_ENHANCED,
    )


def _find(picture: Picture, find_only: bool) -> tuple[list[np.ndarray], str]:
    """Return the corners of the prints, each (4, 2), and the verdict where none is to be cut out."""
    prints = find_prints(picture.rgb)
    sure = [each.corners for each in prints if each.confidence >= SURE]
    if not sure:
        return [each.corners for each in prints], UNSURE if prints else NO_PRINT
    return sure, FOUND if find_only else ""


def _measure_area(corners: np.ndarray, picture: Picture) -> float:
    return cv2.contourArea((corners * picture.rgb.shape[1::-1]).astype(np.float32))


def _keep(found: list[np.ndarray]) -> dict[str, bytes]:
    return {CACHED_FRAME: describe_corners([tuple(each.ravel()) for each in found]).encode()} if found else {}


def _cut(picture: Picture, corners: np.ndarray, options: Mapping[str, Any]) -> Cut:
    pixels = cut_out_print(picture.pixels, corners)
    source = cut_out_print(picture.pixels, corners, cv2.INTER_NEAREST)
    quarters = 0
    if options["upright"] == "faces":
        quarters = _find_quarters(np.ascontiguousarray(pixels[:, :, :3]))
        pixels, source = (np.ascontiguousarray(np.rot90(each, quarters)) for each in (pixels, source))
    if options["rim"] == "cut":
        left, top, right, bottom = find_rim_widths(pixels[:, :, :3])
        inside = slice(top, len(pixels) - bottom), slice(left, pixels.shape[1] - right)
        pixels, source = (np.ascontiguousarray(each[inside]) for each in (pixels, source))
    result = picture.with_pixels(pixels)
    if picture.dpi and quarters % 2:
        result = result.with_dpi(picture.dpi[::-1])
    return Cut(result, source, np.roll(corners, -quarters, axis=0))


def _find_quarters(rgb: np.ndarray) -> int:
    """Return by how many quarters, counter-clockwise, a print must be turned so that its faces stand upright."""
    return find_faces(rgb, cast(FaceLandmarker, inference.networks.get(FACES).module))[1]
