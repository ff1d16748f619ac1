"""Measure "Colours like this photo": python -m training.colorizing.reference.measure --data FOLDER [--every N]
    [--weights FOLDER] [--sheet FILE.png]

Protocol: each picture is greyed and coloured as `measure_left_out` does it, once by the network alone and once with a
reference: the picture itself ("same"), the picture mirrored, without an eighth of each side and a fifth brighter in
gamma, as another photo of the same scene is ("another"), the next picture of a series of one place or one event
("series"), or a picture of something else ("unrelated"). The error is the mean CIEDE2000 to the original; the last
kind says what harm a useless reference does.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from imaging.colorizing.diffusion import smooth_chroma
from imaging.colorizing.matching import Matches, blend_matches, match_colours
from imaging.guided_filter import resize_area
from imaging.tensors import pad_to_multiple, to_pixels, to_tensor
from networks.layers.colour_space import lab_to_rgb, rgb_to_lab
from networks.palette_colorizer import CELL, CHROMA_UNIT, PaletteColorizer
from networks.weights import load
from training.colorizing.metrics import ciede2000
from training.colorizing.pictures import Source, load_coloured_pictures
from training.common.arguments import build_parser

SINGLE = (Source("validation.zip", "bsds-val/"), Source("people-varied.zip", "coco/"))
SERIES = (
    Source("people-varied.zip", "davis/"),
    Source("people-varied.zip", "camvid/"),
    Source("people-varied.zip", "pennfudan/"),
)
SIDE = 256  # pixels of the short side at which pictures are compared, as in the service
OWN_SIDE = 128  # and at which the network guesses
BRIGHTER = 0.8  # the power of what stands for another photo


def main() -> None:
    parser = build_parser(__doc__, "data", "every", "weights")
    parser.add_argument("--sheet", type=Path, help="write the pictures of each kind to FILE-kind.png")
    arguments = parser.parse_args()
    network = cast(PaletteColorizer, load("colorize", folder=arguments.weights))
    for kind, pairs in list_pairs(arguments.data, arguments.every).items():
        figures, rows = measure_kind(network, pairs)
        print(json.dumps({"kind": kind} | figures, indent=2), flush=True)
        if arguments.sheet:
            draw_sheet(rows, arguments.sheet.with_stem(f"{arguments.sheet.stem}-{kind}"))


def list_pairs(data: Path, every: int) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Return by kind the pictures and their references, uint8 (H, W, 3)."""
    single = [picture for source in SINGLE for picture in list(load_coloured_pictures(data, source))[::every]]
    half = len(single) // 2
    series = [pair for source in SERIES for pair in list(list_neighbours(data, source))[::every]]
    return {
        "same": [(picture, picture) for picture in single],
        "another": [(picture, shoot_again(picture)) for picture in single],
        "series": series,
        "unrelated": [(picture, single[(number + half) % len(single)]) for number, picture in enumerate(single)],
    }


def list_neighbours(data: Path, source: Source) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    pictures = list(load_coloured_pictures(data, source))
    return zip(pictures, pictures[1:], strict=False)


def shoot_again(rgb: np.ndarray) -> np.ndarray:
    """Return what another photo of the same scene might be."""
    top, right = rgb.shape[0] // 8, rgb.shape[1] // 8
    part = rgb[top:, : rgb.shape[1] - right, :][:, ::-1]
    return np.rint(255 * (part / 255) ** BRIGHTER).astype(np.uint8)


