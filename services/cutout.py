"""What the tools for people share: the person's outline in a photo, from a network, an earlier run or a given mask."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from errors import N_
from services import engine
from services.base import KEPT, Choice, InvalidOption, Option, Picture, Report

OWN = "background"  # the weights that are shipped
IMPORTED_SIDE = 320  # as the authors of the other networks do
PERSON_SHARE = 0.002  # less than this of the picture, surely person, is nobody
PERSON_SURE = 204  # of 255

VERDICTS = {"no_person_found": N_("No person was found in this photo. Try one in which somebody is seen more clearly.")}

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


@dataclass(frozen=True)
class Outline:
    """alpha: uint8 (H, W), 255 surely person. kept: what a later run can use instead of the network."""

    alpha: np.ndarray
    kept: Mapping[str, bytes]


def outline(picture: Picture, options: Mapping[str, Any], report: Report) -> Outline | None:
    """Find the person; None when there is nobody. Reports from 0 to 0.3.

    Options: MASK, NETWORK and KEPT. A network runs only where neither a mask is given nor an earlier run with it kept
    what it found. A given mask is compared with what was kept: where they agree the finer one counts, so that a
    brush on a small copy costs no hair elsewhere. Where the photo was transparent it counts as background. Raises
    InvalidOption for a mask that keeps nothing.
    """
    coarse, given = _load_kept(options), options["mask"]
    if coarse is None and given is None:
        coarse = _find_person(picture, options["network"], report)
    if coarse is None and given is None:
        return None
    report(0.3, N_("Following the outline"))
    from imaging.masks import UnusableMask

    try:
        alpha = _alpha(picture, coarse, given)
    except UnusableMask as error:
        raise InvalidOption("mask", error.message) from None
    if given is not None and not alpha.any():
        raise InvalidOption("mask", N_("This mask keeps nothing of the photo. Please paint what is to stay."))
    return Outline(alpha, {} if coarse is None else {_name_kept(options): _png(coarse)})


def _find_person(picture: Picture, name: str, report: Report) -> np.ndarray | None:
    """Return the network's mask, uint8 and small, 255 surely person; None where it finds nobody."""
    report(0.0, N_("Loading the network"))
    network = engine.network(name)
    report(0.1, N_("Finding the person"))
    mask = _predict(picture, network, own=name == OWN)
    return mask if _somebody(mask) else None


def _predict(picture: Picture, network: engine.Network, own: bool) -> np.ndarray:
    """Ask our own network as it was measured (`networks.sliding_window`), others as their authors do.

    Ours sees a wide photo as squares side by side, and once as a whole, which tells people from what looks like one in
    a part; the mask then has the photo's proportions.
    """
    from imaging.guided_filter import resize_area
    from imaging.matting.matte import drop_islands
    from imaging.tensors import to_pixels, to_tensor
    from networks.sliding_window import FINE_SIDE, looks, strip_size

    size = strip_size(picture.height, picture.width, FINE_SIDE) if own else (IMPORTED_SIDE, IMPORTED_SIDE)
    strip = resize_area(picture.rgb, size)
    if picture.has_alpha:  # hidden colours under transparent places must not look like anything
        share = resize_area(picture.alpha, size)[:, :, None] / np.float32(255)
        strip = np.rint(strip * share + 255 * (1 - share)).astype(np.uint8)
    rgb = to_tensor(strip, network.device)
    answers = looks(network.unchecked, rgb) if own else [network.unchecked(rgb)]
    return drop_islands(*(to_pixels(engine.finite(answer))[:, :, 0] for answer in answers))


def _somebody(mask: np.ndarray) -> bool:
    return (mask >= PERSON_SURE).mean() >= PERSON_SHARE


def _alpha(picture: Picture, coarse: np.ndarray | None, given: Picture | None) -> np.ndarray:
    """Return the alpha; nowhere is it more than that of the photo."""
    from imaging import masks
    from imaging.matting import matte

    alpha = None
    if coarse is not None:
        alpha = _apply_touch_up(matte.refine_alpha(coarse / np.float32(255), picture.rgb), picture)
    if given is None:
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
    return np.minimum(alpha, picture.alpha) if picture.has_alpha else alpha


def transparent(picture: Picture) -> np.ndarray | None:
    """Bool (H, W): where the photo is a cut-out already, so that its soft edge has the person's colours alone."""
    return picture.alpha < 255 if picture.has_alpha else None


def _name_kept(options: Mapping[str, Any]) -> str:
    return options["network"].replace("-", "")


def _load_kept(options: Mapping[str, Any]) -> np.ndarray | None:
    data = options.get(KEPT, {}).get(_name_kept(options))
    return None if data is None else np.asarray(Image.open(BytesIO(data)))


def _png(mask: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    return out.getvalue()
