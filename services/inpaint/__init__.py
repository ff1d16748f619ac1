"""Inpaint: what is painted over is taken out of the photo, and the place is filled in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from errors import N_
from services import cutout
from services.base import Choice, InvalidOption, Option, Service, import_on_call
from services.inpaint import fills

DEFAULT = "automatic"
VARIED = tuple(engine.key for engine in fills.ENGINES if engine.varied)
MAX_ALTERNATIVES, LAST_START = 4, 999

PAINTED = ("painted", "thing")  # values of `what` for which something is painted
DAMAGE = "damage"  # a value of `what`, and the weights of the network that finds it
ONLY_SURE, CLEAR, FAINT = "sure", "clear", "faint"  # values of `marks`
DAMAGE_FOUND, MUCH_DAMAGE = "damage_found", "much_damage"
SURE_FILLED, ALL_UNCERTAIN = "sure_damage_filled", "damage_uncertain"
DAMAGE_VERDICTS = {
    "no_damage_found": N_("No scratches or other damage were found in this photo."),
    DAMAGE_FOUND: N_(
        "This would be filled. Paint over what was missed, erase what is no damage, and start again to have it filled."
    ),
    MUCH_DAMAGE: N_(
        "Much of this photo was taken for damage, so nothing was filled. Please erase in the mask what is no damage, "
        "and start again."
    ),
    SURE_FILLED: N_(
        "What is surely damage was filled. Other marks may be damage, or thin things such as wires; they were left."
    ),
    ALL_UNCERTAIN: N_(
        "What was found may be damage, or thin things such as wires, so nothing was filled. Please look at it first."
    ),
}
THING = "thing"  # a value of `what`
EDGES_UNCLEAR, NO_EDGES_FOUND, SHADOW_FILLED = "edges_unclear", "no_edges_found", "shadow_filled"  # verdicts
THING_FOUND, THING_AND_SHADOW_FOUND = "thing_found", "thing_and_shadow_found"
THING_VERDICTS = {
    THING_FOUND: N_(
        "This would be filled. Paint over what is missing of the thing, erase what is to stay, and start again to have "
        "it filled."
    ),
    THING_AND_SHADOW_FOUND: N_(
        "This would be filled, what looks like a shadow too. Paint over what is missing, erase what is to stay, and "
        "start again to have it filled."
    ),
    NO_EDGES_FOUND: N_("No clear edges were found around what you painted. Please paint over the whole thing."),
    SHADOW_FILLED: N_("What looks like its shadow was filled too. If it is none, switch that off and start again."),
}
FACE_CUT, LINE_CUT = "face_cut", "line_cut"  # verdicts
FILL_DOUBTS = {
    FACE_CUT: N_(
        "This may not look right: a part of a face was taken out, which can hardly be continued. Please compare "
        "another answer or another way of filling, or take out all of the face."
    ),
    LINE_CUT: N_(
        "This may not look right: a strong line ends at what was taken out and goes on beyond it. Please compare "
        "another answer or another way of filling, or paint less of the line."
    ),
}
DOUBTS = {
    EDGES_UNCLEAR: N_(
        "No clear edges were found around what you painted, so just that was filled. Please paint over the whole thing."
    ),
    cutout.PARTS_MISSING: N_("Parts of the people may be left. Please look, and paint over what remains of them."),
    cutout.PEOPLE_TOGETHER: N_(
        "People who touch could not be told apart, so all of them were taken out. "
        "If that is wrong, please paint over the one who is meant."
    ),
}


def check(options: Mapping[str, Any]) -> None:
    """What is to be filled must be painted, or be something that is found."""
    cutout.check_point(options, "what")
    has_mask = options["mask"] is not None or (options["what"] == THING and options["found_mask"] is not None)
    if options["what"] in PAINTED and not has_mask:
        raise InvalidOption("mask", N_("Please paint over what is to be filled, or choose a mask."))


def find_another(options: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first alternative that this job has not shown."""
    engine = fills.get(options.get("engine", DEFAULT))
    if engine is None or not engine.varied:
        return None
    following = round(options.get("answer", 1)) + round(options.get("answers", 1))
    return ("answer", str(following)) if following <= LAST_START else None


