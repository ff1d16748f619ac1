"""How Inpaint finds the hole, fills it, and joins the fill to the photo."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from errors import N_
from imaging import masks
from imaging.damage.finding import Marks, find_marks
from imaging.inpainting.growing import grow_to_edges
from imaging.inpainting.regions import fill_by_regions
from imaging.inpainting.shadows import find_shadow
from imaging.io.provenance import COMPOSITE_SYNTHETIC, COMPOSITE_WITH_TRAINED
from services import cutout, inference
from services.base import CACHE, InvalidOption, Picture, Report, Result
from services.cutout.outline import find_outline
from services.inpaint import (
    ALL_UNCERTAIN,
    CLEAR,
    DAMAGE,
    DAMAGE_FOUND,
    EDGES_UNCLEAR,
    FAINT,
    MUCH_DAMAGE,
    NO_EDGES_FOUND,
    ONLY_SURE,
    PAINTED,
    SHADOW_FILLED,
    SURE_FILLED,
    THING,
    THING_AND_SHADOW_FOUND,
    THING_FOUND,
    fills,
)
from services.inpaint.warning import find_warning

PERSON_FROM = 32  # of 255: so much of a person, or more, is taken out; a veil of them would show
FOUND_GROWN = 0.006  # of the longer side: hair and seams reach further than an outline that was found
FEATHER_PIXELS = 3
SHIFTS = {CLEAR: 50, FAINT: -45}  # of 255: how much likelier than usual damage must be
MAX_DAMAGE = 0.3  # of the photo: more is hardly ever damage, and too much to fill unseen
NO_EDGES = (EDGES_UNCLEAR, NO_EDGES_FOUND)
THING_SHOWN = (THING_FOUND, THING_AND_SHADOW_FOUND, NO_EDGES_FOUND)
SHOWN = (DAMAGE_FOUND, MUCH_DAMAGE, ALL_UNCERTAIN, *THING_SHOWN)  # verdicts on a mask that is not filled
MAY_WARN = ("", SHADOW_FILLED)  # verdicts on the mask, beside which a warning about the fill counts more
MAX_COVER = 0.9  # of the photo: what is left over is too little to fill it from
_FILLING = N_("Filling the holes")
_TOO_MUCH = N_(
    "This covers nearly all of the photo, so too little is left to fill it from. Please paint less. If black is meant "
    "in your mask, choose to fill everything but what is painted."
)


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Fill the chosen places; all other pixels stay bit-identical. The mask that was filled is returned as well.

    With `answers` over one, further fills, each from a start of its own, stand beside the first. Where the mask was
    grown, its outermost pixels pass softly into the photo.
    """
    report(0.0, N_("Finding what to fill"))
    found = _make_weight(picture, options, report)
    if found is None:
        return Result(None, verdict="no_damage_found" if options["what"] == DAMAGE else "no_person_found")
    weight, found_verdict = found
    hole = weight > 0
    if found_verdict in SHOWN:
        return Result(None, np.where(hole, np.uint8(255), np.uint8(0)), found_verdict)
    _check_hole(hole, _name_mask(options))
    engine = fills.get(options["engine"])
    if engine is None:  # one of long ago
        raise InvalidOption("engine", N_("This is not one of the choices."))
    count = round(options["answers"]) if engine.varied else 1
    begin = 0.01 if options["what"] in PAINTED else 0.2
    length = (0.99 - begin) / count
    first = round(options["answer"]) - 1 if engine.varied else 0
    seeds, pictures = range(first, first + count), []
    for number, seed in enumerate(seeds):
        fill = engine.prepared(seed)
        rgb = _fill(picture, hole, fill, engine.by_regions, _report_part(report, begin + length * number, length))
        pictures.append(picture.with_rgb(_blend(picture.rgb, rgb, weight)))
    report(1.0, N_("Done"))
    mask = np.where(hole, np.uint8(255), np.uint8(0))
    verdict = engine.verdict(hole, seeds)
    warning = find_warning(picture.rgb, hole) if found_verdict in MAY_WARN and verdict != fills.FACES_AT_64 else ""
    kind = COMPOSITE_SYNTHETIC if engine.key == "patch" or verdict == fills.BY_PATCHES else COMPOSITE_WITH_TRAINED
    first, *others = pictures
    return Result(first, mask, warning or found_verdict or verdict, tuple(others), replaced=hole, source_type=kind)


def _make_weight(picture: Picture, options: Mapping[str, Any], report: Report) -> tuple[np.ndarray, str] | None:
    """Return how much the fill counts at each pixel, float32 (H, W), 0 outside the hole, and the verdict on that.

    None where nobody, or no damage, is found.
    """
    grown, verdict = options["grow"], ""
    if options["what"] == "painted":
        mask = _read_painted_mask(picture, options["mask"], "mask", options["invert"])
    elif options["what"] == THING and options["found_mask"] is not None:
        mask = _read_painted_mask(picture, options["found_mask"], "found_mask")
    elif options["what"] == THING:
        mask, verdict = _find_thing(picture, options)
        grown = 0 if verdict in THING_SHOWN else grown  # the shown mask is grown when it is filled
        grown += 0 if verdict in NO_EDGES else FOUND_GROWN * max(mask.shape)
    elif options["what"] == DAMAGE and options["damage_mask"] is not None:
        mask = _read_painted_mask(picture, options["damage_mask"], "damage_mask")
    elif options["what"] == DAMAGE:
        marks = _find_damage(picture, SHIFTS.get(options["marks"], 0), report)
        if not marks.possible.any() and not marks.sure.any():
            return None
        mask, verdict = _choose_marks(marks, options)
    else:
        people = _find_people(picture, options, report)
        if people is None:
            return None
        mask, verdict = people
        grown += FOUND_GROWN * max(mask.shape)
    return masks.feather_mask(mask, grown, FEATHER_PIXELS), verdict


