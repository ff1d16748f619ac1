"""How Denoise looks for noise and takes it out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import N_
from imaging.denoising.estimate import estimate_noise
from imaging.denoising.restore import MIN_CHANGE, denoise, measure_change
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED
from services import inference
from services.base import Picture, Report, Result
from services.denoise import JPEG, OWN


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Take the noise out of the colours; alpha stays. `strength` goes from the picture (0) to the network's output (1).

    Where nothing but blocks of JPEG shows, a network trained for them runs. A picture in which no noise is found has no
    result, only the verdict, unless the owner wants one `anyway`, nor has one that the network hardly changes, where
    the noise was not sure, or leaves as it is.
    """
    report(0.0, N_("Looking for noise"))
    noise = estimate_noise(picture.rgb)
    if not options["anyway"] and not noise.is_found:
        report(1.0, N_("Done"))
        return Result(None, verdict="no_noise_found")
    report(0.03, N_("Loading the network"))
    network = inference.networks.get(JPEG if noise.is_only_blocks else OWN)
    rgb = denoise(
        picture.rgb,
        network,
        options["strength"],
        noise.grid if noise.is_only_blocks else (0, 0),
        lambda share: report(0.05 + 0.93 * share, N_("Taking the noise out")),
    )
    report(1.0, N_("Done"))
    if (
        not options["anyway"]
        and not noise.is_sure
        and measure_change(picture.rgb, rgb) < MIN_CHANGE * options["strength"]
    ):
        return Result(None, verdict="no_noise_found")
    if np.array_equal(picture.rgb, rgb):
        return Result(None, verdict="nothing_changed")
    return Result(picture.with_rgb(rgb), source_type=ALGORITHMICALLY_ENHANCED)
