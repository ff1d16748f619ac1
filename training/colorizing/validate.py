"""How well a colorizer does on left-out sources, while it trains: at its best gain, and beside one constant tone."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from networks.palette_colorizer import PaletteColorizer
from networks.precision import half_type
from training.colorizing.first_pictures import Batch, as_batch, crop_centre
from training.colorizing.metrics import agreement
from training.colorizing.pictures import Source, load_coloured_pictures

SIDE = 160  # pixels of the centred squares
COUNT = 120  # of each source at most


def validation_batch(data: Path, sources: tuple[Source, ...], side: int = SIDE, count: int = COUNT) -> Batch:
    """Return centred squares of the sources, greyed but not degraded."""
    squares = []
    for source in sources:
        pictures = list(load_coloured_pictures(data, source))
        chosen = np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)
        squares += [crop_centre(pictures[index], side) for index in chosen]
    return as_batch(np.stack(squares), torch.full((len(squares),), -1), None)


@torch.no_grad()
def validate(network: PaletteColorizer, held: Batch) -> dict[str, float]:
    """Return errors as parts of the grey picture's: RMSE of the best possible gain, and at a colourfulness of .8.

    `tone`: RMSE of the one constant tone that suits these pictures best, which no network is told.
    """
    network.eval()
    half = half_type("cpu")
    with torch.autocast("cpu", half, enabled=half is not None):
        parts = [network.predict_flip_tta(part) for part in held.lightness.split(16)]
    logits = torch.cat(parts)[:, :, ::2, ::2]
    lightness, true = (F.avg_pool2d(planes, 2)[:, :, ::2, ::2] for planes in (held.lightness, held.chroma))
    mean = network.chroma(logits, temperature=1.0, contrast=0.0) / network.gain
    lively = network.chroma(logits, temperature=0.65, contrast=0.0) / network.gain
    gain = find_gain(lightness, lively, true, 0.8)
    figures = agreement(lightness, gain * lively, true)
    return {
        "rmse_best": _rmse(mean * _best_gain(mean, true), true),
        "tone": _rmse(true.mean((0, 2, 3), keepdim=True), true),
        "gain": gain,
        "rmse": figures.rmse,
        "ciede": figures.error,
        "colourfulness": figures.colourful,
        "bias_a": figures.bias_a,
        "bias_b": figures.bias_b,
    }


def find_gain(lightness: Tensor, chroma: Tensor, true: Tensor, wanted: float, steps: int = 4) -> float:
    """Return the gain at which `chroma` has the part `wanted` of the colourfulness of `true`."""
    gain = 1.0
    for _ in range(steps):
        gain = min(4.0, gain * wanted / max(0.01, agreement(lightness, gain * chroma, true).colourful))
    return gain


def _best_gain(chroma: Tensor, true: Tensor) -> Tensor:
    return (chroma * true).sum() / chroma.square().sum()


def _rmse(chroma: Tensor, true: Tensor) -> float:
    return ((chroma - true).square().mean() / true.square().mean()).sqrt().item()
