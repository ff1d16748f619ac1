"""How well a colorizer does on left-out sources, while it trains: at its best gain, and beside one constant tone."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from networks.palette_colorizer import PaletteColorizer
from training.colorizing.crops import Batch, crop_centre, make_batch
from training.colorizing.metrics import measure_agreement
from training.colorizing.pictures import TRAINING, VALIDATION, Source, load_coloured_pictures
from training.common.half_precision import autocast

SIDE = 160  # pixels of the centred crops
COUNT = 120  # of each source at most
HELD_COUNT, LEFT_OUT_COUNT = 12, 40  # for the calibration, of each training source and of each that is left out
SMALL = ("tiny-0.zip", "tiny-1.zip", "faces.zip")


def load_validation_batch(data: Path, sources: tuple[Source, ...], side: int = SIDE, count: int = COUNT) -> Batch:
    """Return centred crops of the sources, greyed but not degraded; `count` of each at most."""
    return make_batch([crop for source in sources for crop in load_centred_crops(data, source, side, count)])


def load_calibration_batch(data: Path, side: int) -> Batch:
    """Return centred crops of all kinds, none of them learnt from: of each training source, and of those left out.

    Small pictures and faces, which fill training with one kind each, are not among them.
    """
    kinds = [source for source in TRAINING if source.archive not in SMALL]
    crops = [crop for source in kinds for crop in load_centred_crops(data, source, side, HELD_COUNT, held=True)]
    for source in VALIDATION:
        crops += load_centred_crops(data, source, side, LEFT_OUT_COUNT)
    return make_batch(crops)


def load_centred_crops(data: Path, source: Source, side: int, count: int, held: bool | None = None) -> list[np.ndarray]:
    """Return at most `count` centred crops of a source, evenly chosen, uint8 (side, side, 3)."""
    pictures = list(load_coloured_pictures(data, source, held))
    chosen = np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)
    return [crop_centre(pictures[index], side) for index in chosen]


@torch.no_grad()
def validate(network: PaletteColorizer, held: Batch) -> dict[str, float]:
    """Return errors as parts of the grey picture's: RMSE of the best possible gain, and at a colourfulness of .8.

    `tone`: RMSE of the one constant tone that suits these pictures best, which no network is told.
    """
    network.eval()
    with autocast("cpu"):
        parts = [network.predict_flip_tta(part) for part in held.lightness.split(16)]
    logits = torch.cat(parts)[:, :, ::2, ::2]
    lightness, true = (F.avg_pool2d(planes, 2)[:, :, ::2, ::2] for planes in (held.lightness, held.chroma))
    mean = network.chroma(logits, temperature=1.0, contrast=0.0) / network.gain
    lively = network.chroma(logits, temperature=0.65, contrast=0.0) / network.gain
    gain = find_gain(lightness, lively, true, 0.8)
    figures = measure_agreement(lightness, gain * lively, true)
    return {
        "rmse_best": _measure_rmse(mean * _find_best_gain(mean, true), true),
        "tone": _measure_rmse(true.mean((0, 2, 3), keepdim=True), true),
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
        gain = min(4.0, gain * wanted / max(0.01, measure_agreement(lightness, gain * chroma, true).colourful))
    return gain


def _find_best_gain(chroma: Tensor, true: Tensor) -> Tensor:
    return (chroma * true).sum() / chroma.square().sum()


def _measure_rmse(chroma: Tensor, true: Tensor) -> float:
    return ((chroma - true).square().mean() / true.square().mean()).sqrt().item()
