"""Up to how thick a hole the network is the better choice: `python -m training.inpainting.measure_stroke_width --data
FOLDER`.

What `imaging.inpainting.stroke_width` decides by. Protocol: photos that the recipes hold back, never those of bsds-val,
each with bent lines of one thickness after another, in percent of the photo's shorter side, drawn with the seed (SEED,
thickness, photo) until they cover 4 % of it; filled by the DFNet weights that are shipped, or those `--state` names,
and with patches. In the hole: PSNR and SSIM; how far our features lie from the photo's (after Zhang et al., "The
Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018); and how much of the photo's detail is
there, the ratio of the mean slopes, which a blur makes small. `--sheet` writes the first photos at each thickness, for
the eye has the last word.
"""

import argparse
import json
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from imaging.tensors import to_tensor
from networks import weights
from networks.features import FeatureNetwork
from training.common import crops
from training.common.archives import read_rgb
from training.common.arguments import build_parser
from training.common.metrics import psnr
from training.common.run import set_up
from training.inpainting import measure
from training.inpainting.measure import average, hole_ssim, list_methods, load_trained

SEED = 21
PERCENT = (1.0, 2.0, 3.0, 4.0, 6.0, 10.0)
COVERED = 0.04
ARCHIVES = tuple(source for source in crops.SOURCES if source[0].startswith("photos"))
SHEET_PHOTOS, SHEET_SIDE = 5, 480


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    held = crops.list_sources(arguments.data, ARCHIVES)[1]
    photos = [read_rgb(member) for member in held[:: max(1, len(held) // arguments.photos)][: arguments.photos]]
    network = load_trained(arguments.state) if arguments.state else None
    methods = list_methods(network, ["dfnet", "patch"])
    for percent in arguments.percent:
        print(json.dumps({"percent": percent} | evaluate(methods, photos, percent, arguments.sheet)), flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "state", "threads")
    parser.add_argument("--percent", type=float, nargs="+", default=PERCENT, help="of the shorter side")
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--sheet", type=Path, help="a folder for contact sheets, one for each thickness")
    return parser.parse_args()


def evaluate(
    methods: dict[str, measure.Method], photos: list[np.ndarray], percent: float, sheet: Path | None
) -> dict[str, dict[str, float]]:
    """Return {method: figures} for lines so thick, means over the photos."""
    features = cast(FeatureNetwork, weights.load("features"))
    found: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    rows: list[np.ndarray] = []
    for number, photo in enumerate(photos):
        random = np.random.default_rng((SEED, round(100 * percent), number))
        hole = draw_lines(photo.shape[:2], percent, random)
        holed = np.where(hole[:, :, None], np.uint8(127), photo)
        results = {name: method(holed, hole) for name, method in methods.items()}
        for name, result in results.items():
            found[name].append(
                {
                    "psnr": psnr(result[hole], photo[hole]),
                    "ssim": hole_ssim(result, photo, hole),
                    "features": measure_distance(features, result, photo, hole),
                    "detail": measure_detail(result, photo, hole),
                }
            )
        if len(rows) < SHEET_PHOTOS:
            rows.append(np.hstack([fit_to_cell(picture) for picture in (holed, *results.values(), photo)]))
    if sheet:
        sheet.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.vstack(rows)).save(sheet / f"thickness-{percent:g}.webp", quality=90)
    return {name: average(each) for name, each in found.items()}


def draw_lines(shape: tuple[int, int], percent: float, random: np.random.Generator) -> np.ndarray:
    """Return bent lines so thick, bool of this shape; they may cross, where they are thicker."""
    hole, thick = np.zeros(shape, np.uint8), max(1, round(percent / 100 * min(shape)))
    while hole.mean() < COVERED:
        begin, angle = random.uniform(0, 1, 2) * shape[::-1], random.uniform(0, 2 * np.pi)
        turns = angle + np.cumsum(random.normal(0, 0.25, 8))
        steps = np.stack([np.cos(turns), np.sin(turns)], 1) * max(0.04 * min(shape), thick)
        points = begin + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
        cv2.polylines(hole, [np.rint(points).astype(np.int32)], False, 1, thick)
    return hole > 0


def measure_distance(features: FeatureNetwork, result: np.ndarray, photo: np.ndarray, hole: np.ndarray) -> float:
    """Return how far the features in the hole lie apart, a mean over three scales, 0 for the same, at most 2."""
    with torch.inference_mode():
        found = zip(features.features(to_tensor(result)), features.features(to_tensor(photo)), strict=True)
        apart = [(F.normalize(one, dim=1) - F.normalize(other, dim=1)).square().sum(1)[0] for one, other in found]
    here = [cv2.resize(hole.astype(np.float32), one.shape[::-1], interpolation=cv2.INTER_AREA) > 0 for one in apart]
    return float(np.mean([one.numpy()[part].mean() for one, part in zip(apart, here, strict=True)]))


def measure_detail(result: np.ndarray, photo: np.ndarray, hole: np.ndarray) -> float:
    """Return the ratio of the mean slopes in the hole: 1 is as rough as the photo, 0 is flat."""
    return float(compute_slopes(result)[hole].mean()) / max(float(compute_slopes(photo)[hole].mean()), 1e-6)


def compute_slopes(picture: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.magnitude(cv2.Sobel(grey, -1, 1, 0, ksize=3), cv2.Sobel(grey, -1, 0, 1, ksize=3))


def fit_to_cell(picture: np.ndarray) -> np.ndarray:
    scale = SHEET_SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    room = SHEET_SIDE - small.shape[0], SHEET_SIDE - small.shape[1]
    return np.pad(small, ((0, room[0]), (0, room[1]), (0, 0)))


if __name__ == "__main__":
    main()