def measure_kind(
    network: PaletteColorizer, pairs: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[dict[str, float], list]:
    """Return the figures of one kind, and for a sheet its rows: reference, grey, own, with reference, original."""
    figures, rows = [], []
    for rgb, reference in pairs:
        lab = rgb_to_lab(to_tensor(rgb))
        lightness = lab[0, 0].numpy() / 100
        small = resize_area(lightness, fit_short_side(lightness.shape, OWN_SIDE))
        own = guess(network, small)
        matches = match(network, lightness, reference)
        guided = own if matches.is_empty else blend_matches(small, own, matches, (1.0,))
        seen = [join(lab, chroma) for chroma in (np.zeros_like(own), own, guided)]
        figures.append([ciede2000(lab, rgb_to_lab(each)).mean().item() for each in seen] + [matches.is_empty])
        rows.append([reference, *map(to_pixels, seen), rgb])
    grey, own, guided, empty = np.array(figures, float).T
    return {
        "pictures": len(pairs),
        "ciede2000_grey": grey.mean(),
        "ciede2000_own": own.mean(),
        "ciede2000_reference": guided.mean(),
        "better_by_half_percent": 100 * (guided < own - 0.5).mean(),
        "worse_by_half_percent": 100 * (guided > own + 0.5).mean(),
        "nothing_matched_percent": 100 * empty.mean(),
    }, rows


def match(network: PaletteColorizer, lightness: np.ndarray, reference: np.ndarray) -> Matches:
    """Return the matches of a grey picture, (H, W) in [0, 1], with a coloured one, uint8 (H, W, 3)."""
    small = resize_area(reference, fit_short_side(reference.shape, SIDE))
    lab = rgb_to_lab(to_tensor(small))[0].permute(1, 2, 0).numpy()
    theirs = encode(network, np.ascontiguousarray(lab[:, :, 0]) / 100)
    grid = theirs[0].shape[:2]
    chroma = resize_area(lab[:, :, 1:], grid) / CHROMA_UNIT
    own = encode(network, resize_area(lightness, fit_short_side(lightness.shape, SIDE)))
    return match_colours(own, theirs, chroma, np.ones(grid, bool))


@torch.no_grad()
def encode(network: PaletteColorizer, lightness: np.ndarray) -> list[np.ndarray]:
    """Return the maps of `encode_cells`, float32 (h, w, C) each."""
    height, width = (-(-length // CELL) for length in lightness.shape)
    seen = pad_to_multiple(torch.from_numpy(lightness)[None, None], network.multiple_of, network.minimum_side)
    return [map_[0, :, :height, :width].permute(1, 2, 0).numpy() for map_ in network.encode_cells(seen)]


@torch.no_grad()
def guess(network: PaletteColorizer, lightness: np.ndarray) -> np.ndarray:
    """Return the network's own chroma, smoothed, float32 (h, w, 2), of lightness (h, w) in [0, 1]."""
    height, width = lightness.shape
    seen = pad_to_multiple(torch.from_numpy(lightness)[None, None], network.multiple_of, network.minimum_side)
    chroma = network(seen)[0, :, :height, :width].permute(1, 2, 0).numpy()
    return smooth_chroma(lightness, np.ascontiguousarray(chroma))


def join(lab: Tensor, chroma: np.ndarray) -> Tensor:
    """Return the lightness of `lab` (1, 3, H, W) with a chroma (h, w, 2), as sRGB rounded to 8 bits."""
    planes = torch.from_numpy(chroma).permute(2, 0, 1)[None] * CHROMA_UNIT
    large = F.interpolate(planes, lab.shape[2:], mode="bilinear", align_corners=False)
    return (lab_to_rgb(torch.cat((lab[:, :1], large), 1)) * 255).round() / 255


def fit_short_side(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Return (height, width) with a short side of `side` pixels."""
    scale = side / min(shape[:2])
    return round(shape[0] * scale), round(shape[1] * scale)


def draw_sheet(rows: list[list[np.ndarray]], path: Path, height: int = 120) -> None:
    """Write a picture of the rows, all of one height."""
    drawn = []
    for row in rows:
        sized = [Image.fromarray(each).resize((height * each.shape[1] // each.shape[0], height)) for each in row]
        drawn.append(np.hstack([np.asarray(each) for each in sized]))
    width = max(row.shape[1] for row in drawn)
    Image.fromarray(
        np.vstack([np.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in drawn])
    ).save(path)


if __name__ == "__main__":
    main()
