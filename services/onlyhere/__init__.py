"""Only here: a result counts where a person painted, and the photo stays elsewhere; no network is asked.

What a person sees while painting is computed in the browser (static/js/only-here.js); what is saved is computed here.
"""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import InvalidOption, Option, Service, import_on_call

EDITED, ELSEWHERE = "edited", "elsewhere"
NO_RESULT = N_("Please choose the result that is to count where you paint.")


def check(options: Mapping[str, Any]) -> None:
    """Two pictures and a mask are needed to lay one over the other."""
    if options[EDITED] is None:
        raise InvalidOption(EDITED, NO_RESULT)
    if options["mask"] is None:
        raise InvalidOption("mask", N_("Please paint where the result is to count, or choose a mask."))


SERVICE = Service(
    key="onlyhere",
    title=N_("Only here"),
    summary=N_("Takes a result only where you paint; elsewhere the original stays, bit for bit. Nothing is run again."),
    run=import_on_call("services.onlyhere.run", "run"),
    check=check,
    changes=N_("What you did not paint is the original’s; what you painted is the result’s, with a soft edge."),
    options=(
        Option(
            name=EDITED,
            kind="picture",
            title=N_("Result that counts where you paint"),
            help=N_("A picture of the same size, made from this photo."),
            needed=True,
            is_version=True,
            from_job="result",
        ),
        Option(
            name="mask",
            kind="mask",
            title=N_("Only here"),
            help=N_("Paint where the result counts. A mask of your own works as well: white takes the result."),
            needed=True,
        ),
        Option(
            name="feather",
            kind="number",
            title=N_("Soft edge"),
            default=1.0,
            minimum=0.0,
            maximum=10.0,
            step=0.5,
            help=N_("In hundredths of the longer side: so far inside of what you painted the result fades in."),
        ),
        Option(
            name=ELSEWHERE,
            kind="picture",
            title=N_("What stays elsewhere"),
            help=N_("The original, unless you choose another version of the same size."),
            is_version=True,
            from_job="result",
        ),
    ),
)
