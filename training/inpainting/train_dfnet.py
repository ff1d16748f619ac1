"""Teach DFNet to fill holes: `python -m training.inpainting.train_dfnet --data FOLDER [--minutes N] [--device cuda]
[--resume]`.

With `--features`, which `training.common.perceptual` makes, texture is judged too. Pictures are packed into one tensor
of squares and holes into another, on the device, so that a fast one never waits for the processor. On a GPU, for half
an hour (the released weights come from a processor; their card has the commands):

    python -m training.common.perceptual --data FOLDER --device cuda --minutes 3 python -m
    training.inpainting.train_dfnet --data FOLDER --device cuda --batch 48 --side 256 --minutes 24 --features FILE
    python -m training.inpainting.measure --data FOLDER --state runs/dfnet/average.pt --export

What is kept is the moving average of the weights (average.pt). The rate follows the clock and ends near zero whenever
the run ends. The network computes in bfloat16; losses are float32.
"""

import argparse
import math
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from networks.dfnet import DFNet, laplace_fill
from training.common import perceptual, squares
from training.common.archives import members, read_grey
from training.common.muon import Muon
from training.common.run import Run
from training.inpainting import hole_masks
from training.inpainting.dfnet_losses import losses

SEED = 1904
WIDTH, LEVELS = 24, 6
SIDE, ROOM = 192, 32  # of a crop, and how much larger the squares are from which it is cut
SHEET = (320, 480)  # holes are cut out of those for a photo of this size, so that they are as thick as in use
MIN_HOLE, MAX_HOLE = 0.05, 0.6
HOLES = 3000
RATE, WARM_UP_STEPS, LAST_RATE_SHARE = 1e-3, 100, 0.01
AVERAGE_DECAY = 0.995
GRADIENT_LIMIT = 1.0
LOG_EVERY, VALIDATE_EVERY, VALIDATION_PICTURES = 25, 150, 48
MIN_ERROR = 1e-5  # squared, in a hole: 50 dB, so that one plain black picture is not the whole mean


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    material = Material(arguments)
    features = perceptual.load(arguments.features) if arguments.features else None
    network = DFNet(arguments.width, arguments.levels, smooth=True)
    if arguments.begin:
        network.load_state_dict(coders(arguments.begin), strict=False)
    trainer = Trainer(network, features, arguments.device)
    run = Run("dfnet", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.stateful())
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        trainer.set_rate(run.progress(), step)
        figures = trainer.step(*material.batch(arguments.batch, step))
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in figures.items()})
        if step % VALIDATE_EVERY == 0:
            run.log(step, **material.validate(trainer.average))
            run.checkpoint(step)
    run.log(step, **material.validate(trainer.average))
    run.checkpoint(step)
    torch.save(trainer.average.state_dict(), run.out / "average.pt")


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the archives")
    parser.add_argument(
        "--features", type=Path, help="of training.common.perceptual; without it texture is not asked for"
    )
    parser.add_argument("--begin", type=Path, help="an average.pt whose encoder and decoder are gone on with")
    parser.add_argument("--minutes", type=float, default=24.0)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--width", type=int, default=WIDTH, help="channels of the first layer")
    parser.add_argument("--levels", type=int, default=LEVELS, help="how often the network halves")
    parser.add_argument("--side", type=int, default=SIDE, help="of a crop, a multiple of 2^levels")
    parser.add_argument("--pictures", type=int, help="no more than so many squares, for a small machine")
    parser.add_argument("--holes", type=int, default=HOLES)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--out", type=Path, default=Path("runs/dfnet"))
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser.parse_args(words)


