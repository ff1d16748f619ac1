"""The checklist of an ID photo: what its document asks for, and whether the finished photo shows it."""

import numpy as np

from imaging.idphoto import checks, framing
from services.base import MET, NOT_MET, UNSURE, Check
from services.idphoto.place import Placed, compute_eyes_bounds
from services.idphoto.sizes import Size

MAX_TILT = 5.0  # degrees, as ISO/IEC 19794-5 has it
# (met up to, not met from); what lies between is for the person to look at.
BACKGROUND = 24.0, 60.0  # levels of 255
SHADOW = 0.12, 0.35  # of the lighter cheek's lightness
MOUTH = 0.05, 0.15  # of its width


def check(placed: Placed, wanted: Size, photo: np.ndarray, is_replaced: bool) -> tuple[Check, ...]:
    """Return the checklist of a finished photo, uint8 (h, w, 3), cut from `placed`, in the order of the tool's CHECKS.

    With `is_replaced` the background is one colour. Without a face there is little to say, and nothing is sure.
    """
    per_mm = placed.box.height / wanted.height
    head = _check_head_height(placed, wanted, per_mm)
    background = Check("background", MET) if is_replaced else _check_background(placed, photo)
    if placed.face is None:
        return tuple(filter(None, (Check("one_face", UNSURE), head, background)))
    count, sure = 1 + placed.others, placed.face.is_sure
    alone = MET if sure and not placed.may_have_others else UNSURE
    eyes = (placed.box.top + placed.box.height - placed.face.eyes[1]) / per_mm
    rows = (
        Check("one_face", NOT_MET if placed.others else alone, str(count) if placed.others else ""),
        head,
        _check_length("eyes_height", eyes, compute_eyes_bounds(wanted), sure),
        _tilt(placed.face.pose.tilt, sure),
        Check("eyes", UNSURE),  # neither lids nor glasses are seen well enough: the person looks
        _check_bounds("mouth", checks.measure_mouth_opening(placed.face.points), MOUTH, placed.sure),
        _check_bounds("light", checks.measure_shadow(placed.picture.rgb, placed.face.points), SHADOW, sure),
        background,
    )
    return tuple(filter(None, rows))


def _check_head_height(placed: Placed, wanted: Size, per_mm: float) -> Check | None:
    if placed.head is None:
        return None
    return _check_length("head_height", placed.head.height / per_mm, wanted.head, placed.sure)


def _check_length(key: str, value: float, bounds: tuple[float, float], sure: bool) -> Check:
    """Return the check of a length in millimetres, with its bounds."""
    low, high = bounds
    met = low - 0.05 <= value <= high + 0.05
    state = (MET if met else NOT_MET) if sure else UNSURE
    return Check(key, state, f"{value:.1f} mm ({low:g}–{high:g} mm)")


def _tilt(tilt: float, sure: bool) -> Check:
    state = (MET if abs(tilt) <= MAX_TILT else NOT_MET) if sure else UNSURE
    return Check("tilt", state, f"{abs(tilt):.0f}°")


def _check_bounds(key: str, measured: float, bounds: tuple[float, float], sure: bool = True) -> Check:
    """Return the check of what is met up to the first bound and not met from the second."""
    met, not_met = bounds
    state = MET if measured <= met else NOT_MET if measured >= not_met else UNSURE
    return Check(key, state if sure else UNSURE)


def _check_background(placed: Placed, photo: np.ndarray) -> Check | None:
    """Return whether the photo's own background is even; None where no outline tells which it is."""
    if placed.alpha is None:
        return None
    alpha = framing.cut(np.dstack([placed.alpha] * 3), placed.box, photo.shape[:2])[:, :, 0]
    spread = checks.measure_background_spread(photo, alpha)
    return None if spread is None else _check_bounds("background", spread, BACKGROUND)
