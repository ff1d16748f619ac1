"""The recipe of the weights that take out noise: `python -m training.denoising.train --data FOLDER [--jpeg]
[--minutes N] [--resume] [--release]`.

Crops of sharp photos are made noisy by `training.denoising.noise`, and the network learns the way back without being
told which noise it was. The loss is the negative PSNR of each crop, in which 1 dB counts alike for light and for heavy
noise (as in Chen et al.: "Simple Baselines for Image Restoration", ECCV 2022). Crops grow with the clock; the rate
falls along a cosine; what is released is the moving average of the weights.

With `--jpeg` these are the weights for what JPEG leaves: they begin as those of `denoise`, and every crop begins where
a block of JPEG begins. The network halves the size three times, so one place of its coarsest maps is one block then,
and it need not find out where the blocks are.

With `--release` the weights are written with their figures (`training.denoising.measure`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from imaging.tensors import to_pixels
from networks import weights
from networks.restoration.denoiser import Denoiser
from training.common.archives import Member, read_rgb
from training.common.arguments import build_parser
from training.common.crops import cut_turned_crop, to_batch
from training.common.ema import EMA
from training.common.export import export
from training.common.half_precision import call_in_half
from training.common.metrics import psnr
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up
from training.deblurring.pairs import load_photos
from training.denoising import measure, noise

SETTINGS: dict[str, Any] = {"width": 64, "blocks": (1, 1), "middle": 2}
SEED = 2021
LICENCE = "Trained on pictures under research terms: see the card"
PARTS = ((0.6, 64, 16), (0.9, 96, 8), (1.0, 128, 5))  # until which part of the time, side, batch
SMALLEST = 0.5  # to which a photo is reduced first: that takes out what noise it has, and makes it sharper
WARM_UP_STEPS = 100
EMA_DECAY = 0.998
NEGLIGIBLE = 1e-4  # squared error: beyond 40 dB there is no more to gain
LOG_EVERY, VALIDATE_EVERY = 50, 500
VALIDATION_PICTURES, VALIDATION_SIDE = 16, 192


@dataclass(frozen=True)
class Goal:
    """The weights `name`, what they learn from, the peak of the rate, and the released weights that they begin with."""

    name: str
    kinds: Mapping[str, tuple[float, float]]
    rate: float
    on_grid: bool = False
    start: str = ""


GOALS = {
    "denoise": Goal("denoise", noise.KINDS, 2e-3),
    "denoise-jpeg": Goal("denoise-jpeg", noise.JPEG_KINDS, 1e-3, on_grid=True, start="denoise"),
}


def main() -> None:
    names = ("data", "threads", "resume", "release", "weights")
    parser = build_parser(__doc__, *names, minutes=40.0)
    parser.add_argument("--jpeg", action="store_true", help="train the weights for what JPEG leaves")
    arguments = parser.parse_args()
    goal = GOALS["denoise-jpeg" if arguments.jpeg else "denoise"]
    set_up(arguments.threads, SEED)
    pictures, held = load_photos(arguments.data)
    pairs = load_validation_pairs(held, goal)

    trainer = Trainer(cast(Denoiser, weights.load(goal.start)) if goal.start else Denoiser(**SETTINGS))
    run = Run(goal.name, minutes=arguments.minutes)
    run.register(network=trainer.network, ema=trainer.ema, optimiser=trainer.optimiser)
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        progress = run.progress()
        set_rate(trainer.optimiser, goal.rate * decay_by_cosine(progress) * warm_up(step, WARM_UP_STEPS))
        side, count = next((side, count) for until, side, count in PARTS if progress < until)
        level = trainer.step(*draw_batch(pictures, side, count, step, goal))
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, level=level.item())
        if step % VALIDATE_EVERY == 0:
            run.log(step, **validate(trainer.ema.network, pairs))
            run.checkpoint(step)
    run.log(step, **validate(trainer.ema.network, pairs))
    run.checkpoint(step)
    torch.save(trainer.ema.network.state_dict(), run.out / "ema.pt")
    if arguments.release:
        wear = measure.wear_files if arguments.jpeg else measure.wear_all
        figures = measure.measure({"network": trainer.ema.network}, measure.load_bsds(arguments.data), wear)
        export(
            goal.name, "denoiser", SETTINGS, trainer.ema.network, LICENCE, f"{goal.name}.md", figures, arguments.weights
        )


def draw_batch(pictures: list[np.ndarray], side: int, count: int, step: int, goal: Goal) -> tuple[Tensor, Tensor]:
    """Return noisy and clean crops, float32 (count, 3, side, side) in [0, 1], those of this step."""
    random = np.random.default_rng((SEED, step))
    chosen = random.integers(len(pictures), size=count)
    crops = (cut_turned_crop(pictures[number], side + noise.GRID, SMALLEST, random) for number in chosen)
    noisy, clean = zip(
        *(noise.make_pair(crop, random, kinds=goal.kinds, on_grid=goal.on_grid) for crop in crops), strict=True
    )
    return to_batch(np.stack(noisy)), to_batch(np.stack(clean))


class Trainer:
    """The network, its moving average and its optimiser, and one step of training."""

    def __init__(self, network: Denoiser):
        self.network = network.to(memory_format=torch.channels_last).train().requires_grad_(True)
        self.ema = EMA(self.network, EMA_DECAY)
        self.optimiser = Muon(self.network, 0.0)  # the rate is set before each step

    def step(self, noisy: Tensor, clean: Tensor) -> Tensor:
        """Take one step; return the negative PSNR in dB that the network had."""
        error = call_in_half(self.network, noisy).float() - clean
        level = 10 * torch.log10(error.square().mean((1, 2, 3)) + NEGLIGIBLE).mean()
        self.optimiser.zero_grad()
        level.backward()
        self.optimiser.step()
        self.ema.update(self.network)
        return level.detach()


def load_validation_pairs(held: list[Member], goal: Goal) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Return noisy and clean centres of held-back photos, 192 pixels a side, for each kind of noise."""
    pairs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for index, member in enumerate(held[:VALIDATION_PICTURES]):
        picture = read_rgb(member)
        top, left = ((length - VALIDATION_SIDE - noise.GRID) // 2 for length in picture.shape[:2])
        centre = picture[top : top + VALIDATION_SIDE + noise.GRID, left : left + VALIDATION_SIDE + noise.GRID]
        for number, kind in enumerate(goal.kinds):
            random = np.random.default_rng((SEED, index, number))
            pair = noise.make_pair(centre, random, kind, goal.kinds, goal.on_grid)
            pairs.setdefault(kind, []).append(pair)
    return pairs


@torch.no_grad()
def validate(network: Denoiser, pairs: dict[str, list[tuple[np.ndarray, np.ndarray]]]) -> dict[str, float]:
    """Return the mean PSNR in dB of held-back crops after the network, for each kind of noise."""
    figures = {}
    for kind, found in pairs.items():
        restored = [to_pixels(call_in_half(network, to_batch(noisy[None]))) for noisy, _ in found]
        levels = [psnr(picture, clean) for picture, (_, clean) in zip(restored, found, strict=True)]
        figures[kind] = float(np.mean(levels))
    return figures


if __name__ == "__main__":
    main()