def coders(path: Path) -> dict[str, Tensor]:
    """Return of a saved state what is not of the fusions, which begin anew."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name: tensor for name, tensor in state.items() if not name.startswith("fusions.")}


class Material:
    """Squares and holes to train on, and pairs of them to measure on, all on the device."""

    def __init__(self, arguments: argparse.Namespace):
        random = np.random.default_rng(SEED)
        self.device, self.side = arguments.device, arguments.side
        train, held = squares.list_members(arguments.data)
        random.shuffle(train)
        random.shuffle(held)
        self.squares = squares.bank(train[: arguments.pictures], self.side + ROOM, random).to(self.device)
        masks = [read_grey(member) < 128 for member in members(arguments.data, "validation.zip", "irregular-masks/")]
        drawn = [window(self.side, random, masks) for _ in range(arguments.holes)]
        self.holes = torch.from_numpy(np.stack(drawn))[:, None].to(self.device)
        held = held[: min(VALIDATION_PICTURES, arguments.pictures or VALIDATION_PICTURES)]
        self.held = squares.bank(held, self.side, random).float() / 255
        judged = [window(self.side, random) for _ in held]
        self.held_known = 1 - torch.from_numpy(np.stack(judged))[:, None].float()

    def batch(self, count: int, step: int) -> tuple[Tensor, Tensor]:
        """Return pictures (count, 3, side, side) and what is known of them (count, 1, side, side)."""
        generator = torch.Generator(self.device).manual_seed(SEED * 1_000_003 + step)
        pictures = squares.batch(self.squares, count, self.side, generator)
        known = 1 - self._holes(count, generator).float()
        return pictures, known

    def _holes(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw holes, turned as a whole batch; now and then two at once."""
        drawn = torch.randint(len(self.holes), (2, count), generator=generator, device=self.device)
        both = torch.rand((count, 1, 1, 1), generator=generator, device=self.device) < 0.2
        found = self.holes[drawn[0]] | (self.holes[drawn[1]] & both)
        turns = int(torch.randint(4, (), generator=generator, device=self.device))
        return torch.rot90(found, turns, (2, 3))

    @torch.no_grad()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """Return the mean PSNR inside the holes of held-back pictures, and how much better than a smooth fill it is."""
        filled = self._psnr(lambda given: network(given).float())
        return {
            "hole_psnr": filled,
            "gain": filled - self._psnr(lambda given: laplace_fill(given[:, :3], given[:, 3:])),
        }

    def _psnr(self, fill: Callable[[Tensor], Tensor]) -> float:
        found = []
        for start in range(0, len(self.held), 8):
            pictures, known = (part[start : start + 8].to(self.device) for part in (self.held, self.held_known))
            result = fill(torch.cat((pictures * known, known), 1))
            squared = ((result - pictures) ** 2).mean(1, keepdim=True) * (1 - known)
            errors = squared.sum((1, 2, 3)) / (1 - known).sum((1, 2, 3))
            found += errors.clamp(min=MIN_ERROR).log10().mul(-10).tolist()
        return sum(found) / len(found)


def window(side: int, random: np.random.Generator, masks: list[np.ndarray] | None = None) -> np.ndarray:
    """Return a hole, bool (side, side), cut from one over a whole photo: of any kind with `masks`, else strokes."""
    while True:
        if masks is None:
            hole = hole_masks.irregular(*SHEET, 0.1, 0.4, random)
        else:
            hole = hole_masks.random_hole(*SHEET, random, masks)
        for _ in range(4):
            top, left = (int(random.integers(length - side + 1)) for length in hole.shape)
            part = hole[top : top + side, left : left + side]
            if MIN_HOLE <= part.mean() <= MAX_HOLE:
                return part


class Trainer:
    """The network, its moving average, the optimiser, and one step."""

    def __init__(self, network: nn.Module, features: nn.Module | None, device: str):
        self.device = device
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.average = deepcopy(self.network).eval().requires_grad_(False)
        self.features = features and features.to(device, memory_format=torch.channels_last)
        self.optimiser = Muon(self.network, RATE, weight_decay=1e-4)
        self.steps = 0

    def stateful(self) -> dict:
        return {"network": self.network, "average": self.average, "optimiser": self.optimiser}

    def set_rate(self, progress: float, step: int) -> None:
        """A linear warm-up, then a cosine over the clock."""
        self.steps = step
        falling = LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * 0.5 * (1 + math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = RATE * falling * min(1.0, (step + 1) / WARM_UP_STEPS)

    def step(self, pictures: Tensor, known: Tensor) -> dict[str, Tensor]:
        """Take one step; return the terms of the loss and the gradient's norm before it was clipped."""
        given = torch.cat((pictures * known, known), 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16):
            scales = self.network(given)
        scales = [type(scale)(*(plane.float() for plane in scale)) for scale in scales]
        terms = losses(scales, pictures, known, self.features)
        loss = sum(terms.values())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        self._follow()
        return {"loss": loss.detach(), "gradient": gradient} | {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the weights, faster at first; counters and running means are taken over."""
        share = 1 - min(AVERAGE_DECAY, (1 + self.steps) / (10 + self.steps))
        means, values = list(self.average.parameters()), list(self.network.parameters())
        torch._foreach_lerp_(means, values, share)
        for mean, value in zip(self.average.buffers(), self.network.buffers(), strict=True):
            mean.copy_(value)


if __name__ == "__main__":
    main()
