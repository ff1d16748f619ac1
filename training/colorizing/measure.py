"""Measure a colorizer: python -m training.colorizing.measure --data FOLDER [--side N] [--weights FOLDER]

Protocol: the 100 pictures of `bsds-val`, which no recipe trains on, are greyed to their CIE L*; the network
sees that at a short side of `--side` pixels; its chroma, enlarged bilinearly, joins the full-size L* as 8-bit
sRGB. That is compared with the original beside the grey picture itself. Errors are means over a picture, then
over the pictures: error is not everything, for the dullest colouring wins it.

Two more measurements: `--pictures FOLDER` measures the coloured pictures of any folder in the same way, and skin is
measured on held-back faces of the training's sets, in the middle half of each, where the original has the colour of
skin.
"""

import json
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imaging.colorizing.diffusion import smooth_chroma
from imaging.tensors import to_tensor
from networks.layers.colour_space import lab_to_rgb, rgb_to_lab
from networks.palette_colorizer import CHROMA_UNIT
from networks.weights import load
from training.colorizing.metrics import ciede2000, measure_colourfulness
from training.common.archives import list_members, read_folder, read_rgb, split_held_back
from training.common.arguments import build_parser

SIDE = 256  # pixels: the working size that the figures of the card are for
FACE_SIDE = 96  # of the small pictures of faces


def main() -> None:
    parser = build_parser(__doc__, "data", "weights")
    parser.add_argument("--side", type=int, default=SIDE, help="short side the network sees, in pixels")
    parser.add_argument("--pictures", type=Path, help="another folder of coloured pictures to measure")
    arguments = parser.parse_args()
    network = load("colorize", folder=arguments.weights)
    figures: dict[str, Any] = measure(network, arguments.data, arguments.side)
    figures |= measure_skin(network, arguments.data)
    if arguments.pictures:
        figures["pictures"] = measure_folder(network, arguments.pictures, arguments.side)
    print(json.dumps(figures, indent=2))


def measure(network: nn.Module, data: Path, side: int = SIDE, limit: int | None = None) -> dict[str, float]:
    """Return the figures of `network` on the validation pictures of the folder `data`.

    `*_lower_percent`: how much smaller the error is than that of the grey picture; `colourfulness_percent`:
    of the originals'; `mean_a_bias`, `mean_b_bias`: mean of result less original, CIE units.
    """
    listed = list_members(data, "validation.zip", "bsds-val/")[:limit]
    return summarize([compare(rgb, colorize(network, rgb, side)) for rgb in map(to_tensor, map(read_rgb, listed))])


def measure_folder(network: nn.Module, folder: Path, side: int = SIDE) -> dict[str, float]:
    """Return the figures of `measure` for the pictures of a folder."""
    return summarize([compare(rgb, colorize(network, rgb, side)) for rgb in map(to_tensor, read_folder(folder))])


