"""Denoise: the noise is measured first, then a network takes it out, tile by tile."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Option, Service, ServiceError, import_on_call

OWN, JPEG = "denoise", "denoise-jpeg"


def check(options: Mapping[str, Any]) -> None:
    """Refuse a strength that would change nothing."""
    if options["strength"] == 0.0:
        raise ServiceError("nothing_to_change", N_("Nothing to change: choose a strength above zero."))


SERVICE = Service(
    key="denoise",
    title=N_("Denoise"),
    summary=N_("Takes out noise, film grain, JPEG blocks and the dots of printed pictures."),
    run=import_on_call("services.denoise.run", "run"),
    check=check,
    weights=(OWN, JPEG),
    verdicts={
        "no_noise_found": N_("No noise worth taking out was found in this photo; it was kept as it was."),
        "nothing_changed": N_("The network found nothing to change in this photo; it was kept as it was."),
    },
    changes=N_("Changed places were smoothed by a network: fine detail that looked like noise may be gone from them."),
    options=(
        Option(
            name="strength",
            kind="number",
            title=N_("Strength"),
            default=1.0,
            minimum=0.0,
            maximum=1.0,
            step=0.05,
            help=N_("1 is all the network can do; less mixes in the original."),
        ),
        Option(
            name="anyway",
            kind="switch",
            title=N_("Run even if no noise is found"),
            default=False,
            advanced=True,
            help=N_("Noise is measured first, and a clean photo is left alone."),
        ),
    ),
)
