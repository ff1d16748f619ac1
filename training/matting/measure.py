"""How well the background network finds people it never saw: figures on the held-back tenth.

    python -m training.matting.measure --data FOLDER [--side 160]

First of the network's mask alone, resized back; then of the alpha that the service makes
(`imaging/matting/people.py`): islands dropped, small and faint people seen again, the outline refined, and nothing
where it would say that nobody is there.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from imaging.matting import matte
from imaging.matting.people import MIN_CONFIDENCE, find_people
from imaging.matting.predictors import choose_predictor
from imaging.tensors import to_tensor
from networks import weights
from training.common.arguments import build_parser
from training.matting.data import Collection, Example, load_collection, resize_to

OWN_SIDE = 160  # of the input where a picture is predicted once, and not as the service does it
BOUNDARY_TOLERANCE = 0.0075  # of the diagonal, as the DAVIS benchmark has it


Method = Callable[..., np.ndarray]


def main() -> None:
    parser = build_parser(__doc__, "data")
    parser.add_argument("--side", type=int, default=OWN_SIDE, help="of the network's input, in pixels")
    arguments = parser.parse_args()
    network, pictures = weights.load("background"), load_collection(arguments.data, validation=True)
    methods: dict[str, Method] = {"network alone": partial(predict, side=arguments.side)}
    methods["as the service does it"] = predict_as_served
    for label, method in methods.items():
        print(label)
        for name, value in measure_figures(network, pictures, method).items():
            print(f"  {name:28} {value:.4f}")


def measure_figures(
    network: nn.Module, pictures: Collection, method: Method, at_most: int | None = None
) -> dict[str, float]:
    """Return means over at most `at_most` pictures of each held-back set; `method(network, rgb)` gives the soft mask.

    IoU and boundary F at a threshold of 0.5, mean absolute error of the soft mask, all at the picture's own size; for
    pictures without people, the mean part of the frame that was taken for one, and of how many pictures some was.
    """
    measured: dict[str, Any] = {}
    for name, examples in (("portraits", pictures.portraits), ("street", pictures.streets)):
        rows = [compare(method(network, rgb), mask / 255) for rgb, mask in examples[:at_most]]
        iou, error, boundary = np.mean(rows, axis=0)
        measured |= {f"{name}_iou": iou, f"{name}_mae": error, f"{name}_boundary_f": boundary}
    empty = [(method(network, rgb) > 0.5).mean() for rgb in pictures.places[:at_most]]
    measured |= {"empty_false_area": np.mean(empty), "empty_false_pictures": np.mean(np.array(empty) > 0)}
    return {key: float(value) for key, value in measured.items()}


def predict(network: nn.Module, rgb: np.ndarray, side: int = OWN_SIDE) -> np.ndarray:
    """Return the soft mask, float32 (H, W) in [0, 1], of rgb uint8 (H, W, 3), predicted at `side` x `side`."""
    tensor = to_tensor(resize_to(rgb, side, side), get_device(network)).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        mask = network(tensor)[0, 0].float().cpu().numpy()
    return resize_to(mask, *rgb.shape[:2])


def predict_as_served(network: nn.Module, rgb: np.ndarray, sides: Sequence[int] | None = None) -> np.ndarray:
    """Return the alpha that the service makes, float32 (H, W) in [0, 1]: all 0 where it finds nobody.

    sides: at which the network is asked; None for its own.
    """
    return find_alpha(network, rgb, sides)[0]


def find_alpha(network: nn.Module, rgb: np.ndarray, sides: Sequence[int] | None = None) -> tuple[np.ndarray, bool]:
    """Return the alpha that the service makes of a picture, as `predict_as_served`, and whether it calls that done."""
    with torch.inference_mode():
        people = find_people(choose_predictor(network, network, str(get_device(network)), sides), rgb)
    if people is None:
        return np.zeros(rgb.shape[:2], np.float32), False
    alpha = matte.refine_alpha(people.mask / np.float32(255), rgb) / np.float32(255)
    return alpha, people.confidence >= MIN_CONFIDENCE


def get_device(network: nn.Module) -> torch.device:
    return next((weight.device for weight in network.parameters()), torch.device("cpu"))


def compare(soft: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Return IoU, mean absolute error and boundary F of one soft mask against the truth, both (H, W) in [0, 1]."""
    found, there = soft > 0.5, truth > 0.5
    union = (found | there).sum()
    iou = (found & there).sum() / union if union else 1.0
    return float(iou), float(np.abs(soft - truth).mean()), measure_boundary_f(found, there)


def measure_boundary_f(found: np.ndarray, there: np.ndarray) -> float:
    """Return the harmonic mean of the parts of each outline that lie near the other one."""
    reach = max(1, round(BOUNDARY_TOLERANCE * np.hypot(*found.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    ours, theirs = find_outline(found), find_outline(there)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision = (ours & (cv2.dilate(theirs.astype(np.uint8), disc) > 0)).sum() / ours.sum()
    recall = (theirs & (cv2.dilate(ours.astype(np.uint8), disc) > 0)).sum() / theirs.sum()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def find_outline(mask: np.ndarray) -> np.ndarray:
    """Return the mask's pixels that touch its outside; the frame's own edge is no outline."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    return mask & (inner == 0)


def pick_held_back_people(pictures: Collection, count: int) -> list[Example]:
    """Return `count` people spread evenly over the held-back portraits and street pictures."""
    people = [*pictures.portraits, *pictures.streets]
    return [people[index] for index in np.linspace(0, len(people) - 1, count).astype(int)]


if __name__ == "__main__":
    main()
