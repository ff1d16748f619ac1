"""Colours like those of a reference picture: what a photo has in common with it, by the colorizer's own encoder."""

import cv2
import numpy as np
from PIL import Image

from errors import N_
from imaging import masks
from imaging.colorizing.dabbed_things import find_dabbed_things
from imaging.colorizing.matching import Matches, blend_matches, match_colours
from imaging.colorizing.monochrome import find_tone
from imaging.guided_filter import resize_area
from imaging.io.modes import convert_profile
from networks.palette_colorizer import CALM_GAIN, VIVID_GAIN
from services import inference
from services.base import InvalidOption, Picture
from services.colorize import OWN, features, guess

_NO_PLACES = N_("Nothing is marked in the reference. Please dab on the things whose colours are meant.")
OPAQUE = 127  # alpha over which a place of the reference may be taken


def match_reference(picture: Picture, reference: Picture, places: Picture | None = None) -> Matches:
    """Return what the picture can take from the reference, its chroma in the networks' unit.

    places: dabs on the reference, or a mask of it; only what they lie on gives its colours. Raises InvalidOption where
    the reference has no colours or the places are none, and ServiceError.
    """
    rgb, alpha = _shrink(reference, picture.icc)
    lab, grid = guess.to_lab(rgb), features.compute_grid(*rgb.shape[:2])
    opaque = resize_area(alpha, grid) > OPAQUE
    if find_tone(lab) is not None or not opaque.any():
        message = N_("The reference picture has no colours of its own. Please choose one in colour.")
        raise InvalidOption("reference", message)
    chroma = resize_area(lab[:, :, 1:], grid) / guess.CHROMA_UNIT
    own, _ = _shrink(picture, picture.icc)
    network = inference.networks.get(OWN)
    photo, other = (features.encode(network, guess.read_lightness(pixels)) for pixels in (own, rgb))
    if places is None:
        return match_colours(photo, other, chroma, opaque)
    dabbed = _read_places(places, reference, rgb.shape[:2])
    chosen = find_dabbed_things(np.ascontiguousarray(lab[:, :, 0]) / 100, dabbed, other) & opaque
    if not chosen.any():
        raise InvalidOption("reference_places", _NO_PLACES)
    return match_colours(photo, other, chroma, opaque, chosen)


def draw_matches(matches: Matches, height: int, width: int) -> np.ndarray:
    """Return where a picture took colours, uint8 (height, width), 255 in full."""
    confidence = cv2.resize(matches.confidence, (width, height), interpolation=cv2.INTER_LINEAR)
    drawn: np.ndarray = np.rint(255 * np.clip(confidence, 0, 1)).astype(np.uint8)
    return drawn


def _read_places(places: Picture, reference: Picture, size: tuple[int, int]) -> np.ndarray:
    """Return which pixels of the small reference are marked, bool (h, w)."""
    try:
        mask = masks.read_mask(places, reference)
        masks.check_strength(mask)
    except masks.UnusableMask as error:
        raise InvalidOption("reference_places", error.message) from None
    cover = resize_area(mask, size)
    marked: np.ndarray = cover >= max(1, min(masks.CHOSEN, int(cover.max())))
    if not mask.any():
        raise InvalidOption("reference_places", _NO_PLACES)
    return marked


def blend_reference(lightness: np.ndarray, chroma: np.ndarray, matches: Matches) -> np.ndarray:
    """Return `chroma`, float32 (h, w, 2k), a pair for each of `VARIANTS`, with the colours of the matches.

    As of a guess, the calm variant of them is paler and the vivid one stronger.
    """
    return blend_matches(lightness, chroma, matches, (1.0, CALM_GAIN, VIVID_GAIN))


def _shrink(picture: Picture, icc: bytes | None) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 (h, w, 3) in the colour profile `icc`, white where it is transparent, and float32 (h, w), alpha."""
    size = guess.choose_working_size(picture.height, picture.width, features.SIDE)
    pixels = resize_area(picture.pixels, size)
    image, alpha = Image.fromarray(pixels[:, :, :3]), np.full(size, 255, np.uint8)
    if picture.has_alpha:
        alpha = pixels[:, :, 3]
        image = Image.composite(image, Image.new("RGB", image.size, "white"), Image.fromarray(alpha))
    return np.asarray(convert_profile(image, picture.icc, icc)), alpha.astype(np.float32)
