"""The recipe of the weights that enlarge: `python -m training.enlarging.train --data FOLDER [--minutes N] [--resume]
[--release]`.

Crops of sharp photos are made a half and a fourth as large, and the network learns the way back for both in turn: one
body, a head for each factor. The loss is Charbonnier's alone, on every pixel: nothing rewards detail that is likely
rather than there, so no face gets features that the photo has not. A share of the small crops has a little noise or
was a JPEG file. The rate falls along a cosine; what is released is the moving average of the weights.

With `--release` the weights are written with their figures on `bsds-val` (`training.enlarging.measure`).
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from imaging.tensors import to_pixels
from networks.restoration.enlarger import FACTORS, Enlarger
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.ema import EMA
from training.common.export import export
from training.common.half_precision import call_in_half
from training.common.metrics import psnr
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up
from training.enlarging import measure
from training.enlarging.pairs import load_photos, load_validation_pairs, make_pair

SETTINGS: dict[str, Any] = {"width": 32, "blocks": 3}
SEED = 2017
LICENCE = "Trained on pictures under research terms: see the card"
SIDES = {2: 48, 4: 36}  # of the small crops
RATE, WARM_UP_STEPS = 2e-3, 100
EMA_DECAY = 0.998
LOG_EVERY, VALIDATE_EVERY = 50, 500


def main() -> None:
    names = ("data", "threads", "resume", "release", "weights")
    parser = build_parser(__doc__, *names, minutes=15.0, batch=16, out=Path("runs/enlarge"))
    arguments = parser.parse_args()
    set_up(arguments.threads, SEED)
    pictures, held = load_photos(arguments.data)
    pairs = {factor: load_validation_pairs(held, factor) for factor in FACTORS}

    trainer = Trainer(Enlarger(**SETTINGS))
    run = Run("enlarge", out=arguments.out, minutes=arguments.minutes)
    run.register(network=trainer.network, ema=trainer.ema, optimiser=trainer.optimiser)
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        set_rate(trainer.optimiser, RATE * decay_by_cosine(run.progress()) * warm_up(step, WARM_UP_STEPS))
        factor = FACTORS[step % 2]
        loss = trainer.step(*draw_batch(pictures, factor, arguments.batch, step), factor)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, loss=loss.item())
        if step % VALIDATE_EVERY == 0:
            run.log(step, **validate(trainer.ema.network, pairs))
            run.checkpoint(step)
    run.log(step, **validate(trainer.ema.network, pairs))
    run.checkpoint(step)
    torch.save(trainer.ema.network.state_dict(), run.out / "ema.pt")
    if arguments.release:
        figures = measure.measure(trainer.ema.network, measure.load_bsds(arguments.data))
        export("enlarge", "enlarger", SETTINGS, trainer.ema.network, LICENCE, "enlarge.md", figures, arguments.weights)


def draw_batch(pictures: list[np.ndarray], factor: int, count: int, step: int) -> tuple[Tensor, Tensor]:
    """Return small and large crops, float32 (count, 3, side, side) in [0, 1], those of this step."""
    random = np.random.default_rng((SEED, step))
    chosen = random.integers(len(pictures), size=count)
    pairs = [make_pair(pictures[number], SIDES[factor], factor, random) for number in chosen]
    small, large = zip(*pairs, strict=True)
    return to_batch(np.stack(small)), to_batch(np.stack(large))


class Trainer:
    """The network, its moving average and its optimiser, and one step of training."""

    def __init__(self, network: Enlarger):
        self.network = network.to(memory_format=torch.channels_last)
        self.ema = EMA(self.network, EMA_DECAY)
        self.optimiser = Muon(self.network, RATE)

    def step(self, small: Tensor, large: Tensor, factor: int) -> Tensor:
        error = call_in_half(Headed(self.network, factor), small).float() - large
        loss = torch.sqrt(error * error + 1e-6).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.ema.update(self.network)
        return loss.detach()


class Headed(nn.Module):
    """The network with one of its heads: it enlarges by `factor`."""

    def __init__(self, network: Enlarger, factor: int):
        super().__init__()
        self.network, self.factor = network, factor

    def forward(self, picture: Tensor) -> Tensor:
        return self.network.enlarge(picture, self.factor)


@torch.no_grad()
def validate(network: Enlarger, pairs: dict[int, list[tuple[np.ndarray, np.ndarray]]]) -> dict[str, float]:
    """Return the mean gain in PSNR over bicubic for each factor, in dB, RGB, in eight bits."""
    figures = {}
    for factor, pictures in pairs.items():
        gains = []
        for small, large in pictures:
            enlarged = to_pixels(call_in_half(Headed(network, factor), to_batch(small[None])))
            gains.append(psnr(enlarged, large) - psnr(measure.enlarge_plainly(small, factor), large))
        figures[f"x{factor}_gain"] = float(np.mean(gains))
    return figures


if __name__ == "__main__":
    main()
