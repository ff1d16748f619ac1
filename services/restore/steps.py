"""The steps of Restore, in the order in which they run. None knows another; a new one is one more row. No torch here.

A step is a tool of this site on its own, or a function with the same signature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from errors import N_
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED, COMPOSITE_WITH_TRAINED
from services import colorize, deblur, tone
from services.base import CACHE, Option, Picture, Report, Result, Service


@dataclass(frozen=True)
class Step:
    """One step: `run(picture, options, report)` returns a Result as a tool does, without a picture where none is due.

    key: also the name of the switch. options: further options of Restore that the step reads, by the step's own names.
    said: the sentence where it changed something; {value} is the share of the picture that was replaced. verdicts:
    sentences for what its Result may say. weights: without all of these the step is not offered. cost: how long it
    takes, in parts of the others. is_quick: its picture is made again rather than cached. mark: the program
    that the EXIF then names. source_type: IPTC's word for what it makes of a photo.
    """

    key: str
    title: str
    help: str
    run: Callable[[Picture, Mapping[str, Any], Report], Result]
    said: str
    cost: float
    default: bool = True
    options: Mapping[str, Option] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    is_quick: bool = False
    mark: str = ""
    source_type: str = ALGORITHMICALLY_ENHANCED

    @property
    def switch(self) -> Option:
        """The option that leaves the step out, or asks for it."""
        kind = "switch"
        return Option(self.key, kind, self.title, default=self.default, help=self.help, weights=self.weights)


def _use_tool(
    tool: Service, *, fixed: Mapping[str, Any] | None = None
) -> Callable[[Picture, Mapping[str, Any], Report], Result]:
    """Return the run of a tool with its defaults, but for what is fixed here and what the step's options say."""

    def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
        return tool.run(picture, tool.parse_options({**(fixed or {}), **options}) | {CACHE: {}}, report)

    return run


def _make_strength(key: str, title: str, maximum: float = 1.0, step: float = 0.05) -> Option:
    return Option(
        name=f"{key}_strength",
        kind="number",
        title=title,
        default=1.0,
        minimum=step,
        maximum=maximum,
        step=step,
        advanced=True,
    )


STEPS: tuple[Step, ...] = (
    Step(
        key="tone",
        title=N_("Fading and yellowing"),
        help=N_("Black, white and colours of a faded print; sepia stays."),
        run=_use_tool(tone.SERVICE),
        said=N_("The photo was faded: black, white and colours were put right."),
        cost=1,
        options={
            "strength": _make_strength("tone", N_("Strength against fading")),
            "neutral": Option("neutral", "switch", N_("Take the sepia out"), default=False, advanced=True),
        },
        verdicts=tone.SERVICE.verdicts,
        is_quick=True,
    ),
    Step(
        key="blur",
        title=N_("Blur"),
        help=N_("Of a hand that shook. A sharp photo is left alone."),
        run=_use_tool(deblur.SERVICE),
        said=N_("Blur was taken out."),
        cost=8,
        options={"strength": _make_strength("blur", N_("Strength against blur"))},
        verdicts=deblur.SERVICE.verdicts,
        weights=deblur.SERVICE.weights,
    ),
    Step(
        key="colour",
        title=N_("Colours for black-and-white"),
        help=N_("They are a guess."),
        run=_use_tool(colorize.SERVICE, fixed={"variants": False}),
        said=N_("Colours were added. They are a guess."),
        cost=3,
        default=False,
        options={"saturation": _make_strength("colour", N_("Saturation of added colours"), maximum=2.0, step=0.1)},
        verdicts=colorize.SERVICE.verdicts,
        weights=colorize.SERVICE.weights,
        mark=colorize.MARK,
        source_type=COMPOSITE_WITH_TRAINED,
    ),
)
