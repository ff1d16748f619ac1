"""Colours like those of a reference picture: what a photo has in common with it, by the colorizer's own encoder."""

from typing import cast

import numpy as np
import torch
from PIL import Image

from errors import N_
from imaging.colorizing.matching import Matches, blend_matches, match_colours
from imaging.colorizing.monochrome import tone_of
from imaging.guided_filter import resize_area
from imaging.io.modes import convert_profile
from imaging.tensors import pad_to_multiple
from networks.palette_colorizer import CALM_GAIN, CELL, VIVID_GAIN, PaletteColorizer
from services import inference
from services.base import InvalidOption, Picture
from services.colorize import OWN, guess

SIDE = 256  # pixels of the short side at which both pictures are compared
OPAQUE = 127  # alpha over which a place of the reference may be taken


def match_reference(picture: Picture, reference: Picture) -> Matches:
    """Return what the picture can take from the reference, its chroma in the networks' unit.

    Raises InvalidOption where the reference has no colours, and ServiceError.
    """
    rgb, alpha = _shrink(reference, picture.icc)
    lab, grid = guess.to_lab(rgb), _grid(rgb)
    opaque = resize_area(alpha, grid) > OPAQUE
    if tone_of(lab) is not None or not opaque.any():
        message = N_("The reference picture has no colours of its own. Please choose one in colour.")
        raise InvalidOption("reference", message)
    chroma = resize_area(lab[:, :, 1:], grid) / guess.CHROMA_UNIT
    own, _ = _shrink(picture, picture.icc)
    return match_colours(_encode(own), _encode(rgb), chroma, opaque)


def blend_reference(lightness: np.ndarray, chroma: np.ndarray, matches: Matches) -> np.ndarray:
    """Return `chroma`, float32 (h, w, 2k), a pair for each of `VARIANTS`, with the colours of the matches.

    As of a guess, the calm variant of them is paler and the vivid one stronger.
    """
    return blend_matches(lightness, chroma, matches, (1.0, CALM_GAIN, VIVID_GAIN))


def _shrink(picture: Picture, icc: bytes | None) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 (h, w, 3) in the colour profile `icc`, white where it is transparent, and float32 (h, w), alpha."""
    size = guess.choose_working_size(picture.height, picture.width, SIDE)
    pixels = resize_area(picture.pixels, size)
    image, alpha = Image.fromarray(pixels[:, :, :3]), np.full(size, 255, np.uint8)
    if picture.has_alpha:
        alpha = pixels[:, :, 3]
        image = Image.composite(image, Image.new("RGB", image.size, "white"), Image.fromarray(alpha))
    return np.asarray(convert_profile(image, picture.icc, icc)), alpha.astype(np.float32)


def _encode(rgb: np.ndarray) -> list[np.ndarray]:
    """Return what the encoder makes of uint8 (h, w, 3), float32 (h / CELL, w / CELL, C) each, rounded up."""
    network = inference.networks.get(OWN)
    seen = pad_to_multiple(guess.read_lightness(rgb), network.multiple_of, network.minimum_side)
    with torch.inference_mode():
        maps = cast(PaletteColorizer, network.module).encode_cells(seen.to(network.device))
    height, width = _grid(rgb)
    return [map_[0, :, :height, :width].permute(1, 2, 0).cpu().numpy() for map_ in maps]


def _grid(rgb: np.ndarray) -> tuple[int, int]:
    height, width = rgb.shape[:2]
    return -(-height // CELL), -(-width // CELL)
