"""Finding the people in a photo with our own network, and how far the mask can be trusted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from torch import Tensor

from imaging.guided_filter import resize_area
from imaging.matting import matte, second_look
from imaging.tensors import to_tensor
from networks import sliding_window

WHOLE_SIDE = 320  # at which other networks are asked, as their authors do
CROP_SIDE = 160  # at which a crop is asked, with its mirror image
TILE_SIDE = 144  # at which a tile is
NEAR = 0.12  # of the mask's height: so far around somebody sure, a veil is a veil
FAINTEST = 0.3  # of the soft mask: the outline of a person who is fainter is not trusted
MAX_FAINT = 0.8  # sharpness of a mask: below, somebody in it is faint
PERSON_SURE, PERSON_SHARE = 0.5, 0.002  # more of the picture than that is surer than that, or nobody is there
MIN_CONFIDENCE = 0.8  # below, parts may be missing


class People(NamedTuple):
    """mask: uint8 (h, w), 255 surely person, over the whole photo. confidence: in [0, 1], of the mask as a whole."""

    mask: np.ndarray
    confidence: float


def find_people(
    ask: Callable[[Tensor], Tensor],
    rgb: np.ndarray,
    device: str = "cpu",
    sides: Sequence[int] = sliding_window.OWN_SIDES,
) -> People | None:
    """Return the people in a photo, uint8 (H, W, 3); None where nobody is.

    ask(tensor) returns for float32 (N, 3, S, S) in [0, 1] on `device` with (N, 1, S, S). It sees a wide photo as
    squares side by side, and once as a whole, which tells people from what looks like one in a part. What it then saw
    faintly or small it sees again in a crop.
    """
    size = sliding_window.strip_size(rgb.shape[0], rgb.shape[1], sliding_window.FINE_SIDE)
    strip = to_tensor(resize_area(rgb, size), device)
    predictions = [_to_values(prediction) for prediction in sliding_window.predict_strip(ask, strip, sides)]
    seen = np.maximum.reduce(predictions)
    if seen.max() < second_look.SEEN:
        seen = _look_in_tiles(ask, rgb, device, seen)
    crops = second_look.find_crops(seen, rgb.shape[:2])
    closer = [_look(ask, rgb[crop.rows, crop.columns], device) for crop in crops]
    merged, *known = (second_look.merge(prediction, rgb.shape[:2], crops, closer) for prediction in predictions)
    is_faint = measure_sharpness(merged, merged, seen) < MAX_FAINT
    mask = matte.drop_islands(_to_pixels(raise_faint(merged) if is_faint else merged), *map(_to_pixels, known))
    return _judge(mask, merged, seen)


def find_in_whole(ask: Callable[[Tensor], Tensor], rgb: np.ndarray, device: str = "cpu") -> People | None:
    """Return what a network of others finds in a photo, uint8 (H, W, 3), squeezed into one square; None for nothing."""
    seen = _to_values(ask(to_tensor(resize_area(rgb, (WHOLE_SIDE, WHOLE_SIDE)), device)))
    return _judge(matte.drop_islands(_to_pixels(seen)), seen, seen)


def measure_sharpness(mask: np.ndarray, merged: np.ndarray, seen: np.ndarray) -> float:
    """Return how far a mask is from undecided, mean in [0, 1] over what any look saw; all float32 (h, w) in [0, 1].

    `merged` is the mask with the second look in it, `seen` what the first look saw, of any size. The outputs at
    several sides, of the mirror image and of the crops are averaged: where they disagree the mask is not sharp.
    """
    seen = cv2.resize(seen, merged.shape[::-1], interpolation=cv2.INTER_LINEAR)
    region = np.maximum(merged, seen) > second_look.SEEN
    return float(np.abs(2 * mask[region] - 1).mean()) if region.any() else 0.0


def raise_faint(mask: np.ndarray) -> np.ndarray:
    """Return a mask, float32 (h, w) in [0, 1], in which who is faint, with nobody surer near, is as sure as others.

    The network hardly ever sees a person where nobody is, but sees many faintly: their outline is right.
    """
    reach = max(3, round(NEAR * mask.shape[0])) | 1
    highest = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
    highest = cv2.GaussianBlur(highest, (0, 0), reach / 4)
    return np.clip(mask / np.clip(highest, FAINTEST, 1), 0, 1)


def _look_in_tiles(ask: Callable[[Tensor], Tensor], rgb: np.ndarray, device: str, seen: np.ndarray) -> np.ndarray:
    """Return the mask of what is seen in tiles of the photo, asked plainly; `seen` where it has none."""
    boxes = second_look.cut_tiles(rgb.shape[:2])
    shown = [resize_area(rgb[box.rows, box.columns], (TILE_SIDE, TILE_SIDE)) for box in boxes]
    outputs = [_to_values(ask(to_tensor(square, device))) for square in shown]
    return second_look.join(rgb.shape[:2], boxes, outputs) if boxes else seen


def _judge(mask: np.ndarray, merged: np.ndarray, seen: np.ndarray) -> People | None:
    """Return a final mask, uint8, with its confidence, which is its sharpness; None where it holds nobody."""
    if (mask >= 255 * PERSON_SURE).mean() < PERSON_SHARE:
        return None
    return People(mask, measure_sharpness(mask / np.float32(255), merged, seen))


def _look(ask: Callable[[Tensor], Tensor], rgb: np.ndarray, device: str) -> np.ndarray:
    square = to_tensor(resize_area(rgb, (CROP_SIDE, CROP_SIDE)), device)
    return _to_values(sliding_window.predict_flip_tta(ask, square))


def _to_values(output: Tensor) -> np.ndarray:
    return output[0, 0].float().cpu().numpy()


def _to_pixels(mask: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = np.rint(mask * 255).astype(np.uint8)
    return pixels
