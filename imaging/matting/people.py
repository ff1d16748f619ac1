"""Finding the people in a photo with our own network, and how far the mask can be trusted."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from torch import Tensor

from imaging.guided_filter import resize_area
from imaging.matting import matte, second_look
from imaging.matting.confidence import combine_signals, measure_sharpness, measure_signals
from imaging.matting.predictors import IN_SQUARES, Predictor, Presence, to_mask
from imaging.tensors import to_tensor

WHOLE_SIDE = 320  # at which other networks are asked, as their authors do
NEAR = 0.12  # of the mask's height: so far around somebody sure, a veil is a veil
FAINTEST = 0.3  # of the soft mask: the outline of a person who is fainter is not trusted
MAX_FAINT = 0.8  # sharpness of a mask: below, somebody in it is faint
MIN_CONFIDENCE = 0.8  # below, parts may be missing
AGREEMENT = 0.85  # IoU of two masks: from there on they show the same people, and their mean is finer than either


class People(NamedTuple):
    """mask: uint8 (h, w), 255 surely person, over the whole photo. confidence: in [0, 1], of the mask as a whole."""

    mask: np.ndarray
    confidence: float


class Found(NamedTuple):
    """What was seen of the people in a photo: the final mask, uint8 (h, w), and what it came of, float32 in [0, 1].

    merged: (h, w), with the second look in it. seen: what the first look saw. outputs: those of a `Prediction`, with
    the second look in them.
    """

    mask: np.ndarray
    merged: np.ndarray
    seen: np.ndarray
    outputs: list[np.ndarray]


def find_people(predictor: Predictor, rgb: np.ndarray) -> People | None:
    """Return the people in a photo, uint8 (H, W, 3); None where nobody is."""
    return judge(look(predictor, rgb), predictor.presence)


def find_by_both(finder: Predictor, fine: Predictor, rgb: np.ndarray) -> People | None:
    """Return the people in a photo, uint8 (H, W, 3), by two networks; None where the first finds nobody.

    finder: knows people in photos of any kind. fine: draws the finer outline where it sees them all. Where both agree
    the mask is the mean of theirs, else it is the finder's.
    """
    found = find_people(finder, rgb)
    if found is None:
        return None
    other = find_people(fine, rgb)
    if other is None:
        return found
    height, width = (max(one, two) for one, two in zip(found.mask.shape, other.mask.shape, strict=True))
    masks = [cv2.resize(one.mask, (width, height), interpolation=cv2.INTER_LINEAR) for one in (found, other)]
    if measure_iou(masks[0] > 127, masks[1] > 127) < AGREEMENT:
        return found
    mean = ((masks[0].astype(np.uint16) + masks[1] + 1) // 2).astype(np.uint8)
    return People(mean, max(found.confidence, other.confidence))


def measure_iou(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection over union of two masks, bool (h, w); 0 where both are empty."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def look(predictor: Predictor, rgb: np.ndarray) -> Found:
    """Look at a photo, uint8 (H, W, 3), twice.

    What the predictor saw faintly or small in the photo it sees again in a crop; where it saw nothing it looks at
    tiles.
    """
    masks, outputs = predictor.predict_photo(rgb)
    seen = np.maximum.reduce(masks)
    if seen.max() < second_look.SEEN:
        seen = _look_in_tiles(predictor, rgb, seen)
    crops = second_look.find_crops(seen, rgb.shape[:2], predictor.is_shown)
    closer = [predictor.predict_crop(rgb[crop.rows, crop.columns]) for crop in crops]
    merge = partial(
        second_look.merge, size=rgb.shape[:2], crops=crops, outputs=closer, keeps_first=predictor.keeps_first
    )
    merged, *known = map(merge, masks)
    is_faint = predictor.raises_faint and measure_sharpness(merged, merged, seen) < MAX_FAINT
    mask = matte.drop_islands(_to_pixels(raise_faint(merged) if is_faint else merged), *map(_to_pixels, known))
    return Found(mask, merged, seen, [merge(output) for output in outputs])


def judge(found: Found, presence: Presence) -> People | None:
    """Return the people with how far their mask can be trusted; None where it holds nobody."""
    signals = measure_signals(*found)
    if (found.mask >= 255 * presence.sure).mean() < presence.share or signals.sharpness < presence.sharpness:
        return None
    return People(found.mask, combine_signals(signals))


def find_in_whole(ask: Callable[[Tensor], Tensor], rgb: np.ndarray, device: str = "cpu") -> People | None:
    """Return what a network of others finds in a photo, uint8 (H, W, 3), squeezed into one square; None for nothing."""
    seen = to_mask(ask(to_tensor(resize_area(rgb, (WHOLE_SIDE, WHOLE_SIDE)), device)))
    return judge(Found(matte.drop_islands(_to_pixels(seen)), seen, seen, []), IN_SQUARES)


def raise_faint(mask: np.ndarray) -> np.ndarray:
    """Return a mask, float32 (h, w) in [0, 1], in which who is faint, with nobody surer near, is as sure as others.

    The network hardly ever sees a person where nobody is, but sees many faintly: their outline is right.
    """
    reach = max(3, round(NEAR * mask.shape[0])) | 1
    highest = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
    highest = cv2.GaussianBlur(highest, (0, 0), reach / 4)
    return np.clip(mask / np.clip(highest, FAINTEST, 1), 0, 1)


def _look_in_tiles(predictor: Predictor, rgb: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the mask of what is seen in tiles of the photo, asked plainly; `seen` where it has none."""
    boxes = second_look.cut_tiles(rgb.shape[:2])
    outputs = [predictor.predict_tile(rgb[box.rows, box.columns]) for box in boxes]
    return second_look.join(rgb.shape[:2], boxes, outputs) if boxes else seen


def _to_pixels(mask: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = np.rint(mask * 255).astype(np.uint8)
    return pixels