SERVICE = Service(
    key="inpaint",
    title=N_("Inpaint"),
    summary=N_("Takes out what you paint over, a scratch or a stranger, and fills the place in."),
    run=import_on_call("services.inpaint.run", "run"),
    check=check,
    another=find_another,
    changes=N_("What was filled is invented: it shows what may have been there. Everything else is the photo’s."),
    verdicts=cutout.VERDICTS | DOUBTS | DAMAGE_VERDICTS | THING_VERDICTS | FILL_DOUBTS | fills.VERDICTS,
    touched_up=(DAMAGE_FOUND, MUCH_DAMAGE, ALL_UNCERTAIN, THING_FOUND, THING_AND_SHADOW_FOUND, NO_EDGES_FOUND),
    options=(
        Option(
            name="what",
            kind="choice",
            title=N_("What to take out"),
            default="painted",
            choices=(
                Choice("painted", N_("What I paint over")),
                Choice(THING, N_("The thing I scribble on")),
                Choice(DAMAGE, N_("Scratches and other damage"), weights=DAMAGE),
                Choice("person", N_("The person"), weights=cutout.OWN, also_weights=(cutout.PEOPLE,)),
                Choice(
                    cutout.THIS,
                    N_("One of several people"),
                    weights=cutout.FACES,
                    also_weights=(cutout.OWN, cutout.PEOPLE),
                ),
            ),
        ),
        replace(cutout.POINT, shown_when=("what", cutout.THIS)),
        Option(
            name="mask",
            kind="mask",
            title=N_("Paint over it"),
            help=N_(
                "Cover the whole thing, its shadow too; where the thing is looked for, a scribble on it is enough. A "
                "mask of your own works as well: white is filled."
            ),
            shown_when=("what", PAINTED),
            needed=True,
        ),
        Option(
            name="shadow",
            kind="switch",
            title=N_("Its shadow too"),
            default=False,
            help=N_("A darker place on the ground that touches the thing is filled with it."),
            shown_when=("what", THING),
        ),
        Option(
            name="found_mask",
            kind="mask",
            title=N_("The thing"),
            help=N_(
                "After a run, the thing that was found lies on the picture, to be touched up. With a mask of your own "
                "nothing is searched for: white is filled."
            ),
            shown_when=("what", THING),
            finds=True,
        ),
        Option(
            name="marks",
            kind="choice",
            title=N_("What counts as damage"),
            default="usual",
            choices=(
                Choice(ONLY_SURE, N_("Only what is sure")),
                Choice(CLEAR, N_("Clear marks only")),
                Choice("usual", N_("As usual")),
                Choice(FAINT, N_("Faint marks too")),
            ),
            help=N_("The more it takes for damage, the more of the photo may be filled by mistake."),
            shown_when=("what", DAMAGE),
        ),
        Option(
            name="find_only",
            kind="switch",
            title=N_("Only show what would be filled"),
            default=False,
            help=N_("Look at it first: paint over what was missed, erase what is to stay. Then start again."),
            shown_when=("what", (DAMAGE, THING)),
            once=True,
        ),
        Option(
            name="damage_mask",
            kind="mask",
            title=N_("The damage"),
            help=N_(
                "After a run, what was found lies on the picture, to be touched up. With a mask of your own nothing is "
                "searched for: white is filled."
            ),
            shown_when=("what", DAMAGE),
            finds=True,
        ),
        Option(
            name="grow",
            kind="number",
            title=N_("Grow the mask"),
            default=0,
            minimum=0,
            maximum=100,
            step=1,
            help=N_("So many pixels more are filled around what you painted, with a soft edge."),
        ),
        Option(
            name="engine",
            kind="choice",
            title=N_("Way of filling"),
            default=DEFAULT,
            help=N_(
                "Automatic looks at each piece that you painted: our network fills the thin ones, such as scratches; "
                "patches of the photo fill the others."
            ),
            choices=tuple(
                Choice(engine.key, engine.label, weights=engine.weights, advanced=engine.key not in fills.STURDY)
                for engine in fills.ENGINES
            ),
        ),
        Option(
            name="answers",
            kind="number",
            title=N_("Answers to pick from"),
            default=1,
            minimum=1,
            maximum=MAX_ALTERNATIVES,
            step=1,
            shown_when=("engine", VARIED),
        ),
        Option(
            name="answer",
            kind="number",
            title=N_("First answer"),
            default=1,
            minimum=1,
            maximum=LAST_START,
            step=1,
            help=N_("Another number gives another answer; the same number always gives the same."),
            shown_when=("engine", VARIED),
            advanced=True,
        ),
        Option(
            name="invert",
            kind="switch",
            title=N_("Fill everything but what I painted"),
            default=False,
            shown_when=("what", "painted"),
            advanced=True,
        ),
    ),
)
