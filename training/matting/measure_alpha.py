"""What taking the old background out of the edge is worth: known people on known places, moved to other places.

    python -m training.matting.measure_alpha --data FOLDER

Protocol: every held-back cut-out (`training.common.archives.is_held_back`), enlarged or reduced to SIDE, is laid over
PLACES held-back places drawn with SEED; from that picture alone the person is laid over red, white, blue and another
place, once with the colours as they are in the picture and once after `imaging.matting.matte.estimate_foreground`.
Compared with the true picture of the same person in the new place, mean absolute error of 255 in the edge band, which
is where the true alpha is neither 0 nor 1. Measured twice: with the true alpha, where only the colours can be wrong,
and with the alpha that the service makes, in the band along its own outline too. The new background does not change the
first: the same part of it is laid behind both.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from torch import nn

from imaging.matting import matte
from networks import weights
from training.common.arguments import build_parser
from training.matting.data import Collection, load_collection, resize_to
from training.matting.measure import predict_as_served

SEED = 3
SIDE = 640
PLACES = 4  # for each cut-out
NEW = {"red": (255, 0, 0), "white": (255, 255, 255), "blue": (67, 142, 219), "place": None}


def main() -> None:
    parser = build_parser(__doc__, "data")
    parser.add_argument("--sides", type=int, nargs="+", help="of the network's inputs, in pixels; else its own")
    arguments = parser.parse_args()
    validation = load_collection(arguments.data, validation=True)
    for name, value in measure_figures(weights.load("background"), validation, arguments.sides).items():
        print(f"{name:34} {value:.2f}")


def measure_figures(network: nn.Module, pictures: Collection, sides: Sequence[int] | None) -> dict[str, float]:
    """Return mean errors by new background, with the colours as they were and after the step."""
    rng = np.random.default_rng(SEED)
    rows: dict[str, list[float]] = {}
    for rgb, alpha in pictures.cutouts:
        person, alpha = resize_to_side(rgb), resize_to_side(alpha)
        size = alpha.shape
        for _ in range(PLACES):
            old, new = (resize_to(pictures.places[rng.integers(len(pictures.places))], *size) for _ in range(2))
            picture = lay_over(person, alpha, old)
            found = np.rint(255 * predict_as_served(network, picture, sides)).astype(np.uint8)
            for label, used in (("true mask", alpha), ("network's mask", found)):
                for name, errors in compare(person, alpha, picture, used, new).items():
                    rows.setdefault(f"{label}, {name}", []).append(errors)
    return {name: float(np.mean(values)) for name, values in rows.items()}


def compare(person: np.ndarray, alpha: np.ndarray, picture: np.ndarray, used: np.ndarray, place: np.ndarray):
    """Return the mean error in the band by name, of a picture moved to each new background with the alpha `used`."""
    band = ((alpha > 0) & (alpha < 255)) | ((used > 0) & (used < 255))
    own = matte.estimate_foreground(picture, used)
    errors = {}
    for name, colour in NEW.items():
        behind = place if colour is None else np.broadcast_to(np.array(colour, np.uint8), place.shape)
        truth = lay_over(person, alpha, behind)[band].astype(np.float32)
        for label, colours in (("as they were", picture), ("after the step", own)):
            errors[f"{name}, {label}"] = float(np.abs(lay_over(colours, used, behind)[band] - truth).mean())
    return errors


def lay_over(colours: np.ndarray, alpha: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Lay `colours` over `behind`, both uint8 (H, W, 3), by alpha uint8 (H, W)."""
    return matte.composite(colours, alpha, lambda rows: behind[rows])


def resize_to_side(pixels: np.ndarray) -> np.ndarray:
    scale = SIDE / max(pixels.shape[:2])
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


if __name__ == "__main__":
    main()
