"""How a network is asked about a photo: in squares, or in the photo's own proportions. Its class says which.

`choose_predictor` returns what `imaging.matting.people.find_people` asks: the photo first, then tiles or crops of it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from imaging.guided_filter import resize_area
from imaging.matting import second_look
from imaging.tensors import to_tensor
from networks import sliding_window

CROP_SIDE = 160  # at which a network of squares is asked about a crop, with its mirror image
TILE_SIDE = 144  # at which it is asked about a tile
WIDEST = 6.0  # to 1: a photo of other proportions is squeezed to that

Ask = Callable[[Tensor], Tensor]  # float32 (N, 3, H, W) in [0, 1] -> (N, 1, H, W)


class Prediction(NamedTuple):
    """What a network says of a photo, all float32 (h, w) in [0, 1], whatever the photo's proportions.

    masks: the one that is worked on; of a wide photo in squares also that of the whole, which tells people from what
    looks like one in a part. outputs: what the first mask is the mean of, at other sizes and of the mirror image.
    """

    masks: list[np.ndarray]
    outputs: list[np.ndarray]


class Presence(NamedTuple):
    """When somebody is in a mask: more than `share` of it is at least so `sure`, and it is at least so sharp."""

    sure: float
    share: float
    sharpness: float


# Chosen on left-out sources, as training/LOG.md tells.
IN_SQUARES, IN_PROPORTION = Presence(0.5, 0.002, 0.0), Presence(0.7, 0.005, 0.45)


class Predictor(Protocol):
    """Asks a network about parts of a photo, each uint8 (H, W, 3)."""

    presence: Presence
    keeps_first: bool  # whether what it saw first stays where a crop shows less (`second_look.merge`)
    raises_faint: bool  # whether its network sees faintly whom it does not know, and hardly ever anybody else
    is_shown: second_look.IsShown  # whether `predict_photo` shows a part nearly as large as a crop of it

    def predict_photo(self, rgb: np.ndarray) -> Prediction: ...

    def predict_tile(self, rgb: np.ndarray) -> np.ndarray: ...

    def predict_crop(self, rgb: np.ndarray) -> np.ndarray: ...


class SquarePredictor:
    """Asks in squares side by side at several sides, and of a wide photo once as a whole."""

    def __init__(self, ask: Ask, device: str = "cpu", sides: Sequence[int] = sliding_window.OWN_SIDES):
        self.ask, self.device, self.sides = ask, device, sides
        self.presence = IN_SQUARES
        self.is_shown: second_look.IsShown = second_look.is_shown_in_squares
        self.raises_faint = self.keeps_first = True

    def predict_photo(self, rgb: np.ndarray) -> Prediction:
        size = sliding_window.strip_size(rgb.shape[0], rgb.shape[1], sliding_window.FINE_SIDE)
        strip = to_tensor(resize_area(rgb, size), self.device)
        return Prediction([to_mask(one) for one in sliding_window.predict_strip(self.ask, strip, self.sides)], [])

    def predict_tile(self, rgb: np.ndarray) -> np.ndarray:
        return to_mask(self.ask(to_tensor(resize_area(rgb, (TILE_SIDE, TILE_SIDE)), self.device)))

    def predict_crop(self, rgb: np.ndarray) -> np.ndarray:
        square = to_tensor(resize_area(rgb, (CROP_SIDE, CROP_SIDE)), self.device)
        return to_mask(sliding_window.predict_flip_tta(self.ask, square))


class ProportionalPredictor:
    """Asks about the photo as a whole at several sizes, each with the mirror image.

    sides: of squares with as many pixels as the photo is asked at, the finest last; crop_side: the same of tiles and
    crops.
    """

    def __init__(self, ask: Ask, device: str, sides: Sequence[int], crop_side: int, multiple_of: int):
        self.ask, self.device, self.sides, self.crop_side, self.multiple_of = ask, device, sides, crop_side, multiple_of
        self.presence = IN_PROPORTION
        self.is_shown: second_look.IsShown = second_look.is_shown_in_whole
        self.raises_faint = self.keeps_first = False

    def predict_photo(self, rgb: np.ndarray) -> Prediction:
        outputs = [output for side in self.sides for output in self._predict_pair(rgb, side)]
        finest = outputs[-1].shape
        outputs = [second_look.resize(output, finest) for output in outputs]
        return Prediction([np.asarray(np.mean(np.stack(outputs), axis=0))], outputs)

    def predict_tile(self, rgb: np.ndarray) -> np.ndarray:
        return to_mask(self.ask(self._to_tensor(rgb, self.crop_side)))

    def predict_crop(self, rgb: np.ndarray) -> np.ndarray:
        one, other = self._predict_pair(rgb, self.crop_side)
        mean: np.ndarray = (one + other) / 2
        return mean

    def _predict_pair(self, rgb: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what is said of the photo and of its mirror image, turned back."""
        seen = self._to_tensor(rgb, side)
        outputs = self.ask(torch.cat((seen, seen.flip(3))))
        return to_mask(outputs[:1]), to_mask(outputs[1:].flip(3))

    def _to_tensor(self, rgb: np.ndarray, side: int) -> Tensor:
        return to_tensor(resize_area(rgb, choose_size(rgb.shape[:2], side, self.multiple_of)), self.device)


def choose_predictor(
    ask: Ask, network: object, device: str = "cpu", sides: Sequence[int] | None = None, crop_side: int | None = None
) -> Predictor:
    """Return the predictor that the class of `network` asks for; `ask` calls it.

    A class with `photo_sides` and `crop_side` is asked in the photo's proportions, any other in squares. `sides` and
    `crop_side` take the place of its own, to choose them by measuring.
    """
    own: Sequence[int] = getattr(network, "photo_sides", ())
    if not own:
        return SquarePredictor(ask, device, sides or sliding_window.OWN_SIDES)
    own_crop_side, multiple_of = (int(getattr(network, name)) for name in ("crop_side", "multiple_of"))
    return ProportionalPredictor(ask, device, sides or own, crop_side or own_crop_side, multiple_of)


def choose_size(size: tuple[int, int], side: int, multiple_of: int) -> tuple[int, int]:
    """Return (height, width) in the proportions of `size`, multiples of `multiple_of`, of about `side` squared pixels.

    Neither is under two such multiples.
    """
    proportion = min(max(size[0] / size[1], 1 / WIDEST), WIDEST)
    lengths = side * proportion**0.5, side / proportion**0.5
    height, width = (multiple_of * max(2, round(length / multiple_of)) for length in lengths)
    return height, width


def to_mask(output: Tensor) -> np.ndarray:
    """Return the first map of a network's output (N, 1, H, W) as float32 (H, W)."""
    return output[0, 0].float().cpu().numpy()
