"""Colorize: a network guesses chroma at a working size; the luminance of the original stays at full size."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Choice, InvalidOption, Option, Service, import_on_call

OWN = "colorize"  # the weights that are shipped
MARK = "Revive (colorized)"  # in the EXIF: the colours were made
NOTHING_MATCHED = "nothing_matched"
NOTHING_ALIKE, COLOURS_TAKEN = "nothing_alike", "colours_taken"
CHROMA = "chroma"  # the live copy of the variants' chroma
VARIANTS = ("natural", "calm", "vivid")  # in the order of the networks' outputs


def check(options: Mapping[str, Any]) -> None:
    """Hints are dabs on a transparent ground; a picture that is opaque all over is none of them."""
    if options["reference_places"] is not None and options["reference"] is None:
        raise InvalidOption("reference", N_("Please choose the reference that the places belong to."))
    hints = options["hints"]
    if hints is not None and (not hints.has_alpha or (hints.alpha == 255).all()):
        raise InvalidOption("hints", N_("Please give the colour hints as dabs on a transparent picture."))


SERVICE = Service(
    key="colorize",
    title=N_("Colorize"),
    summary=N_("Gives colours to a black-and-white photo. They are a guess; every detail of the original stays."),
    run=import_on_call("services.colorize.run", "run"),
    check=check,
    weights=(OWN,),
    verdicts={
        "already_coloured": N_("This photo already has colours, so none were added."),
        NOTHING_ALIKE: N_(
            "This photo shows none of the things that were marked in the reference: nothing was changed."
        ),
        COLOURS_TAKEN: N_(
            "Places that look like the marked things took their colours; the mask shows which. If some are wrong, "
            "delete this version: the others stay."
        ),
        NOTHING_MATCHED: N_("The reference has nothing in common with this photo: the tool’s own colours were used."),
    },
    notice=N_("The colours are a guess: nobody knows from a grey photo which ones were there."),
    changes=N_("The colours are a guess; light and dark are the photo’s."),
    guesses_colours=True,
    live_copies=(CHROMA,),
    alternative_names=(N_("Natural"), N_("Calm"), N_("Vivid")),  # of VARIANTS
    options=(
        Option(
            name="variants",
            kind="switch",
            title=N_("Three to pick from"),
            default=True,
            help=N_("Natural, calm and vivid: the same likelihoods, weighed differently."),
        ),
        Option(
            name="saturation",
            kind="number",
            title=N_("Saturation"),
            default=1.0,
            minimum=0.0,
            maximum=2.0,
            step=0.1,
            help=N_("How strong the colours are; 0 is grey."),
        ),
        Option(
            name="reference",
            kind="picture",
            title=N_("Colours like this photo"),
            help=N_("A colour photo of something similar. Where both show the same, your photo gets its colours."),
            from_job="result",
        ),
        Option(
            name="reference_places",
            kind="picture",
            title=N_("Only these things of it"),
            help=N_(
                "Dabs or a mask for the reference: only what they lie on gives its colours, all else is left alone."
            ),
            advanced=True,
            from_job="hints",
        ),
        Option(
            name="detail",
            kind="choice",
            title=N_("Colour detail"),
            default="256",
            choices=(
                Choice("128", N_("Broad")),
                Choice("192", N_("Medium")),
                Choice("256", N_("Fine")),
                Choice("384", N_("Very fine: less sure")),
            ),
            help=N_("How large the network sees the photo. Try another one when a colour spills over or is missing."),
            shown_when=("network", OWN),
        ),
        Option(
            name="hints",
            kind="hints",
            title=N_("Colour hints"),
            help=N_("Dab a colour where you know it. It spreads over what has the same brightness around it."),
        ),
        Option(
            name="alike",
            kind="switch",
            title=N_("Hints reach alike places"),
            default=False,
            help=N_("A dab on one sleeve colours the other one too. Switch it off to take that back."),
        ),
        Option(
            name="anyway",
            kind="switch",
            title=N_("Colour it even if it has colours"),
            default=False,
            advanced=True,
        ),
        Option(
            name="network",
            kind="choice",
            title=N_("Network"),
            default=OWN,
            advanced=True,
            choices=(
                Choice(OWN, N_("Revive")),
                Choice("deoldify-artistic", N_("DeOldify, artistic"), weights="deoldify-artistic"),
                Choice("deoldify-stable", N_("DeOldify, stable"), weights="deoldify-stable"),
            ),
        ),
        Option(
            name="render_factor",
            kind="number",
            title=N_("Render factor"),
            default=35,
            minimum=7,
            maximum=45,
            step=1,
            advanced=True,
            help=N_("DeOldify only: its working size in steps of 16 pixels."),
        ),
    ),
)
