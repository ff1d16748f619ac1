"""Enlarge: twice or four times the size, by a network that learnt from photos and invents nothing."""

from errors import N_
from services.base import Choice, Option, Service, import_on_call

OWN = "enlarge"

SERVICE = Service(
    key="enlarge",
    title=N_("Enlarge"),
    summary=N_("Makes a small photo twice or four times as large, with sharper edges than plain resizing."),
    run=import_on_call("services.enlarge.run", "run"),
    weights=(OWN,),
    own_size=True,
    notice=N_("Edges become sharper, but what the photo does not show is not invented: a blurred face stays one."),
    changes=N_(
        "Each place is compared with the photo's pixel there: what changed was interpolated and sharpened by a network."
    ),
    options=(
        Option(
            name="factor",
            kind="choice",
            title=N_("Size"),
            default="2",
            choices=(Choice("2", N_("Twice as wide and high")), Choice("4", N_("Four times as wide and high"))),
        ),
    ),
)
