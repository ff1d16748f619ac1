"""Colours like those of a reference picture: what a photo has in common with it, by the colorizer's own encoder."""

import numpy as np
from PIL import Image

from errors import N_
from imaging.colorizing.matching import Matches, blend_matches, match_colours
from imaging.colorizing.monochrome import find_tone
from imaging.guided_filter import resize_area
from imaging.io.modes import convert_profile
from networks.palette_colorizer import CALM_GAIN, VIVID_GAIN
from services import inference
from services.base import InvalidOption, Picture
from services.colorize import OWN, features, guess

OPAQUE = 127  # alpha over which a place of the reference may be taken


def match_reference(picture: Picture, reference: Picture) -> Matches:
    """Return what the picture can take from the reference, its chroma in the networks' unit.

    Raises InvalidOption where the reference has no colours, and ServiceError.
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
    return match_colours(photo, other, chroma, opaque)


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
