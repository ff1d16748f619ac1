"""Adjust: turn, straighten, crop and change the colours; no network is asked.

Each option has a neutral value that changes nothing. What a person sees while a control moves is computed in the
browser (static/js/live-adjust.js); what is saved is computed here.
"""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Choice, Option, Service, ServiceError, import_on_call

TONES = {"brightness": 1.0, "contrast": 1.0, "temperature": 0.0, "tint": 0.0}  # name -> neutral value


def is_cropped(options: Mapping[str, Any]) -> bool:
    """Whether the frame leaves anything out."""
    frame = options["crop"]
    return frame is not None and tuple(frame) != (0.0, 0.0, 1.0, 1.0)


def check(options: Mapping[str, Any]) -> None:
    """Refuse options that would change nothing."""
    is_same_shape = options["transform"] == "none" and not options["straighten"] and not is_cropped(options)
    if is_same_shape and all(options[name] == neutral for name, neutral in TONES.items()):
        raise ServiceError("nothing_to_change", N_("Nothing to change: turn or crop the picture, or move a slider."))


def keeps_frame(options: Mapping[str, Any]) -> bool:
    """Whether each place stays where it is."""
    is_turned = options.get("transform", "none") != "none" or bool(options.get("straighten"))
    return not is_turned and not is_cropped({"crop": None, **options})


SERVICE = Service(
    key="adjust",
    title=N_("Adjust"),
    summary=N_("Turns, straightens and crops; sets brightness, contrast and white balance. Nothing is guessed."),
    run=import_on_call("services.adjust.run", "run"),
    check=check,
    keeps_frame=keeps_frame,
    changes=N_("Nothing is guessed: changed places follow from your settings, and no place was replaced."),
    options=(
        Option(
            name="transform",
            kind="choice",
            title=N_("Rotate or mirror"),
            default="none",
            choices=(
                Choice("none", N_("As it is")),
                Choice("90", N_("90° clockwise")),
                Choice("180", N_("180°")),
                Choice("270", N_("270° clockwise")),
                Choice("mirror_horizontal", N_("Mirror left to right")),
                Choice("mirror_vertical", N_("Mirror top to bottom")),
            ),
        ),
        Option(
            name="straighten",
            kind="number",
            title=N_("Straighten"),
            default=0.0,
            minimum=-20.0,
            maximum=20.0,
            step=0.1,
            help=N_("Degrees clockwise. The corners that this empties are cut off."),
        ),
        Option(
            name="crop",
            kind="frame",
            title=N_("Crop"),
            help=N_("What stays of the picture, after it was turned and straightened."),
        ),
        Option(
            name="brightness",
            kind="number",
            title=N_("Brightness"),
            default=1.0,
            minimum=0.2,
            maximum=100.0,
            step=0.1,
            help=N_(
                "1 leaves it as it is, 2 is twice as bright. More than 5 is for photos that are nearly black: "
                "of others it leaves little but white."
            ),
        ),
        Option(
            name="contrast",
            kind="number",
            title=N_("Contrast"),
            default=1.0,
            minimum=0.2,
            maximum=3.0,
            step=0.05,
            help=N_("1 leaves it as it is; more makes light and dark more different."),
        ),
        Option(
            name="temperature",
            kind="number",
            title=N_("Temperature"),
            default=0.0,
            minimum=-100.0,
            maximum=100.0,
            step=1.0,
            help=N_("0 leaves it as it is. Below it is bluer, above it more yellow."),
        ),
        Option(
            name="tint",
            kind="number",
            title=N_("Tint"),
            default=0.0,
            minimum=-100.0,
            maximum=100.0,
            step=1.0,
            help=N_("0 leaves it as it is. Below it is greener, above it more magenta."),
        ),
    ),
)
