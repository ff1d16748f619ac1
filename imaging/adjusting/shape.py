"""Turning, straightening and cropping a picture. static/js/adjust-shape.js does the same for the preview."""

import math

from PIL import Image

Frame = tuple[float, float, float, float]

RESAMPLING = Image.Resampling.BICUBIC

# Degrees are counter-clockwise in Pillow and clockwise in people's minds: a person who picks 90 degrees
# expects the top of the photo on the right.
_TRANSPOSES = {
    "90": Image.Transpose.ROTATE_270,
    "180": Image.Transpose.ROTATE_180,
    "270": Image.Transpose.ROTATE_90,
    "mirror_horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "mirror_vertical": Image.Transpose.FLIP_TOP_BOTTOM,
}


def turn(image: Image.Image, transform: str) -> Image.Image:
    """Turn clockwise by "90", "180" or "270" degrees, or mirror; no pixel is computed anew."""
    return image.transpose(_TRANSPOSES[transform])


def straighten(image: Image.Image, degrees: float, resampling: Image.Resampling = RESAMPLING) -> Image.Image:
    """Turn clockwise by any angle and cut off the empty corners: the proportions stay, the picture becomes smaller.

    The scale stays as well; pixels between the old ones are bicubic, unless another `resampling` is given.
    """
    width, height = fit_upright(image.width, image.height, degrees)
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    # From a place in the new picture to that in the old one, both counted from the middle.
    left = image.width / 2 - cosine * width / 2 - sine * height / 2
    top = image.height / 2 + sine * width / 2 - cosine * height / 2
    matrix = (cosine, sine, left, -sine, cosine, top)
    return image.transform((width, height), Image.Transform.AFFINE, matrix, resampling)


def fit_upright(width: int, height: int, degrees: float) -> tuple[int, int]:
    """Return the largest size of the same proportions that fits upright into a turned picture, in whole pixels."""
    sine, cosine = abs(math.sin(math.radians(degrees))), math.cos(math.radians(degrees))
    scale = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def crop(image: Image.Image, frame: Frame) -> Image.Image:
    """Cut out the frame: left, top, width and height in parts of the picture, rounded to pixels, at least one."""
    left, top, width, height = frame
    columns, rows = _round_span(left, width, image.width), _round_span(top, height, image.height)
    return image.crop((columns[0], rows[0], columns[1], rows[1]))


def _round_span(start: float, length: float, pixels: int) -> tuple[int, int]:
    first = min(math.floor(start * pixels + 0.5), pixels - 1)
    return first, min(max(math.floor((start + length) * pixels + 0.5), first + 1), pixels)
