"""What each method of filling holes is worth: `python -m training.inpainting.measure --data FOLDER [--state FILE]`.

Protocol: the 100 photos bsds-val of validation.zip, which no recipe trains on, each with three holes drawn by
`training.inpainting.hole_masks.draw_irregular` with the seed (SEED, band, photo): 10-20, 20-30 and 30-40 % of the
picture. L1 (of 255), PSNR and SSIM inside the hole, PSNR and SSIM over the whole picture, seconds per picture; the peak
of the memory is `benchmarks.inpaint`'s to say. Methods: OpenCV's Telea and Navier-Stokes, the patches of
`imaging.inpainting.patch_fill`, neural patches, every set of DFNet weights that is shipped, or the one `--state` names,
which `--export` then releases, and the site's automatic choice between patches and that network. `--minutes` ends a
slow run at a whole photo. `--sheet` writes contact sheets of the first 12; `--pictures` measures on a folder of one's
own instead.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean
from typing import cast

import cv2
import numpy as np
import torch
from PIL import Image

from imaging.inpainting import completion, neural_synthesis, patch_fill, regions, stroke_width
from networks import weights
from networks.dfnet import DFNet
from networks.features import FeatureNetwork
from networks.manifest import read_entries
from networks.precision import find_half_type
from training.common.arguments import build_parser
from training.common.export import export
from training.common.half_precision import autocast
from training.common.metrics import psnr, ssim
from training.common.run import set_up
from training.deblurring.measure import add_photo_arguments, load_sharp_photos
from training.inpainting import hole_masks

SEED = 8
BANDS = {"10-20": (0.1, 0.2), "20-30": (0.2, 0.3), "30-40": (0.3, 0.4)}
DIFFUSION_RADIUS = 3
SHEET_PICTURES, SHEET_SIZE = 12, (240, 160)
LICENCE = "Trained on pictures under research or unstated terms: see the card"

Method = Callable[
    [np.ndarray, np.ndarray], np.ndarray
]  # (picture uint8 (H, W, 3), hole bool (H, W)) -> uint8 (H, W, 3)


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    network = load_trained(arguments.state) if arguments.state else None
    methods = list_methods(network, arguments.only)
    figures = measure(methods, load_sharp_photos(arguments), arguments.sheet, arguments.every, arguments.minutes)
    print(json.dumps(figures, indent=2))
    if arguments.export and network:
        chosen = {"width": network.width, "levels": network.levels, "smooth": network.smooth}
        released = figures["dfnet"] | {"photos": figures["photos"]}
        export("dfnet", "dfnet", chosen, network, LICENCE, "dfnet.md", released)


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "state", "threads", "export", minutes=math.inf)
    add_photo_arguments(parser)
    parser.add_argument("--only", nargs="*", help="no other methods than these")
    parser.add_argument("--sheet", type=Path, help="a folder for contact sheets, one for each share of holes")
    return parser.parse_args()


def load_trained(state: Path) -> DFNet:
    """Return the network of a state that the recipe saved."""
    tensors = torch.load(state, map_location="cpu", weights_only=True)
    levels = sum(name.startswith("encoders.") and name.endswith("conv.bias") for name in tensors)
    network = DFNet(len(tensors["encoders.0.conv.bias"]), levels, smooth=True)
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)


def list_methods(network: DFNet | None, only: list[str] | None = None) -> dict[str, Method]:
    """Return the methods of filling that there are here, by name."""
    methods: dict[str, Method] = {
        "telea": partial(fill_by_diffusion, cv2.INPAINT_TELEA),
        "navier_stokes": partial(fill_by_diffusion, cv2.INPAINT_NS),
        "patch": fill_by_patches,
    }
    sets = {name: cast(DFNet, weights.load(name)) for name, entry in read_entries().items() if entry.network == "dfnet"}
    for name, found in (sets | ({"dfnet": network} if network else {})).items():
        methods[name] = partial(fill_by_network, found)
    if "dfnet" in sets or network:
        methods["automatic"] = partial(fill_automatically, network or sets["dfnet"])
    if "features" in read_entries():
        methods["neural"] = partial(fill_by_features, cast(FeatureNetwork, weights.load("features")))
    return {name: method for name, method in methods.items() if not only or name in only}


def fill_by_diffusion(method: int, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return cv2.inpaint(picture, hole.astype(np.uint8), DIFFUSION_RADIUS, method)


def fill_by_patches(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return fill_in_regions(picture, hole, fill_with_patches)


def fill_by_network(network: DFNet, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return fill_in_regions(picture, hole, make_network_fill(network))


def fill_automatically(network: DFNet, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Fill as the site's automatic choice does."""
    nothing = np.zeros_like(hole)
    return stroke_width.fill_by_thickness(
        picture, hole, nothing, make_network_fill(network), fill_with_patches, lambda share: None
    )


