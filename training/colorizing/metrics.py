"""How far two colourings are apart, and how colourful one is."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from networks.layers.colour_space import lab_to_rgb
from networks.palette_colorizer import CHROMA_UNIT


class Agreement(NamedTuple):
    """How a colouring of many pictures agrees with the truth.

    `error`: mean CIEDE2000, `rmse`: root mean square error of a and b, both as parts of the grey pictures';
    `colourful`: part of the originals' colourfulness; `bias_a`, `bias_b`: mean of result less truth, CIE units.
    """

    error: float
    rmse: float
    colourful: float
    bias_a: float
    bias_b: float


def measure_agreement(lightness: Tensor, chroma: Tensor, true_chroma: Tensor) -> Agreement:
    """Compare planes (N, 1, H, W) and (N, 2, H, W) in the network's units."""
    truth, seen, grey = (
        torch.cat((100 * lightness, CHROMA_UNIT * planes), 1) for planes in (true_chroma, chroma, 0 * chroma)
    )
    error = ciede2000(truth, seen).mean() / ciede2000(truth, grey).mean()
    rmse = ((chroma - true_chroma).square().mean() / true_chroma.square().mean()).sqrt()
    colourful = measure_colourfulness(lab_to_rgb(seen)).mean() / measure_colourfulness(lab_to_rgb(truth)).mean()
    bias_a, bias_b = (seen - truth).mean((0, 2, 3))[1:].tolist()
    return Agreement(error.item(), rmse.item(), colourful.item(), bias_a, bias_b)


def ciede2000(one: Tensor, other: Tensor) -> Tensor:
    """Return the CIEDE2000 difference (N, H, W) of two CIELAB pictures (N, 3, H, W), all weights 1.

    Sharma, Wu, Dalal: "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary Test
    Data, and Mathematical Observations", Color Research and Application 30 (2005); its equation numbers
    stand at the lines.
    """
    lightness_1, a_1, b_1 = one.unbind(1)
    lightness_2, a_2, b_2 = other.unbind(1)
    mean_chroma = (torch.hypot(a_1, b_1) + torch.hypot(a_2, b_2)) / 2  # 2, 3
    stretch = 1.5 - 0.5 * _compute_saturation(mean_chroma)  # 4
    chroma_1, chroma_2 = torch.hypot(stretch * a_1, b_1), torch.hypot(stretch * a_2, b_2)  # 5, 6
    hue_1, hue_2 = torch.atan2(b_1, stretch * a_1), torch.atan2(b_2, stretch * a_2)  # 7

    coloured = chroma_1 * chroma_2 > 0
    turn = torch.where(coloured, torch.remainder(hue_2 - hue_1 + math.pi, 2 * math.pi) - math.pi, 0)  # 10
    hue_difference = 2 * (chroma_1 * chroma_2).sqrt() * torch.sin(turn / 2)  # 11
    # Without a hue of its own a grey takes the other's: the sum in equation 14.
    hue = torch.where(coloured, hue_1 + turn / 2, torch.where(chroma_1 > 0, hue_1, hue_2))

    lightness, chroma = (lightness_1 + lightness_2) / 2, (chroma_1 + chroma_2) / 2  # 12, 13
    weight = (
        1
        - 0.17 * torch.cos(hue - math.radians(30))
        + 0.24 * torch.cos(2 * hue)
        + 0.32 * torch.cos(3 * hue + math.radians(6))
        - 0.20 * torch.cos(4 * hue - math.radians(63))
    )  # 15
    degrees = torch.remainder(torch.rad2deg(hue), 360)
    rotation = math.radians(60) * torch.exp(-(((degrees - 275) / 25) ** 2))  # 16, doubled
    distance = (lightness - 50) ** 2
    by_lightness = (lightness_2 - lightness_1) / (1 + 0.015 * distance / (20 + distance).sqrt())  # 8, 18
    by_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)  # 9, 19
    by_hue = hue_difference / (1 + 0.015 * chroma * weight)  # 20
    twist = -torch.sin(rotation) * 2 * _compute_saturation(chroma)  # 17, 21
    squares = by_lightness**2 + by_chroma**2 + by_hue**2 + twist * by_chroma * by_hue  # 22
    return squares.clamp(min=0).sqrt()


def _compute_saturation(chroma: Tensor) -> Tensor:
    return (chroma**7 / (chroma**7 + 25.0**7)).sqrt()


def measure_colourfulness(rgb: Tensor) -> Tensor:
    """Return the colourfulness (N,) of sRGB pictures (N, 3, H, W) in [0, 1], on the scale of 8-bit values.

    Hasler, Süsstrunk: "Measuring Colourfulness in Natural Images", SPIE 5007 (2003): 15 is slight, 45
    average, 109 extreme.
    """
    red, green, blue = (255 * rgb).flatten(2).unbind(1)
    opponents = torch.stack((red - green, (red + green) / 2 - blue), 1)
    spread, offset = opponents.std(2, correction=0).norm(dim=1), opponents.mean(2).norm(dim=1)
    return spread + 0.3 * offset
