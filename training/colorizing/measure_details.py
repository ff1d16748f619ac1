"""Measure what means over pictures hide: whether colours stop at edges, and whether a person has one colour of skin.

    python -m training.colorizing.measure_details --data FOLDER [--side N] [--every N] [--weights FOLDER] [--learnt]

Edges: of the gradient of chroma, the share within EDGE_REACH pixels of the tenth of the picture where lightness changes
most, beside the same share of the originals; on the sources for choices and the report. What lies elsewhere is colour
that runs over an edge or changes where nothing does.

Skin: on pictures of one person whose joints are known (`people-sport.zip`), the CIEDE2000 difference between the mean
chroma of the face and that of each forearm, at one lightness; where both are skin in the original. The share within
SKIN_LIMIT, beside that of the originals. Only pictures held back from training count, unless `--learnt`.
"""

import json
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from imaging.tensors import to_tensor
from networks.layers.colour_space import rgb_to_lab
from networks.weights import load
from training.colorizing.measure import colorize, is_skin
from training.colorizing.measure_left_out import CHOICES, SETS, SIDE, load_coloured_planes
from training.colorizing.metrics import ciede2000
from training.colorizing.pictures import HELD_EVERY
from training.common.archives import list_pictures, open_archive, read_rgb
from training.common.arguments import build_parser

EDGE_QUANTILE, EDGE_REACH = 0.9, 2  # of the gradient of lightness; pixels
SKIN_LIMIT = 8.0  # CIEDE2000
MIN_SKIN = 0.6  # of a place of the original
FACE, FOREARMS = (12, 13), ((6, 7), (10, 11))  # joints: neck and top of the head; wrist and elbow of both arms
FACE_RADIUS, FOREARM_RADIUS, MIN_RADIUS = 0.2, 0.12, 2.0  # of the distance of the joints; pixels


def main() -> None:
    parser = build_parser(__doc__, "data", "every", "weights")
    parser.add_argument("--side", type=int, default=SIDE, help="short side the network sees, in pixels")
    parser.add_argument("--learnt", action="store_true", help="measure skin on pictures learnt from too")
    arguments = parser.parse_args()
    network = load("colorize", folder=arguments.weights)
    figures = {
        name: measure_edges(network, arguments.data, sources, arguments.side, arguments.every)
        for name, sources in (CHOICES | SETS).items()
    }
    step = arguments.every if arguments.learnt else HELD_EVERY
    print(json.dumps(figures | {"skin": measure_people(network, arguments.data, arguments.side, step)}, indent=2))


def measure_edges(network: nn.Module, data: Path, sources, side: int, every: int = 1) -> dict[str, float]:
    """Return the mean share of the gradient of chroma at edges of lightness, of coloured pictures and of originals."""
    seen, true = [], []
    for rgb in load_coloured_planes(data, sources, every):
        seen.append(compute_edge_share(rgb_to_lab(colorize(network, rgb, side, smooth=True))))
        true.append(compute_edge_share(rgb_to_lab(rgb)))
    return {"pictures": len(seen), "edge_share": fmean(seen), "edge_share_original": fmean(true)}


def compute_edge_share(lab: Tensor) -> float:
    """Return which part of the gradient of chroma of CIELAB planes (1, 3, H, W) lies at edges of lightness."""
    lightness, a, b = (compute_gradient(plane.numpy()) for plane in lab[0])
    edges = (lightness > np.quantile(lightness, EDGE_QUANTILE)).astype(np.uint8)
    near = cv2.dilate(edges, np.ones((2 * EDGE_REACH + 1,) * 2, np.uint8)) > 0
    chroma = np.hypot(a, b)
    return float(chroma[near].sum() / max(chroma.sum(), 1e-6))


def compute_gradient(plane: np.ndarray) -> np.ndarray:
    """Return the length of the gradient of a plane (H, W), after a blur that leaves out noise and JPEG blocks."""
    soft = cv2.GaussianBlur(plane, (0, 0), 1.0)
    return np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))


def measure_people(network: nn.Module, data: Path, side: int, every: int) -> dict[str, float]:
    """Return the share of forearms that match the face in colour, of every Nth picture with joints."""
    joints = json.loads(open_archive(data / "people-sport.zip").read("joints.json"))
    seen, true = [], []
    for member in list_pictures(data, "people-sport.zip", "sport/")[::every]:
        rgb = to_tensor(read_rgb(member))
        pairs = find_pairs(rgb_to_lab(rgb)[0], np.array(joints[member.name]))
        if pairs:
            coloured = rgb_to_lab(colorize(network, rgb, side, smooth=True))[0]
            seen += [compare_places(coloured, *pair) for pair in pairs]
            true += [compare_places(rgb_to_lab(rgb)[0], *pair) for pair in pairs]
    return {
        "forearms": len(seen),
        "within_limit_percent": 100 * fmean(difference <= SKIN_LIMIT for difference in seen),
        "mean_difference": fmean(seen),
        "within_limit_percent_original": 100 * fmean(difference <= SKIN_LIMIT for difference in true),
        "mean_difference_original": fmean(true),
    }


def find_pairs(lab: Tensor, joints: np.ndarray) -> list[tuple[Tensor, Tensor]]:
    """Return the places (H, W) of face and forearm, for each forearm that is to be seen and is skin, as the face is."""
    skin = is_skin(lab)
    face = draw_place(lab, joints[list(FACE)], FACE_RADIUS)
    forearms = [draw_place(lab, joints[list(pair)], FOREARM_RADIUS) for pair in FOREARMS]
    return [(face, arm) for arm in forearms if all(is_mostly(place, skin) for place in (face, arm))]


def draw_place(lab: Tensor, joints: np.ndarray, radius: float) -> Tensor:
    """Return a disc in the middle of two joints (2, 3: x, y, seen), bool (H, W); empty where one is not seen."""
    rows, columns = (torch.arange(length) for length in lab.shape[1:])
    x, y = joints[:, :2].mean(0)
    length = max(MIN_RADIUS, radius * float(np.hypot(*(joints[0, :2] - joints[1, :2]))))
    inside = (rows[:, None] - y) ** 2 + (columns[None] - x) ** 2 <= length**2
    return inside & bool(joints[:, 2].all())


def is_mostly(place: Tensor, skin: Tensor) -> bool:
    return bool(place.any()) and float(skin[place].float().mean()) >= MIN_SKIN


def compare_places(lab: Tensor, one: Tensor, other: Tensor) -> float:
    """Return the CIEDE2000 difference between the mean colours of two places, both at their mean lightness."""
    colours = torch.stack([lab[:, place].mean(1) for place in (one, other)])
    colours[:, 0] = colours[:, 0].mean()
    return ciede2000(*(colour.view(1, 3, 1, 1) for colour in colours)).item()


if __name__ == "__main__":
    main()