def measure_skin(network: nn.Module, data: Path, count: int = 100) -> dict[str, float]:
    """Return what becomes of skin on held-back faces.

    `skin_blue_violet_percent`: of the places that are skin in the original, those that come out blue or violet;
    `skin_a_bias`, `skin_b_bias`: mean of result less original there, CIE units.
    """
    listed = split_held_back(list_members(data, "faces.zip", "faces/"))[1][:count]
    wrong, bias, places = 0, torch.zeros(2), 0
    for member in listed:
        rgb = to_tensor(read_rgb(member))
        down, across = (slice(length // 4, length - length // 4) for length in rgb.shape[2:])
        truth, seen = (rgb_to_lab(each)[0, :, down, across] for each in (rgb, colorize(network, rgb, FACE_SIDE)))
        skin = is_skin(truth)
        wrong += int((is_blue_or_violet(seen) & skin).sum())
        bias += (seen - truth)[1:, skin].sum(1)
        places += int(skin.sum())
    a, b = (bias / places).tolist()
    return {"skin_blue_violet_percent": 100 * wrong / places, "skin_a_bias": a, "skin_b_bias": b}


def is_skin(lab: Tensor) -> Tensor:
    """Where CIELAB planes (3, H, W) have a colour that skin of any tone has in fair light."""
    lightness, a, b = lab
    chroma, hue = torch.hypot(a, b), torch.rad2deg(torch.atan2(b, a))
    return (lightness > 20) & (lightness < 92) & (chroma > 8) & (chroma < 50) & (hue > 15) & (hue < 85)


def is_blue_or_violet(lab: Tensor) -> Tensor:
    """Where CIELAB planes (3, H, W) have a hue from greenish blue to purple, and enough chroma for one to see it."""
    _, a, b = lab
    hue = torch.rad2deg(torch.atan2(b, a)) % 360
    return (hue > 220) & (hue < 335) & (torch.hypot(a, b) > 5)


def summarize(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the figures of `measure` from those of its pictures."""
    means = {name: fmean(row[name] for row in rows) for name in rows[0]}
    return {
        "ciede2000": means["ciede2000"],
        "ciede2000_grey": means["ciede2000_grey"],
        "ciede2000_lower_percent": 100 * (1 - means["ciede2000"] / means["ciede2000_grey"]),
        "rmse_ab": means["rmse_ab"],
        "rmse_ab_grey": means["rmse_ab_grey"],
        "rmse_ab_lower_percent": 100 * (1 - means["rmse_ab"] / means["rmse_ab_grey"]),
        "colourfulness_percent": 100 * means["colourfulness"] / means["colourfulness_original"],
        "mean_a_bias": means["mean_a_bias"],
        "mean_b_bias": means["mean_b_bias"],
    }


@torch.no_grad()
def colorize(network: nn.Module, rgb: Tensor, side: int, smooth: bool = False) -> Tensor:
    """Return `rgb` (1, 3, H, W) in [0, 1] with the colours of the network, smoothed if asked, rounded to 8 bits."""
    lightness = rgb_to_lab(rgb)[:, :1]
    height, width = rgb.shape[2:]
    scale = side / min(height, width)
    unit, least = cast(int, network.multiple_of), cast(int, network.minimum_side)
    working = [max(least, round(length * scale / unit) * unit) for length in (height, width)]
    small = F.interpolate(lightness / 100, working, mode="bilinear", antialias=True, align_corners=False)
    chroma = network(small)
    if smooth:
        found = smooth_chroma(small[0, 0].numpy(), chroma[0].permute(1, 2, 0).numpy())
        chroma = torch.from_numpy(found).permute(2, 0, 1)[None]
    chroma = F.interpolate(chroma, (height, width), mode="bilinear", align_corners=False) * CHROMA_UNIT
    return (lab_to_rgb(torch.cat((lightness, chroma), 1)) * 255).round() / 255


def compare(original: Tensor, result: Tensor) -> dict[str, float]:
    """Return the figures of one picture, both (1, 3, H, W) in [0, 1], and of the grey picture in its place."""
    truth, seen = rgb_to_lab(original), rgb_to_lab(result)
    grey = truth * torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    bias = (seen - truth).mean((0, 2, 3))
    return {
        "ciede2000": ciede2000(truth, seen).mean().item(),
        "ciede2000_grey": ciede2000(truth, grey).mean().item(),
        "rmse_ab": _rmse(truth, seen),
        "rmse_ab_grey": _rmse(truth, grey),
        "colourfulness": measure_colourfulness(result).item(),
        "colourfulness_original": measure_colourfulness(original).item(),
        "mean_a_bias": bias[1].item(),
        "mean_b_bias": bias[2].item(),
    }


def _rmse(truth: Tensor, seen: Tensor) -> float:
    return (seen - truth)[:, 1:].square().mean().sqrt().item()


if __name__ == "__main__":
    main()
