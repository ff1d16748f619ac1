"""How Enlarge makes a photo larger, and when it refuses to."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from errors import N_
from imaging.enlarging.upscale import enlarge
from imaging.io.formats import DEFAULT_MAX_MEGAPIXELS
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED
from services import inference
from services.base import MAX_MEGAPIXELS, Picture, Report, Result, ServiceError
from services.enlarge import OWN

_TOO_LARGE = N_(
    "The result would have more megapixels than a picture may have here. Choose a smaller size, or crop the photo "
    "first."
)


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Make the colours larger by the network, and the alpha by interpolation; dots per inch grow as much.

    Raises ServiceError where the result would have more than MAX_MEGAPIXELS.
    """
    factor = int(options["factor"])
    if picture.width * picture.height * factor**2 > options.get(MAX_MEGAPIXELS, DEFAULT_MAX_MEGAPIXELS) * 1e6:
        raise ServiceError("result_too_large", _TOO_LARGE, 413, field="factor")
    report(0.0, N_("Loading the network"))
    network = inference.networks.get(OWN)
    pixels = enlarge(picture.rgb, network, factor, lambda share: report(0.02 + 0.94 * share, N_("Enlarging")))
    if picture.alpha is not None:
        size = picture.width * factor, picture.height * factor
        pixels = np.dstack([pixels, cv2.resize(picture.alpha, size, interpolation=cv2.INTER_CUBIC)])
    result = picture.with_pixels(pixels)
    if picture.dpi:
        result = result.with_dpi((picture.dpi[0] * factor, picture.dpi[1] * factor))
    source = picture.pixels.repeat(factor, 0).repeat(factor, 1)
    report(1.0, N_("Done"))
    return Result(result, source=source, source_type=ALGORITHMICALLY_ENHANCED)
