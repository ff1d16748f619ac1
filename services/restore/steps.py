"""The steps of Restore, in the order in which they run. None knows another; a new one is one more row. No torch here.

A step is a tool of this site on its own, or a function with the same signature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from errors import N_
from imaging.io.provenance import ALGORITHMICALLY_ENHANCED, COMPOSITE_WITH_TRAINED
from services import colorize, deblur, denoise, enlarge, inpaint, scan, tone
from services.base import CACHE, MAX_MEGAPIXELS, Choice, Option, Picture, Report, Result, Service


@dataclass(frozen=True)
class Step:
    """One step: `run(picture, options, report)` returns a Result as a tool does, without a picture where none is due.

    key: also the name of the switch. options: further options of Restore that the step reads, by the step's own names.
    said: the sentence where it changed something; {value} is the share of the picture that was replaced. verdicts:
    sentences for what its Result may say; unsure: those of them that leave it open whether the step was due. weights:
    without all of these the step is not offered. cost: how long it takes, in parts of the others. is_quick: its
    picture, of another size, is made again rather than cached. mark: the program that the EXIF then names. source_type:
    IPTC's word for what it makes of a photo. look: a run that only finds, with a `mask` for its result; where the step
    is left out it says what share of the picture that is, by the sentence `seen`.
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
    unsure: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    is_quick: bool = False
    mark: str = ""
    source_type: str = ALGORITHMICALLY_ENHANCED
    look: Callable[[Picture, Mapping[str, Any], Report], Result] | None = None
    seen: str = ""

    def choose(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of Restore's options that the step reads, by the step's own names."""
        return {name: options[option.name] for name, option in self.options.items()}

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
        limits = {name: value for name, value in options.items() if name == MAX_MEGAPIXELS}
        chosen = {name: value for name, value in options.items() if name not in limits}
        return tool.run(picture, tool.parse_options({**(fixed or {}), **chosen}) | limits | {CACHE: {}}, report)

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


def _take_option(tool: Service, name: str, key: str = "") -> Option:
    """Return an option of a tool as one of Restore, under Advanced; its name begins with that of the step."""
    option = next(each for each in tool.options if each.name == name)
    weights = tuple(dict.fromkeys(each for choice in option.choices for each in choice.all_weights))
    choices = tuple(replace(choice, weights="", also_weights=()) for choice in option.choices)
    return replace(
        option, name=f"{key or tool.key}_{name}", choices=choices, weights=weights, advanced=True, shown_when=None
    )


STEPS: tuple[Step, ...] = (
    Step(
        key="scan",
        title=N_("The print alone"),
        help=N_("Cut out of a scanned page or a table, straightened and turned upright."),
        run=_use_tool(scan.SERVICE, fixed={"prints": scan.LARGEST}),
        said=N_("The print was cut out and straightened."),
        cost=1,
        verdicts={
            scan.NO_PRINT: N_("No background around a print was found."),
            scan.UNSURE: N_("It is not sure whether there is a background around a print. It was left."),
            scan.OTHERS_LEFT: N_("The largest print was cut out. “Cut out prints” gives you the others, too."),
        },
        unsure=(scan.UNSURE,),
        weights=(scan.FACES,),
        options={"rim": _take_option(scan.SERVICE, "rim"), "upright": _take_option(scan.SERVICE, "upright")},
        is_quick=True,
    ),
    Step(
        key="damage",
        title=N_("Scratches and other damage"),
        help=N_(
            "Fills what is surely damage. Marks that may be wires or the like are left, unless you want them filled."
        ),
        run=_use_tool(inpaint.SERVICE, fixed={"what": inpaint.DAMAGE}),
        look=_use_tool(inpaint.SERVICE, fixed={"what": inpaint.DAMAGE, "find_only": True}),
        seen=N_("Marks on {value} of the photo may be damage, or thin things such as wires. They were not filled."),
        said=N_("Scratches and other damage were filled: {value} of the photo."),
        cost=8,
        options={
            "marks": replace(_take_option(inpaint.SERVICE, "marks", key="damage"), default=inpaint.ONLY_SURE),
        },
        verdicts=inpaint.DAMAGE_VERDICTS
        | {
            inpaint.SURE_FILLED: N_(
                "What is surely damage was filled: {value} of the photo. Other marks may be damage, or thin things "
                "such as wires; they were left."
            ),
            inpaint.ALL_UNCERTAIN: N_(
                "Marks were found that may be damage, or thin things such as wires. They were left."
            ),
        },
        unsure=(inpaint.ALL_UNCERTAIN,),
        weights=(inpaint.DAMAGE,),
        source_type=COMPOSITE_WITH_TRAINED,
    ),
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
    ),
    Step(
        key="noise",
        title=N_("Noise"),
        help=N_("Grain, JPEG blocks and the dots of printing screens."),
        run=_use_tool(denoise.SERVICE),
        said=N_("Noise was taken out."),
        cost=6,
        options={"strength": _make_strength("noise", N_("Strength against noise"))},
        verdicts=denoise.SERVICE.verdicts,
        weights=denoise.SERVICE.weights,
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
    Step(
        key="enlarge",
        title=N_("Larger"),
        help=N_("Twice the size, or four times."),
        run=_use_tool(enlarge.SERVICE),
        said=N_("The photo was enlarged."),
        cost=6,
        default=False,
        options={
            "factor": Option(
                "enlarge_factor",
                "choice",
                N_("How much larger"),
                default="2",
                choices=(Choice("2", N_("Twice")), Choice("4", N_("Four times"))),
                advanced=True,
            )
        },
        verdicts=enlarge.SERVICE.verdicts,
        weights=enlarge.SERVICE.weights,
        is_quick=True,
    ),
)
