"""Deblur: the blur is estimated first, then a network takes it out, tile by tile, and every tile is checked."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Choice, Option, Service, ServiceError, import_on_call

OWN = "deblur"  # the weights that also estimate the blur, whichever network takes it out
IMPORTED = "nafnet-gopro-width32"


def check(options: Mapping[str, Any]) -> None:
    """Refuse a strength that would change nothing."""
    if options["strength"] == 0.0:
        raise ServiceError("nothing_to_change", N_("Nothing to change: choose a strength above zero."))


SERVICE = Service(
    key="deblur",
    title=N_("Deblur"),
    summary=N_(
        "Takes the shake out of a photo: for a hand that moved while the shutter was open, "
        "not for a photo out of focus."
    ),
    run=import_on_call("services.deblur.run", "run"),
    check=check,
    weights=(OWN,),
    verdicts={
        "no_motion_blur": N_("No motion blur was found in this photo; it was kept as it was."),
        "out_of_focus": N_(
            "This looks like lens blur, of a photo out of focus, and not like shake. Deblur is made for shake: the "
            "result may be hardly better."
        ),
        "some_tiles_kept": N_("In parts of this photo the network gave no usable answer. They were kept as they were."),
        "some_parts_kept": N_("Parts of this photo are sharp already, or came out worse. They were kept as they were."),
        "nothing_changed": N_("The network found nothing to change in this photo; it was kept as it was."),
    },
    changes=N_("Changed places were sharpened by a network: fine detail in them is its estimate."),
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
            name="network",
            kind="choice",
            title=N_("Network"),
            default=OWN,
            advanced=True,
            choices=(
                Choice(OWN, N_("Ours: estimates the blur and divides it out")),
                Choice("deblurgan", N_("An earlier method (DeblurGAN), small"), weights="deblurgan"),
                Choice(IMPORTED, N_("NAFNet, width 32, trained on GoPro"), weights=IMPORTED),
            ),
        ),
        Option(
            name="anyway",
            kind="switch",
            title=N_("Run even if no blur is found"),
            default=False,
            advanced=True,
            help=N_("Blur is looked for first, and a sharp photo is left alone."),
        ),
    ),
)