def _find_people(picture: Picture, options: Mapping[str, Any], report: Report) -> tuple[np.ndarray, str] | None:
    """Return the mask of whom to take out, uint8 (H, W), and the verdict on it; None where nobody is found."""
    whom = cutout.THIS if options["what"] == cutout.THIS else cutout.EVERYBODY
    asked: dict[str, Any] = {"mask": None, "network": cutout.OWN, "whom": whom, CACHE: {}}
    asked["point"] = options.get("point")
    found = find_outline(picture, asked, lambda share, stage: report(share * 2 / 3, stage))
    if found is None:
        return None
    return np.where(found.alpha >= PERSON_FROM, np.uint8(255), np.uint8(0)), found.verdict


def _name_mask(options: Mapping[str, Any]) -> str:
    """Return the option with which the hole is put right."""
    if options["what"] == THING and options["found_mask"] is not None:
        return "found_mask"
    return "damage_mask" if options["what"] == DAMAGE else "mask"


def _check_hole(hole: np.ndarray, option: str) -> None:
    """Raise InvalidOption, naming the option with the mask, where there is nothing to fill, or nothing to fill from."""
    if not hole.any():
        raise InvalidOption(option, N_("Nothing is painted yet. Please paint over what is to be filled."))
    if hole.mean() > MAX_COVER:
        raise InvalidOption(option, _TOO_MUCH)


def _find_damage(picture: Picture, shift: int, report: Report) -> Marks:
    """Return what our network takes for damage; what is hidden is none.

    shift: of the limits from which on it may be damage.
    """
    network = inference.networks.get(DAMAGE)
    stage = N_("Looking for damage")
    marks = find_marks(np.ascontiguousarray(picture.rgb), network, lambda share: report(0.2 * share, stage), shift)
    if picture.alpha is None:
        return marks
    return Marks(*(np.where(picture.alpha > 0, mask, np.uint8(0)) for mask in marks))


def _choose_marks(marks: Marks, options: Mapping[str, Any]) -> tuple[np.ndarray, str]:
    """Return the mask to show or to fill, and the verdict on it."""
    chosen = marks.sure if options["marks"] == ONLY_SURE else marks.possible
    if (chosen > 0).mean() > MAX_DAMAGE:
        return chosen, MUCH_DAMAGE
    if not chosen.any():
        return marks.possible, ALL_UNCERTAIN
    if options["find_only"]:
        return chosen, DAMAGE_FOUND
    return chosen, SURE_FILLED if np.count_nonzero(chosen) < np.count_nonzero(marks.possible) else ""


def _read_painted_mask(picture: Picture, upload: Picture, option: str, inverts: bool = False) -> np.ndarray:
    """Return the mask that was painted or uploaded, uint8 (H, W). Raises InvalidOption where it says nothing clear."""
    try:
        mask = masks.read_mask(upload, picture)
        masks.check_strength(mask)
        if inverts:
            mask = masks.invert_mask(mask)
            masks.check_strength(mask)
    except masks.UnusableMask as error:
        raise InvalidOption(option, error.message) from None
    return masks.resize_mask(mask, picture.height, picture.width)


def _find_thing(picture: Picture, options: Mapping[str, Any]) -> tuple[np.ndarray, str]:
    """Return the mask of the thing that was scribbled on, uint8 (H, W), with its shadow, and the verdict on that."""
    mask = _read_painted_mask(picture, options["mask"], "mask")
    _check_hole(mask >= masks.CHOSEN, "mask")
    only_shown = options["find_only"]
    thing = grow_to_edges(picture.rgb, mask >= masks.CHOSEN)
    if thing is None:
        return mask, NO_EDGES_FOUND if only_shown else EDGES_UNCLEAR
    found = np.where(thing, np.uint8(255), mask)
    shadow = find_shadow(picture.rgb, thing) if options["shadow"] else np.zeros_like(thing)
    if shadow.any():
        return np.where(shadow, np.uint8(255), found), THING_AND_SHADOW_FOUND if only_shown else SHADOW_FILLED
    return found, THING_FOUND if only_shown else ""


def _fill(
    picture: Picture, hole: np.ndarray, fill: fills.Fill, by_regions: bool, report: Callable[[float], None]
) -> np.ndarray:
    """Return the colours, uint8 (H, W, 3), with the hole filled. What lies hidden under transparency is not copied."""
    own = picture.alpha
    hidden = np.zeros(hole.shape, bool) if own is None else np.asarray(own == 0)
    rgb = np.ascontiguousarray(picture.rgb)
    if by_regions:
        return fill_by_regions(rgb, hole, hidden, fill, report)
    filled = fill(rgb, hole, hole | hidden, report)
    return np.where(hole[:, :, None], filled, rgb)


def _report_part(report: Report, begin: float, length: float) -> Callable[[float], None]:
    return lambda share: report(begin + length * share, _FILLING)


def _blend(rgb: np.ndarray, filled: np.ndarray, weight: np.ndarray) -> np.ndarray:
    soft = (weight > 0) & (weight < 1)
    if soft.any():
        share = weight[soft][:, None]
        filled[soft] = np.rint(filled[soft] * share + rgb[soft] * (1 - share))
    return filled
