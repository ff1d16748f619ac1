"""Neural patch synthesis: the pixels of a hole are optimised until its features look like those around it.

Yang, Lu, Lin, Shechtman, Wang, Li: "High-Resolution Image Inpainting using Multi-Scale Neural Patch Synthesis", CVPR
2017 (arXiv, 2016). At each scale of a pyramid, coarse to fine, three things are asked of the hole: to stay near what
the scale before says (at the first, a content network or any other guess); that each patch of its feature maps be like
the known one nearest to it; and little variation. The features are those of any network that gives maps at falling
sizes.

Where this is not as in the paper: the features are far smaller ones, read at other depths and with the pixels they
stand for beside them, so that the weights are our own but for that of the variation; Adam takes the steps, not L-BFGS;
and at the end each pixel is copied from the known patches most like what was made there
(`imaging.inpainting.upsample_fill`), which takes away the grain that an optimiser leaves and makes any size out of the
working one.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from imaging.inpainting import neural_energy
from imaging.inpainting.neural_energy import Energy, Features, Reader
from imaging.inpainting.patch_fill import measure_thickness
from imaging.inpainting.upsample_fill import upsample_fill
from imaging.tensors import to_pixels, to_tensor

MAX_SIDE = 512  # pixels of the longer side at the finest scale
THICK, MIN_SHORT_SIDE = (
    48,
    40,
)  # pixels: the hole is no thicker at the coarsest, unless the shorter side would be too short
MIN_SIDE = 16  # pixels of the shorter side: with less there are no patches, and the guess stands
STEPS = (60, 40, 24)  # at the coarsest scale, the next, and all finer ones
RATE = 0.02
REFRESH = 6  # steps after which the nearest patches are looked up again
MARGIN = 32  # pixels around the hole that its features can see
SPOILED = 6  # pixels around the hole: so near, features know too much of what is in it
WITHHELD_CELLS, WITHHELD_SHARE = 6, 0.4  # for alternatives: cells across the picture, and how many are withheld
NOISE = 0.08  # of the range, in the start of alternatives

BEGUN, SETTLED = 0.1, 0.9  # of the progress: what the guess takes, and where all scales are through

Report = Callable[[float], None]
# What the coarsest scale starts from: guess(rgb uint8 (h, w, 3), hole, barred bool (h, w), report) -> uint8 (h, w, 3)
Guess = Callable[[np.ndarray, np.ndarray, np.ndarray, Report], np.ndarray]


class Scene(NamedTuple):
    """One scale. rgb: uint8 (h, w, 3); hole, barred: bool (h, w), what is missing, and what must not be copied."""

    rgb: np.ndarray
    hole: np.ndarray
    barred: np.ndarray


class Way(NamedTuple):
    """What all scales share."""

    features: Features
    seed: int
    random: torch.Generator
    device: str
    half: torch.dtype | None


def synthesize(
    rgb: np.ndarray,
    hole: np.ndarray,
    features: Features,
    guess: Guess,
    seed: int = 0,
    barred: np.ndarray | None = None,
    report: Report = lambda share: None,
    device: str = "cpu",
    half: torch.dtype | None = None,
) -> np.ndarray:
    """Return uint8 (H, W, 3) `rgb` with the `hole`, bool (H, W), filled; all other pixels are the same.

    seed: another than 0 withholds part of the known patches and starts from a noisier guess: alternatives, the same
    for the same number. barred: bool (H, W), known pixels that must not be copied. report: gets the share done, in
    (0, 1], at every step. device: where the features are. half: a type of 16
    bits for features and distances, None for float32.
    """
    full = Scene(rgb, hole, hole if barred is None else barred | hole)
    way = Way(features, seed, torch.Generator().manual_seed(seed), device, half)
    factors = _choose_factors(hole.shape, measure_thickness(hole))
    if min(hole.shape) < MIN_SIDE * factors[-1]:
        return np.where(hole[:, :, None], guess(*full, report), rgb)
    shares = _split_progress(factors)
    for number, factor in enumerate(factors):
        scene = _reduce(full, factor)
        if number == 0:
            filled = to_tensor(guess(*scene, partial(_tell, report, 0.0, BEGUN)), device)
        else:
            filled = F.interpolate(filled, size=scene.hole.shape, mode="bicubic").clamp(0, 1)
        filled = _optimize_scale(scene, filled, way, number, partial(_tell, report, *shares[number]))
    result = upsample_fill(*full, to_pixels(filled), factors[-1], seed, partial(_tell, report, SETTLED, 1 - SETTLED))
    report(1.0)
    return result


def _tell(report: Report, begin: float, length: float, part: float) -> None:
    report(begin + length * part)


def _choose_factors(shape: tuple[int, int], thick: float) -> list[int]:
    """Return how many times smaller each scale is, coarsest first, all powers of two."""
    last = 1
    while max(shape) > MAX_SIDE * last:
        last *= 2
    factors = [last]
    while thick > THICK * factors[0] and min(shape) > 2 * MIN_SHORT_SIDE * factors[0]:
        factors.insert(0, factors[0] * 2)
    return factors


def _count_steps(number: int) -> int:
    return STEPS[min(number, len(STEPS) - 1)]


def _split_progress(factors: list[int]) -> list[tuple[float, float]]:
    """Return where the progress of each scale begins, and how long it is."""
    costs = np.array([_count_steps(number) / factor**2 for number, factor in enumerate(factors)], np.float64)
    lengths = costs / costs.sum() * (SETTLED - BEGUN)
    return list(zip(BEGUN + np.cumsum(lengths) - lengths, lengths, strict=True))


def _reduce(scene: Scene, factor: int) -> Scene:
    """Return the scene so many times smaller; what touches the hole belongs to it."""
    if factor == 1:
        return scene
    size = tuple(-(-side // factor) for side in scene.hole.shape[::-1])
    hole, barred = (
        cv2.resize(places.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 1e-6
        for places in (scene.hole, scene.barred)
    )
    return Scene(cv2.resize(scene.rgb, size, interpolation=cv2.INTER_AREA), hole, barred)


def _optimize_scale(scene: Scene, start: Tensor, way: Way, number: int, report: Report) -> Tensor:
    """Return the picture of the scale of this number, (1, 3, h, w), its hole optimised from `start`."""
    hole = torch.from_numpy(scene.hole).to(way.device)
    whole = torch.where(hole, start, to_tensor(scene.rgb, way.device))
    if way.seed and number == 0:
        noise = torch.randn(whole.shape, generator=way.random).to(way.device) * NOISE
        whole = torch.where(hole, (whole + noise).clamp(0, 1), whole)
    reader = Reader(way.features, whole, way.half)
    known = neural_energy.collect_known_patches(whole, _find_usable(scene, way, number), reader, way.random)
    window = (..., *_find_window(scene.hole))
    energy = Energy(whole[window], hole[window], reader, known)
    pixels = energy.start.clone().requires_grad_()
    optimiser = torch.optim.Adam([pixels], RATE, betas=(0.9, 0.99))
    for step in range(_count_steps(number)):
        with torch.enable_grad():
            optimiser.zero_grad()
            torch.autograd.backward(energy(pixels, look_up=step % REFRESH == 0))
        optimiser.step()
        report((step + 1) / _count_steps(number))
    whole[window] = energy.compose(pixels.detach()).clamp(0, 1)
    return whole


def _find_usable(scene: Scene, way: Way, number: int) -> Tensor:
    """Return which pixels may be copied, bool (h, w); an alternative has fewer at the coarsest scale."""
    spoiled = cv2.dilate(scene.hole.astype(np.uint8), np.ones((2 * SPOILED + 1,) * 2, np.uint8)) > 0
    usable = ~(spoiled | scene.barred)
    if way.seed and number == 0:
        cells = torch.rand((WITHHELD_CELLS, WITHHELD_CELLS), generator=way.random) >= WITHHELD_SHARE
        fewer = cv2.resize(cells.numpy().astype(np.uint8), usable.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        usable = usable & fewer if (usable & fewer).any() else usable
    return torch.from_numpy(usable).to(way.device)


def _find_window(hole: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of the hole and what its features can see, beginning at multiples of four."""
    spans = []
    for axis in (1, 0):
        found = np.flatnonzero(hole.any(axis))
        begin = max(0, int(found[0]) - MARGIN) // 4 * 4
        spans.append(slice(begin, min(hole.shape[1 - axis], int(found[-1]) + 1 + MARGIN)))
    rows, columns = spans
    return rows, columns
