"""Adjust: turn, mirror and brighten, with Pillow alone."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Choice, Option, Service, ServiceError, import_on_call


def check(options: Mapping[str, Any]) -> None:
    """Refuse options that would change nothing."""
    if options["transform"] == "none" and options["brightness"] == 1.0:
        raise ServiceError(
            "nothing_to_change", N_("Nothing to change: choose a rotation, a mirror or another brightness.")
        )


SERVICE = Service(
    key="adjust",
    title=N_("Adjust"),
    summary=N_("Rotate, mirror and brighten. Every pixel is yours: no network is involved."),
    run=import_on_call("services.adjust.run", "run"),
    check=check,
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
    ),
)
