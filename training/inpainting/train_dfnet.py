"""Teach DFNet to fill holes: `python -m training.inpainting.train_dfnet --data FOLDER [--minutes N] [--device cuda]
[--resume]`.

With `--features`, which `training.common.perceptual` makes, texture is judged too. Crops of pictures are packed into
one tensor and holes into another, on the device, so that a fast one never waits for the processor. On a GPU, for half
an hour (the released weights come from a processor; their card has the commands):

    python -m training.common.perceptual --data FOLDER --device cuda --minutes 3
    python -m training.inpainting.train_dfnet --data FOLDER --device cuda --batch 48 --side 256 --minutes 24 \
        --features FILE
    python -m training.inpainting.measure --data FOLDER --state runs/dfnet/average.pt --export

What is released is the moving average of the weights (average.pt). The rate follows the clock and ends near zero
whenever the run ends. The network computes in bfloat16; losses are float32.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from networks.dfnet import DFNet, laplace_fill
from networks.features import FeatureNetwork
from training.common import crops, perceptual
from training.common.archives import list_members, read_grey
from training.common.arguments import build_parser
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.muon import Muon
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up
from training.inpainting import hole_masks
from training.inpainting.dfnet_losses import compute_losses

SEED = 1904
WIDTH, LEVELS = 24, 6
SIDE, ROOM = 192, 32  # of a crop, and how much larger those are from which it is cut
SHEET = (320, 480)  # holes are cut out of those for a photo of this size, so that they are as thick as in use
MIN_HOLE, MAX_HOLE = 0.05, 0.6
HOLES = 3000
RATE, WARM_UP_STEPS, LAST_RATE_SHARE = 1e-3, 100, 0.01
EMA_DECAY, EMA_WARM_UP = 0.995, 9
GRADIENT_LIMIT = 1.0
LOG_EVERY, VALIDATE_EVERY, VALIDATION_PICTURES = 25, 150, 48
MIN_ERROR = 1e-5  # squared, in a hole: 50 dB, so that one plain black picture is not the whole mean


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    material = Material(arguments)
    features = perceptual.load_features(arguments.features) if arguments.features else None
    network = DFNet(arguments.width, arguments.levels, smooth=True)
    if arguments.begin:
        network.load_state_dict(load_coders(arguments.begin), strict=False)
    trainer = Trainer(network, features, arguments.device)
    run = Run("dfnet", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.states())
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        trainer.set_rate(run.progress(), step)
        figures = trainer.step(*material.batch(arguments.batch, step))
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in figures.items()})
        if step % VALIDATE_EVERY == 0:
            run.log(step, **material.validate(trainer.ema.network))
            run.checkpoint(step)
    run.log(step, **material.validate(trainer.ema.network))
    run.checkpoint(step)
    torch.save(trainer.ema.network.state_dict(), run.out / "average.pt")


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    defaults = {"minutes": 24.0, "out": Path("runs/dfnet"), "batch": 48, "width": WIDTH, "holes": HOLES, "threads": 4}
    parser = build_parser(__doc__, "data", "device", "resume", **defaults)
    parser.add_argument(
        "--features", type=Path, help="of training.common.perceptual; without it texture is not asked for"
    )
    parser.add_argument("--begin", type=Path, help="an average.pt whose encoder and decoder are gone on with")
    parser.add_argument("--levels", type=int, default=LEVELS, help="how often the network halves")
    parser.add_argument("--side", type=int, default=SIDE, help="of a crop, a multiple of 2^levels")
    parser.add_argument("--pictures", type=int, help="no more than so many, for a small machine")
    return parser.parse_args(words)


def load_coders(path: Path) -> dict[str, Tensor]:
    """Return of a saved state what is not of the fusions, which begin anew."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name: tensor for name, tensor in state.items() if not name.startswith("fusions.")}


