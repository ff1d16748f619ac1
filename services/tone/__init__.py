"""Tone: faded, yellowed and flat photos put right by measuring; no network is asked.

A tool of its own rather than a switch of Adjust: what Adjust saves is what the browser draws while a control moves, and
what is measured here can only be drawn once it was.
"""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Option, Service, ServiceError, import_on_call

FINE = "tone_is_fine"


def check(options: Mapping[str, Any]) -> None:
    """Refuse a strength that would change nothing."""
    if options["strength"] == 0.0:
        raise ServiceError("nothing_to_change", N_("Nothing to change: choose a strength above zero."))


SERVICE = Service(
    key="tone",
    title=N_("Tone"),
    summary=N_("Puts faded, yellowed and flat photos right: black, white and colours. Measured, not guessed."),
    run=import_on_call("services.tone.run", "run"),
    check=check,
    verdicts={FINE: N_("This photo is neither faded nor yellowed; it was kept as it was.")},
    changes=N_("Nothing is guessed: light and colours were stretched by what was measured, and no place was replaced."),
    options=(
        Option(
            name="strength",
            kind="number",
            title=N_("Strength"),
            default=1.0,
            minimum=0.0,
            maximum=1.0,
            step=0.05,
            help=N_("1 is all that was measured; less mixes in the original."),
        ),
        Option(
            name="neutral",
            kind="switch",
            title=N_("Take the sepia out"),
            default=False,
            help=N_("Makes a brown or yellowed black-and-white print grey. Colour photos keep their colours."),
        ),
        Option(
            name="anyway",
            kind="switch",
            title=N_("Stretch it even if it looks as it should"),
            default=False,
            advanced=True,
        ),
    ),
)
