"""How Tone measures what time did to a photo, and puts it right."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import N_
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED
from imaging.toning.fading import apply_correction, find_correction
from services.base import Picture, Report, Result
from services.tone import FINE


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Put black, white and colours right; alpha stays. A photo whose tone is fine has no result, only the verdict."""
    report(0.0, N_("Looking at the picture"))
    correction = find_correction(picture.rgb, anyway=options["anyway"], neutral=options["neutral"])
    if correction is None:
        report(1.0, N_("Done"))
        return Result(None, verdict=FINE)
    report(0.3, N_("Putting the tone right"))
    rgb = apply_correction(picture.rgb, correction, options["strength"])
    report(1.0, N_("Done"))
    if np.array_equal(rgb, picture.rgb):
        return Result(None, verdict=FINE)
    return Result(picture.with_rgb(rgb), source_type=ALGORITHMICALLY_ENHANCED)
