"""What the tools for people share: the person's outline in a photo, from a network, an earlier run or a given mask."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from errors import N_
from imaging import masks
from imaging.matting import matte, people
from imaging.matting.backgrounds import fill_solid
from imaging.matting.people import MIN_CONFIDENCE, People
from imaging.matting.predictors import choose_predictor
from services import inference, runtime
from services.base import CACHE, InvalidOption, Picture, Report
from services.cutout import EVERYBODY, OWN, PARTS_MISSING, PEOPLE, PEOPLE_TOGETHER
from services.cutout.whom import Chosen, choose_person

CONFIDENCE, MADE = "confidence", "made"  # what is noted beside a mask in the cache: how sure it is, by which weights
MAX_NOTE_CHARACTERS = 20


@dataclass(frozen=True)
class Outline:
    """alpha: uint8 (H, W), 255 surely person. cache: what a later run can use instead of the network.

    verdict: PEOPLE_TOGETHER or PARTS_MISSING, where it is doubtful; a mask that a person gave or touched up never is.
    """

    alpha: np.ndarray
    cache: Mapping[str, bytes]
    verdict: str = ""


def find_outline(picture: Picture, options: Mapping[str, Any], report: Report) -> Outline | None:
    """Find the person; None when there is nobody. Reports from 0 to 0.3.

    Options: WHOM, POINT, MASK, NETWORK and CACHE. A network runs only where no mask is given and no earlier run cached
    what the same weights found. A given mask is compared with what was cached: where they agree the finer one counts,
    so that a brush on a small copy costs no hair elsewhere. Where the photo was transparent it counts as background.
    Raises InvalidOption for a mask that keeps nothing, and for a point at which nobody is.
    """
    found, given = _load_cached(options), options["mask"]
    cached = options[CACHE].get(_name_in_cache(options), b"") if found else b""
    if found is None and given is None:
        found = _find_person(picture, options["network"], report)
    if found is None and given is None:
        return None
    chosen = None if found is None else _choose(found, picture, options)
    report(0.3, N_("Following the outline"))
    try:
        alpha = _compute_alpha(picture, None if chosen is None else chosen.mask, given)
    except masks.UnusableMask as error:
        raise InvalidOption("mask", error.message) from None
    if given is not None and not alpha.any():
        raise InvalidOption("mask", N_("This mask keeps nothing of the photo. Please paint what is to stay."))
    if found is None or chosen is None:
        return Outline(alpha, {})
    verdict = _find_verdict(found, chosen) if given is None else ""
    return Outline(alpha, {_name_in_cache(options): cached or _encode_png(found, options["network"])}, verdict)


def _choose(found: People, picture: Picture, options: Mapping[str, Any]) -> Chosen:
    if options.get("whom", EVERYBODY) == EVERYBODY:
        return Chosen(found.mask, False)
    return choose_person(found.mask, _on_white(picture), options)


def _find_verdict(found: People, chosen: Chosen) -> str:
    if chosen.is_joined:
        return PEOPLE_TOGETHER
    return PARTS_MISSING if found.confidence < MIN_CONFIDENCE else ""


def _find_person(picture: Picture, name: str, report: Report) -> People | None:
    """Return whom the network finds; None where it finds nobody. Others than ours are asked as their authors do."""
    report(0.0, N_("Loading the network"))
    network = inference.networks.get(name)
    if name != OWN:
        report(0.1, N_("Finding the person"))
        return people.find_in_whole(network, _on_white(picture), network.device)
    finder = inference.networks.get(PEOPLE)
    report(0.1, N_("Finding the person"))
    finds, outlines = (choose_predictor(one, one, one.device) for one in (finder, network))
    return people.find_by_both(finds, outlines, _on_white(picture))


def _on_white(picture: Picture) -> np.ndarray:
    """Return the colours, uint8 (H, W, 3): hidden ones under transparent places must not look like anything."""
    own = picture.alpha
    return picture.rgb if own is None else matte.composite(picture.rgb, own, fill_solid("#ffffff", picture))


def _compute_alpha(picture: Picture, coarse: np.ndarray | None, given: Picture | None) -> np.ndarray:
    """Return the alpha; nowhere is it more than that of the photo."""
    alpha = None
    if coarse is not None:
        alpha = _apply_touch_up(matte.refine_alpha(coarse / np.float32(255), picture.rgb), picture)
    if given is None:
        assert alpha is not None  # one of the two is there
        return alpha
    painted = masks.read_mask(given, picture, keeps=True)
    if alpha is not None:
        alpha = matte.apply_touch_up(alpha, painted)
        return _apply_touch_up(alpha, picture)
    masks.check_strength(painted)
    if given.height >= picture.height and given.width >= picture.width:  # as fine as the photo: nothing to add
        alpha = masks.resize_mask(painted, picture.height, picture.width)
    else:
        alpha = matte.refine_alpha(painted / np.float32(255), picture.rgb)
    return _apply_touch_up(alpha, picture)


def _apply_touch_up(alpha: np.ndarray, picture: Picture) -> np.ndarray:
    own = picture.alpha
    return alpha if own is None else np.minimum(alpha, own)


def find_transparent(picture: Picture) -> np.ndarray | None:
    """Bool (H, W): where the photo is a cut-out already, so that its soft edge has the person's colours alone."""
    own = picture.alpha
    return None if own is None else np.asarray(own < 255)


def _name_in_cache(options: Mapping[str, Any]) -> str:
    network: str = options["network"]
    return network.replace("-", "")


def _load_cached(options: Mapping[str, Any]) -> People | None:
    """Return whom an earlier run found, from the PNG of `_encode_png`; None where other weights found them.

    A given mask was drawn over what was found then, whatever found it.
    """
    data = options.get(CACHE, {}).get(_name_in_cache(options))
    if data is None:
        return None
    image = Image.open(BytesIO(data))
    if options["mask"] is None and image.info.get(MADE, "") != _fingerprint(options["network"]):
        return None
    for name in _list_weights(options["network"]):
        runtime.note_cached_use(name)
    return People(np.asarray(image), _measure_confidence(image.info.get(CONFIDENCE, "")))


def _measure_confidence(text: str) -> float:
    """Return the number in a PNG's note; 1.0 where an older run left none, or none that can be read."""
    try:
        return float(text[:MAX_NOTE_CHARACTERS])
    except (TypeError, ValueError):
        return 1.0


def _list_weights(network: str) -> tuple[str, ...]:
    return (OWN, PEOPLE) if network == OWN else (network,)


def _fingerprint(network: str) -> str:
    """Return what tells the weights that are asked by this choice from others."""
    return " ".join(runtime.fingerprint_weights(name) for name in _list_weights(network))


def _encode_png(found: People, network: str) -> bytes:
    out, notes = BytesIO(), PngInfo()
    notes.add_text(CONFIDENCE, f"{found.confidence:.3f}")
    notes.add_text(MADE, _fingerprint(network))
    Image.fromarray(found.mask).save(out, "PNG", pnginfo=notes)
    return out.getvalue()