class Material:
    """Crops and holes to train on, and pairs of them to measure on, all on the device."""

    def __init__(self, arguments: argparse.Namespace):
        random = np.random.default_rng(SEED)
        self.device, self.side = arguments.device, arguments.side
        train, held = crops.list_sources(arguments.data)
        random.shuffle(train)
        random.shuffle(held)
        self.crops = crops.cut_crops(train[: arguments.pictures], self.side + ROOM, random).to(self.device)
        masks = [
            read_grey(member) < 128 for member in list_members(arguments.data, "validation.zip", "irregular-masks/")
        ]
        drawn = [draw_window(self.side, random, masks) for _ in range(arguments.holes)]
        self.holes = torch.from_numpy(np.stack(drawn))[:, None].to(self.device)
        held = held[: min(VALIDATION_PICTURES, arguments.pictures or VALIDATION_PICTURES)]
        self.held = crops.cut_crops(held, self.side, random).float() / 255
        judged = [draw_window(self.side, random) for _ in held]
        self.held_known = 1 - torch.from_numpy(np.stack(judged))[:, None].float()

    def batch(self, count: int, step: int) -> tuple[Tensor, Tensor]:
        """Return pictures (count, 3, side, side) and what is known of them (count, 1, side, side)."""
        generator = torch.Generator(self.device).manual_seed(SEED * 1_000_003 + step)
        pictures = crops.draw_batch(self.crops, count, self.side, generator)
        known = 1 - self._draw_holes(count, generator).float()
        return pictures, known

    def _draw_holes(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw holes, turned as a whole batch; now and then two at once."""
        drawn = torch.randint(len(self.holes), (2, count), generator=generator, device=self.device)
        both = torch.rand((count, 1, 1, 1), generator=generator, device=self.device) < 0.2
        found = self.holes[drawn[0]] | (self.holes[drawn[1]] & both)
        turns = int(torch.randint(4, (), generator=generator, device=self.device))
        return torch.rot90(found, turns, (2, 3))

    @torch.no_grad()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """Return the mean PSNR inside the holes of held-back pictures, and how much better than a smooth fill it is."""
        filled = self._measure_psnr(lambda given: network(given).float())
        return {
            "hole_psnr": filled,
            "gain": filled - self._measure_psnr(lambda given: laplace_fill(given[:, :3], given[:, 3:])),
        }

    def _measure_psnr(self, fill: Callable[[Tensor], Tensor]) -> float:
        found = []
        for start in range(0, len(self.held), 8):
            pictures, known = (part[start : start + 8].to(self.device) for part in (self.held, self.held_known))
            result = fill(torch.cat((pictures * known, known), 1))
            squared_error = ((result - pictures) ** 2).mean(1, keepdim=True) * (1 - known)
            errors = squared_error.sum((1, 2, 3)) / (1 - known).sum((1, 2, 3))
            found += errors.clamp(min=MIN_ERROR).log10().mul(-10).tolist()
        return sum(found) / len(found)


def draw_window(side: int, random: np.random.Generator, masks: list[np.ndarray] | None = None) -> np.ndarray:
    """Return a hole, bool (side, side), cut from one over a whole photo: of any kind with `masks`, else strokes."""
    while True:
        if masks is None:
            hole = hole_masks.draw_irregular(*SHEET, 0.1, 0.4, random)
        else:
            hole = hole_masks.draw_hole(*SHEET, random, masks)
        for _ in range(4):
            top, left = (int(random.integers(length - side + 1)) for length in hole.shape)
            part = hole[top : top + side, left : left + side]
            if MIN_HOLE <= part.mean() <= MAX_HOLE:
                return part


class Trainer:
    """The network, its moving average, the optimiser, and one step."""

    def __init__(self, network: nn.Module, features: FeatureNetwork | None, device: str):
        self.device = device
        self.network = network.to(device).to(memory_format=torch.channels_last).train()
        self.ema = EMA(self.network, EMA_DECAY, EMA_WARM_UP)
        self.features = features and features.to(device).to(memory_format=torch.channels_last)
        self.optimiser = Muon(self.network, RATE, weight_decay=1e-4)

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        return {"network": self.network, "ema": self.ema, "optimiser": self.optimiser}

    def set_rate(self, progress: float, step: int) -> None:
        """Set a linear warm-up, then a cosine over the clock."""
        set_rate(self.optimiser, RATE * decay_by_cosine(progress, LAST_RATE_SHARE) * warm_up(step, WARM_UP_STEPS))

    def step(self, pictures: Tensor, known: Tensor) -> dict[str, Tensor]:
        """Take one step; return the terms of the loss and the gradient's norm before it was clipped."""
        given = torch.cat((pictures * known, known), 1).contiguous(memory_format=torch.channels_last)
        with autocast(self.device):
            scales = self.network(given)
        scales = [type(scale)(*(plane.float() for plane in scale)) for scale in scales]
        terms = compute_losses(scales, pictures, known, self.features)
        loss = sum(terms.values(), torch.zeros(()))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        self.ema.update(self.network)
        return {"loss": loss.detach(), "gradient": gradient} | {name: term.detach() for name, term in terms.items()}


if __name__ == "__main__":
    main()
