"""What can stand behind a person who was cut out: a colour, a gradient, a picture, or the photo itself, blurred.

Each maker returns a backdrop: a function that gives, for a slice of rows, uint8 (n, W, 3), or (3,) where all pixels are
alike, in the photo's own colour profile. So no backdrop of a large photo is ever held whole in floating point.
"""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageOps

from imaging.guided_filter import enlarge_rows, fit_size, resize_area
from imaging.io.files import Picture
from imaging.io.modes import convert_profile

Backdrop = Callable[[slice], np.ndarray]

_WORKING_SIDE = 1024  # a blurred picture holds nothing finer
_WIDE = 0.12  # of the working size: how far colours are fetched to fill the place of the person
# Thresholds of an 8 x 8 ordered dither, in (-0.5, 0.5): without it a slow gradient shows its steps.
_BAYER = np.array([[0, 2], [3, 1]])
for _ in range(2):
    _BAYER = np.block([[4 * _BAYER, 4 * _BAYER + 2], [4 * _BAYER + 3, 4 * _BAYER + 1]])
_BAYER = (_BAYER.astype(np.float32) + 0.5) / 64 - 0.5


def fill_solid(colour: str, picture: Picture) -> Backdrop:
    """One sRGB colour, "#rrggbb"."""
    pixel = _to_pixels([colour], picture)[0]
    return lambda rows: pixel


def draw_gradient(first: str, last: str, direction: str, picture: Picture) -> Backdrop:
    """From one sRGB colour to another: "down", "right", "diagonal", or from the "middle" to the corners."""
    start, end = _to_pixels([first, last], picture).astype(np.float32)
    height, width = picture.height, picture.width
    across = (np.arange(width, dtype=np.float32) + 0.5) / width

    def backdrop(rows: slice) -> np.ndarray:
        numbers = np.arange(rows.start, rows.stop)
        down = ((numbers.astype(np.float32) + 0.5) / height)[:, None]
        if direction == "middle":
            share = np.hypot(down - 0.5, across - 0.5) / np.float32(np.hypot(0.5, 0.5))
        else:
            ways = {"down": down + 0 * across, "right": 0 * down + across, "diagonal": (down + across) / 2}
            share = ways[direction]
        dither = _BAYER[numbers[:, None] % 8, np.arange(width) % 8]
        mixed = start + share[:, :, None] * (end - start) + dither[:, :, None]
        return _round_to_bytes(mixed)

    return backdrop


def cover_with(background: Picture, picture: Picture) -> Backdrop:
    """Another picture, scaled and cut in its middle so that it covers this one; transparent places turn white."""
    image = Image.fromarray(np.ascontiguousarray(background.rgb))
    if background.has_alpha:
        paper = Image.new("RGB", image.size, "white")
        image = Image.composite(image, paper, Image.fromarray(np.ascontiguousarray(background.alpha)))
    image = ImageOps.fit(image, (picture.width, picture.height), Image.Resampling.LANCZOS)
    pixels = np.asarray(convert_profile(image, background.icc, picture.icc))
    return lambda rows: pixels[rows]


def blur_background(picture: Picture, alpha: np.ndarray, amount: float) -> Backdrop:
    """The photo's own background out of focus, `amount` the blur's sigma in parts of the longest side.

    The person, alpha uint8 (H, W), leaves no glow: their place is filled from around it first. Light is added up as
    light (with gamma 2 for the curve of sRGB), so that lamps become discs of light, as in a lens.
    """
    size = fit_size(picture.height, picture.width, _WORKING_SIDE)
    light = np.square(resize_area(picture.rgb, size).astype(np.float32))
    inside = resize_area((alpha > 4).astype(np.uint8) * 255, size)
    behind = (cv2.dilate(inside, np.ones((5, 5), np.uint8)) == 0).astype(np.float32)
    if (own := picture.alpha) is not None:
        behind *= resize_area(own, size) > 250
    filled = _fill_unknown(light, behind, _WIDE * max(size))
    sigma = max(0.3, amount * max(size))
    soft = blur_field(filled, sigma)
    soft = np.sqrt(np.clip(soft, 0, None)).astype(np.float32)
    return lambda rows: _round_to_bytes(enlarge_rows(soft, rows.start, rows.stop - rows.start, alpha.shape))


def blur_field(field: np.ndarray, sigma: float) -> np.ndarray:
    """Return float32 (h, w) or (h, w, C) blurred by a Gaussian; at its edges it is reflected.

    Of any width at a bounded price: a wide one is made at a reduced size, which loses nothing.
    """
    height, width = field.shape[:2]
    shrink = max(1.0, sigma / 4)
    if shrink == 1.0:
        return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    small = resize_area(field, (max(1, round(height / shrink)), max(1, round(width / shrink))))
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REFLECT)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _to_pixels(colours: list[str], picture: Picture) -> np.ndarray:
    """Return sRGB colours as uint8 (n, 3) pixels of the picture's colour profile."""
    pixels = [convert_profile(Image.new("RGB", (1, 1), colour), None, picture.icc) for colour in colours]
    return np.array([np.asarray(pixel)[0, 0] for pixel in pixels])


def _fill_unknown(light: np.ndarray, known: np.ndarray, reach: float) -> np.ndarray:
    """Fill what is not `known`, float32 (h, w) of 0 and 1, from what is near: the nearer, the heavier it weighs."""
    if not known.any():
        return np.full_like(light, light.mean())
    total = np.broadcast_to((light * known[:, :, None]).sum((0, 1)) / known.sum(), light.shape)
    found = total
    for sigma in (2 * reach, reach / 2, reach / 8):
        weight = blur_field(known, sigma)[:, :, None]
        found = (blur_field(light * known[:, :, None], sigma) + 1e-3 * found) / (weight + 1e-3)
    return np.where(known[:, :, None] > 0, light, found).astype(np.float32)


def _round_to_bytes(values: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
