"""Measure a colorizer on whole sources that its recipe never saw: the figures of the card.

    python -m training.colorizing.measure_left_out --data FOLDER [--side N] [--every N] [--choices] [--no-lpips]
        [--weights FOLDER]

Protocol: each picture is greyed to its CIE L*, the network sees that at a short side of `--side` pixels, its chroma is
smoothed as in the service (`imaging.colorizing.diffusion`), enlarged bilinearly and joined to the full-size L* as 8-bit
sRGB. Errors are means over a picture, then over the pictures of a set. The simplest baseline stands beside: one
constant tone, the mean of the training set, laid over every picture. LPIPS and the Fréchet distance (of the mean-pooled
maps of VGG-16's conv5_3) are those of the coloured picture and of the grey one to the original, for each set and for
the sets together (`all`); they take most of the time, and `--no-lpips` leaves them out.
"""

import json
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor, nn

from imaging.tensors import to_tensor
from networks.layers.colour_space import lab_to_rgb, rgb_to_lab
from networks.weights import load
from training.colorizing.crops import is_coloured
from training.colorizing.measure import colorize, compare, measure_skin, summarize
from training.colorizing.pictures import REPORT, VALIDATION, Source
from training.common.archives import list_pictures, read_rgb
from training.common.arguments import build_parser
from training.common.lpips import LPIPS

SETS = {
    "bsds-val": (Source("validation.zip", "bsds-val/"),),
    "coco": REPORT[:2],
    "pacs": REPORT[2:],
}
CHOICES = {"no-person": VALIDATION[:1], "pennfudan": VALIDATION[1:]}
TONE = (2.4, 9.1)  # a*, b*: the mean of the training set, 4,000 crops of 32 pixels drawn in its shares
SIDE = 256  # pixels of the short side: what the service shows the network

Perception = tuple[list[float], list[Tensor]]  # what `perceive` returns


def main() -> None:
    parser = build_parser(__doc__, "data", "every", "weights")
    parser.add_argument("--side", type=int, default=SIDE, help="short side the network sees, in pixels")
    parser.add_argument("--choices", action="store_true", help="measure the sources that choices are made on instead")
    parser.add_argument("--no-lpips", action="store_true", help="leave out what VGG-16 is needed for")
    arguments = parser.parse_args()
    network = load("colorize", folder=arguments.weights)
    sets = CHOICES if arguments.choices else SETS
    lpips = None if arguments.no_lpips else LPIPS()
    perceptions: list[Perception] = []
    figures = {
        name: measure_set(network, arguments.data, sources, arguments.side, arguments.every, lpips, perceptions)
        for name, sources in sets.items()
    }
    figures["skin"] = measure_skin(network, arguments.data)
    if perceptions:
        figures["all"] = summarize_perceptions(perceptions)
    print(json.dumps(figures, indent=2))


def measure_set(
    network: nn.Module,
    data: Path,
    sources: tuple[Source, ...],
    side: int,
    every: int = 1,
    lpips: LPIPS | None = None,
    perceptions: list[Perception] | None = None,
) -> dict[str, float]:
    """Return the figures of one set, those of the constant tone among them; of every Nth picture.

    With `lpips`, how its pictures are perceived is added to `perceptions`.
    """
    rows, tones, perceived = [], [], []
    for rgb in load_coloured_planes(data, sources, every):
        seen = colorize(network, rgb, side, smooth=True)
        lab = rgb_to_lab(rgb)
        tone, grey = (lay_tone(lab, chroma) for chroma in (TONE, (0.0, 0.0)))
        rows.append(compare(rgb, seen))
        tones.append(compare(rgb, tone))
        if lpips is not None:
            perceived.append(perceive(lpips, rgb, seen, grey))
    if perceptions is not None:
        perceptions += perceived
    figures, of_tone = summarize(rows), summarize(tones)
    return {
        "pictures": len(rows),
        **figures,
        "tone_rmse_ab_lower_percent": of_tone["rmse_ab_lower_percent"],
        "tone_ciede2000_lower_percent": of_tone["ciede2000_lower_percent"],
        **(summarize_perceptions(perceived) if perceived else {}),
    }


def perceive(lpips: LPIPS, rgb: Tensor, seen: Tensor, grey: Tensor) -> Perception:
    """Return the LPIPS of the coloured and of the grey picture to the original, and the features of all three."""
    distances = [lpips(rgb, other).item() for other in (seen, grey)]
    return distances, [pool_features(lpips, picture) for picture in (rgb, seen, grey)]


def summarize_perceptions(perceptions: list[Perception]) -> dict[str, float]:
    """Return the mean LPIPS, and the Fréchet distance of the coloured and of the grey pictures to the true ones."""
    lpips, lpips_grey = (fmean(column) for column in zip(*(distances for distances, _ in perceptions), strict=True))
    true, seen, grey = (torch.stack(rows) for rows in zip(*(features for _, features in perceptions), strict=True))
    distances = {"frechet": frechet_distance(true, seen), "frechet_grey": frechet_distance(true, grey)}
    return {"lpips": lpips, "lpips_grey": lpips_grey} | distances


def load_coloured_planes(data: Path, sources: tuple[Source, ...], every: int = 1):
    """Yield the pictures of the sources that are not grey, (1, 3, H, W) in [0, 1]."""
    for source in sources:
        for member in list_pictures(data, source.archive, source.prefix)[::every]:
            picture = read_rgb(member)
            if is_coloured(picture):
                yield to_tensor(picture)


def lay_tone(lab: Tensor, chroma: tuple[float, float]) -> Tensor:
    """Return the picture in one tone, sRGB in [0, 1], rounded to 8 bits."""
    planes = torch.tensor(chroma).view(1, 2, 1, 1).expand(-1, -1, *lab.shape[2:])
    return (lab_to_rgb(torch.cat((lab[:, :1], planes), 1)) * 255).round() / 255


@torch.no_grad()
def pool_features(lpips: LPIPS, rgb: Tensor) -> Tensor:
    """Return the mean of conv5_3's maps, (512,)."""
    return lpips.features(rgb)[-1].float().mean((0, 2, 3))


def frechet_distance(one: Tensor, other: Tensor) -> float:
    """Return the Fréchet distance of two Gaussians fitted to rows (N, C) (Heusel et al., NeurIPS 2017)."""
    means = [rows.double().mean(0) for rows in (one, other)]
    covariances = [torch.cov(rows.double().T) for rows in (one, other)]
    product = np.linalg.eigvals((covariances[0] @ covariances[1]).numpy()).real.clip(0)
    trace = covariances[0].trace() + covariances[1].trace() - 2 * np.sqrt(product).sum()
    return ((means[0] - means[1]).square().sum() + trace).item()


if __name__ == "__main__":
    main()
