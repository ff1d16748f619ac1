"""What the tools for people declare alike: the mask, the network that finds people, and what may be unsure."""

from errors import N_
from services.base import Choice, Option

OWN = "background"  # the weights that are shipped

VERDICTS = {"no_person_found": N_("No person was found in this photo. Try one in which somebody is seen more clearly.")}
PARTS_MISSING = "parts_missing"
DOUBTS = {PARTS_MISSING: N_("Parts of the people may be missing. Please look, and touch up the mask where they are.")}

MASK = Option(
    name="mask",
    kind="mask",
    title=N_("Mask"),
    help=N_("White is kept, black goes. With a mask of your own nothing is searched for in the photo."),
    advanced=True,
    keeps=True,
)
NETWORK = Option(
    name="network",
    kind="choice",
    title=N_("Network"),
    default=OWN,
    advanced=True,
    choices=(
        Choice(OWN, N_("Ours, for people")),
        Choice("u2netp", N_("U²-Net-p, for whatever stands out"), weights="u2netp"),
        Choice("u2net", N_("U²-Net, for whatever stands out"), weights="u2net"),
        Choice("u2net-human-seg", N_("U²-Net, for people"), weights="u2net-human-seg"),
    ),
)