def make_network_fill(network: DFNet) -> regions.Fill:
    def fill(rgb, here, barred, report):
        with torch.inference_mode(), autocast("cpu"):
            return completion.complete_photo(rgb, here, network, (network.multiple_of, network.minimum_side), report)

    return fill


def fill_by_features(features: FeatureNetwork, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    def fill(rgb, here, barred, report):
        return neural_synthesis.synthesize(
            rgb, here, features, fill_with_patches, barred=barred, report=report, half=find_half_type("cpu")
        )

    return fill_in_regions(picture, hole, fill)


def fill_with_patches(
    rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: neural_synthesis.Report
) -> np.ndarray:
    return patch_fill.fill_with_patches(rgb, hole, 0, barred, report)


def fill_in_regions(picture: np.ndarray, hole: np.ndarray, fill: regions.Fill) -> np.ndarray:
    return regions.fill_by_regions(picture, hole, np.zeros_like(hole), fill, lambda share: None)


def measure(
    methods: dict[str, Method],
    photos: list[np.ndarray],
    sheet: Path | None = None,
    every: int = 1,
    minutes: float = math.inf,
) -> dict:
    """Return {method: {band: figures}}, and under "photos" on how many they were measured."""
    found: dict[str, dict[str, list]] = {name: {band: [] for band in BANDS} for name in methods}
    rows: dict[str, list[np.ndarray]] = {band: [] for band in BANDS}
    begun, count = time.monotonic(), 0
    for index in range(0, len(photos), every):
        if count and time.monotonic() - begun > 60 * minutes:
            break
        count += 1
        picture = np.ascontiguousarray(photos[index])
        for number, (band, (low, high)) in enumerate(BANDS.items()):
            hole = hole_masks.draw_irregular(
                picture.shape[0], picture.shape[1], low, high, np.random.default_rng((SEED, number, index))
            )
            holed = np.where(hole[:, :, None], np.uint8(127), picture)  # nothing of the truth may leak
            results = [evaluate(method, picture, holed, hole, found[name][band]) for name, method in methods.items()]
            if count <= SHEET_PICTURES:
                rows[band].append(draw_row([holed, *results, picture]))
        print(f"{count} photos", file=sys.stderr, flush=True)
    if sheet:
        sheet.mkdir(parents=True, exist_ok=True)
        for band in BANDS:
            Image.fromarray(np.vstack(rows[band])).save(sheet / f"inpaint-{band}.webp", quality=88)
    return {name: {band: average(each) for band, each in bands.items()} for name, bands in found.items()} | {
        "photos": count
    }


def average(found: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(mean(one[key] for one in found), 4) for key in found[0]}


def evaluate(method: Method, picture: np.ndarray, holed: np.ndarray, hole: np.ndarray, found: list[dict]) -> np.ndarray:
    """Fill the hole, append the figures to `found`, and return the result."""
    started = time.perf_counter()
    result = method(holed, hole)
    seconds = time.perf_counter() - started
    if not np.array_equal(result[~hole], picture[~hole]):
        raise AssertionError("a pixel outside the hole was changed")
    found.append(
        {
            "hole_l1": float(np.abs(result[hole].astype(int) - picture[hole]).mean()),
            "hole_psnr": psnr(result[hole], picture[hole]),
            "psnr": psnr(result, picture),
            "hole_ssim": hole_ssim(result, picture, hole),
            "ssim": ssim(result, picture),
            "seconds": seconds,
        }
    )
    return result


def hole_ssim(result: np.ndarray, picture: np.ndarray, hole: np.ndarray) -> float:
    """Return the structural similarity of the hole alone: outside both are the same, and count for 1."""
    return 1 - (1 - ssim(result, picture)) / float(hole.mean())


def draw_row(pictures: list[np.ndarray]) -> np.ndarray:
    small = [cv2.resize(picture, SHEET_SIZE, interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.hstack(small)


if __name__ == "__main__":
    main()
