"""Measure remembered colours: python -m training.colorizing.reference.measure_memory --data FOLDER [--every N]
    [--weights FOLDER] [--sheet FILE.png]

Protocol: in one picture of a series a thing is dabbed with its true colour, once: in the middle of the largest even and
strongly coloured place of a coarse grid. The next picture of the series is greyed and coloured by the network, then
with the remembered colour. The error is the mean CIEDE2000 to the original in the places that took the colour.
"unrelated" takes a picture of something else in the place of the next one: what takes a colour there is a wrong spread.
"""

import json
from pathlib import Path
from typing import cast

import numpy as np
from torch import Tensor

from imaging.colorizing.dabbed_things import find_dabbed_things
from imaging.colorizing.matching import Matches, blend_matches, match_colours
from imaging.guided_filter import resize_area
from imaging.tensors import to_pixels, to_tensor
from networks.layers.colour_space import rgb_to_lab
from networks.palette_colorizer import CHROMA_UNIT, PaletteColorizer
from networks.weights import load
from training.colorizing.crops import is_coloured, shrink
from training.colorizing.metrics import ciede2000
from training.colorizing.pictures import MAX_STORED_SIDE, Source
from training.colorizing.reference.measure import (
    OWN_SIDE,
    SERIES,
    SIDE,
    SINGLE,
    draw_sheet,
    encode,
    fit_short_side,
    guess,
    join,
)
from training.common.archives import list_pictures, read_rgb
from training.common.arguments import build_parser

DAB = 0.03  # radius, of the short side
MIN_CHROMA = 15.0  # of a dabbed thing, CIE units: of a paler one nothing could be told
PLACES = 9  # rows and columns of the places that could be dabbed
MARGIN = 0.5  # CIEDE2000 that count as better or worse


def main() -> None:
    parser = build_parser(__doc__, "data", "every", "weights")
    parser.add_argument("--sheet", type=Path, help="write the pictures of each kind to FILE-kind.png")
    arguments = parser.parse_args()
    network = cast(PaletteColorizer, load("colorize", folder=arguments.weights))
    data, every = arguments.data, arguments.every
    kinds = {Path(source.prefix).name: list_pairs(data, source, every) for source in SERIES}
    ones, others = zip(*(pair for source in SINGLE for pair in list_pairs(data, source, every)), strict=True)
    half = len(others) // 2
    kinds["unrelated"] = list(zip(ones, (*others[half:], *others[:half]), strict=True))
    for kind, pairs in kinds.items():
        figures, rows = measure_kind(network, pairs)
        print(json.dumps({"kind": kind} | figures, indent=2), flush=True)
        if arguments.sheet and rows:
            draw_sheet(rows, arguments.sheet.with_stem(f"{arguments.sheet.stem}-{kind}"))


def list_pairs(data: Path, source: Source, every: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return every so many pictures of a source with the one after each, uint8 (H, W, 3), where both have colours."""
    members = list_pictures(data, source.archive, source.prefix)
    pairs = (
        tuple(shrink(read_rgb(member), MAX_STORED_SIDE) for member in members[number : number + 2])
        for number in range(0, len(members) - 1, every)
    )
    return [(one, other) for one, other in pairs if is_coloured(one) and is_coloured(other)]


def measure_kind(
    network: PaletteColorizer, pairs: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[dict[str, float], list[list[np.ndarray]]]:
    """Return the figures of one kind, and for a sheet: the dabbed picture, own colours, remembered ones, original.

    Of each pair the first picture is dabbed, and the second one coloured.
    """
    figures, rows = [], []
    for dabbed_rgb, rgb in pairs:
        small = resize_area(dabbed_rgb, fit_short_side(dabbed_rgb.shape, SIDE))
        dabbed = place_dab(small)
        if dabbed is None:
            continue
        lab = rgb_to_lab(to_tensor(rgb))
        lightness = lab[0, 0].numpy() / 100
        size = fit_short_side(lightness.shape, OWN_SIDE)
        own = guess(network, resize_area(lightness, size))
        matches = remember(network, lightness, small, dabbed)
        coloured = own if matches.is_empty else blend_matches(resize_area(lightness, size), own, matches, (1.0,))
        figures.append([matches.is_empty, *compare(lab, own, coloured)])
        marked = np.where(dabbed[:, :, None], np.array([255, 0, 255], np.uint8), small)
        rows.append([marked, *(to_pixels(join(lab, each)) for each in (own, coloured)), rgb])
    if not figures:  # in none of them anything has much colour
        return {"pictures": 0}, rows
    empty, share, before, after = np.array(figures, float).T
    taken = share > 0
    return {
        "pictures": len(figures),
        "took_percent": 100 * taken.mean(),
        "nothing_alike_percent": 100 * empty.mean(),
        "share_of_picture_percent": 100 * share.mean(),
        "ciede2000_own_there": before[taken].mean() if taken.any() else 0.0,
        "ciede2000_remembered_there": after[taken].mean() if taken.any() else 0.0,
        "better_percent": 100 * (after < before - MARGIN).mean(),
        "worse_percent": 100 * (after > before + MARGIN).mean(),
    }, rows


def place_dab(rgb: np.ndarray) -> np.ndarray | None:
    """Return where uint8 (h, w, 3) is dabbed, bool (h, w); None where nothing in it has much colour."""
    height, width = rgb.shape[:2]
    lab = rgb_to_lab(to_tensor(rgb))[0].permute(1, 2, 0).numpy()
    radius = max(2, round(DAB * min(height, width)))
    down, across = np.ogrid[:height, :width]
    best, chosen = 0.0, None
    for row in range(1, PLACES):
        for column in range(1, PLACES):
            disc = (down - row * height // PLACES) ** 2 + (across - column * width // PLACES) ** 2 <= radius**2
            chroma = np.hypot(*lab[disc][:, 1:].mean(0))
            score = chroma - lab[disc].std(0).sum()
            if chroma >= MIN_CHROMA and score > best:
                best, chosen = score, disc
    return chosen


def remember(network: PaletteColorizer, lightness: np.ndarray, rgb: np.ndarray, dabbed: np.ndarray) -> Matches:
    """Return what a grey picture, (H, W) in [0, 1], takes from the dabbed thing of uint8 (h, w, 3)."""
    lab = rgb_to_lab(to_tensor(rgb))[0].permute(1, 2, 0).numpy()
    light = np.ascontiguousarray(lab[:, :, 0]) / 100
    theirs = encode(network, light)
    grid = theirs[0].shape[:2]
    things = find_dabbed_things(light, dabbed, theirs)
    chroma = resize_area(lab[:, :, 1:], grid) / CHROMA_UNIT
    own = encode(network, resize_area(lightness, fit_short_side(lightness.shape, SIDE)))
    return match_colours(own, theirs, chroma, np.ones(grid, bool), things)


def compare(lab: Tensor, own: np.ndarray, coloured: np.ndarray) -> tuple[float, float, float]:
    """Return the share of a picture, (1, 3, H, W), that took a colour, and the CIEDE2000 there before and after."""
    moved = np.hypot(*np.moveaxis((coloured - own) * CHROMA_UNIT, 2, 0)) > 2
    moved = resize_area(moved.astype(np.float32), (lab.shape[2], lab.shape[3])) > 0.5
    if not moved.any():
        return 0.0, 0.0, 0.0
    before, after = (ciede2000(lab, rgb_to_lab(join(lab, each)))[0].numpy()[moved].mean() for each in (own, coloured))
    return float(moved.mean()), float(before), float(after)


if __name__ == "__main__":
    main()
