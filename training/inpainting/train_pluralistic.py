"""Teach pluralistic completion faces: `python -m training.inpainting.train_pluralistic --data FOLDER [--minutes N]
[--device cuda]`.

The faces of `training.inpainting.train_dcgan` with strokes, boxes and blobs as holes; both paths in each step, each
with a critic of its own. On one processor core, in bfloat16:

    python -m training.inpainting.train_pluralistic --data FOLDER --minutes 40
    python -m training.inpainting.measure_faces --data FOLDER --network pluralistic \
        --state runs/pluralistic/average.pt --export

What is released is the moving average of the weights (average.pt); the rate follows the clock; `--resume` goes on.
Sheets of four completions of each of some held-back faces are written beside the checkpoint, to be judged by eye.
"""

import argparse
from pathlib import Path
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from networks.discriminators.pluralistic import PluralisticDiscriminator
from networks.pluralistic import Pluralistic
from training.common.arguments import build_parser
from training.common.crops import draw_batch
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.run import Run, set_up
from training.common.schedule import hold_and_decay, set_rate
from training.inpainting import hole_masks
from training.inpainting.pluralistic_losses import (
    ADVERSARIAL_WEIGHT,
    APPEARANCE_WEIGHT,
    DIVERGENCE_WEIGHT,
    compute_adversarial_losses,
    compute_appearance_loss,
    compute_critic_loss,
    compute_divergences,
)
from training.inpainting.train_dcgan import improve, load_faces, load_validation_faces, measure_hole_psnrs

SEED = 2019
WIDTH, BATCH = 16, 16
RATE, CRITIC_RATE, BETAS = 5e-4, 2e-4, (0.0, 0.99)
STEADY, LAST_RATE_SHARE = 0.5, 0.05  # the rates hold for that part of the time, then fall to that of their peak
EMA_DECAY = 0.995
GRADIENT_LIMIT = 5.0
HOLES, COMPLETIONS = 3000, 4
LOG_EVERY, VALIDATE_EVERY, VALIDATION_FACES = 25, 250, 64


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    network = Pluralistic(arguments.width)
    train, held = load_faces(arguments.data)
    train, judged = train.to(arguments.device), load_validation_faces(held[:VALIDATION_FACES])
    hidden = draw_holes(arguments.holes, network.side).to(arguments.device)
    trainer = Trainer(network, arguments.device)
    run = Run("pluralistic", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.states())
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        trainer.set_rates(run.progress())
        generator = torch.Generator(arguments.device).manual_seed(SEED * 1_000_003 + step)
        pictures = draw_batch(train, arguments.batch, network.side, generator)
        drawn = torch.randint(len(hidden), (arguments.batch,), generator=generator, device=arguments.device)
        known = 1 - hidden[drawn].float()
        figures = trainer.step(pictures, known)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in figures.items()})
        if step % VALIDATE_EVERY == 0:
            validate_and_save(run, step, trainer, judged)
    validate_and_save(run, step, trainer, judged)


def parse_arguments() -> argparse.Namespace:
    defaults = {"minutes": 40.0, "out": Path("runs/pluralistic"), "batch": BATCH, "width": WIDTH, "holes": HOLES}
    return build_parser(__doc__, "data", "device", "threads", "resume", **defaults).parse_args()


def draw_holes(count: int, side: int) -> Tensor:
    """Return holes, bool (count, 1, side, side), True in the hole."""
    random = np.random.default_rng(SEED)
    return torch.from_numpy(np.stack([hole_masks.draw_hole(side, side, random) for _ in range(count)]))[:, None]


def validate_and_save(run: Run, step: int, trainer: "Trainer", judged: tuple[Tensor, Tensor]) -> None:
    """Measure the average's completions, and save all there is."""
    completions = sample_completions(trainer.ema.network, *judged, trainer.device)
    run.log(step, **measure_completions(completions, *judged))
    run.checkpoint(step)
    torch.save(trainer.ema.network.state_dict(), run.out / "average.pt")
    draw_sheet(completions, *judged, run.out / f"completions-{step:06d}.png")


@torch.no_grad()
def sample_completions(
    network: Pluralistic, pictures: Tensor, known: Tensor, device: str, count: int = COMPLETIONS
) -> Tensor:
    """Return `count` completions of each, (count, N, 3, H, W), with the known pixels put back."""
    given, completions = torch.cat((pictures * known, known), 1).to(device), []
    for number in range(count):
        noise = network.draw_noise(pictures, torch.Generator().manual_seed(SEED + number)).to(device)
        found = torch.cat([network(*part) for part in zip(given.split(16), noise.split(16), strict=True)])
        completions.append(found.float().cpu() * (1 - known) + pictures * known)
    return torch.stack(completions)


def measure_completions(completions: Tensor, pictures: Tensor, known: Tensor) -> dict[str, float]:
    """Return the PSNR in the hole in dB, of all completions and of the nearest, and how far apart they are there.

    `diversity` is the mean absolute difference of two completions in the hole, of the range.
    """
    alone = torch.stack([measure_hole_psnrs(made, pictures, known) for made in completions])
    count, hidden = len(completions), (1 - known)
    pairs = [(one, other) for one in range(count) for other in range(one)]
    apart = [
        ((completions[one] - completions[other]).abs().mean(1, keepdim=True) * hidden).sum() for one, other in pairs
    ]
    return {
        "hole_psnr": alone.mean().item(),
        "best_psnr": alone.max(0).values.mean().item(),
        "diversity": (torch.stack(apart).mean() / hidden.sum()).item(),
    }


def draw_sheet(completions: Tensor, pictures: Tensor, known: Tensor, path: Path, rows: int = 12) -> None:
    """Write a row for each of some faces: what is given, the completions, the truth."""
    columns = [pictures * known + 0.5 * (1 - known), *completions, pictures]
    pixels = torch.stack([column[:rows] for column in columns], 1).mul(255).round().byte()
    count, wide, _, height, width = pixels.shape
    pixels = pixels.permute(0, 3, 1, 4, 2).reshape(count * height, wide * width, 3)
    Image.fromarray(pixels.numpy()).save(path)


class Trainer:
    """The network, its moving average, the two critics, and one step of all."""

    def __init__(self, network: Pluralistic, device: str, critic_width: int = 32):
        self.device = device
        self.network = network.to(device).to(memory_format=torch.channels_last).train()
        self.ema = EMA(self.network, EMA_DECAY, warm_up=0)
        self.critics = nn.ModuleList(PluralisticDiscriminator(critic_width) for _ in range(2)).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), RATE, BETAS)
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), CRITIC_RATE, BETAS)

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        return {
            "network": self.network,
            "ema": self.ema,
            "critics": self.critics,
            "optimiser": self.optimiser,
            "critic_optimiser": self.critic_optimiser,
        }

    def set_rates(self, progress: float) -> None:
        share = hold_and_decay(progress, STEADY, LAST_RATE_SHARE)
        set_rate(self.optimiser, RATE * share)
        set_rate(self.critic_optimiser, CRITIC_RATE * share)

    def step(self, pictures: Tensor, known: Tensor) -> dict[str, Tensor]:
        """Improve the network by both paths at once, then the critics; return the terms with their weights."""
        with autocast(self.device):
            terms, rebuilt, guessed = self._compute_terms(pictures, known)
        self.optimiser.zero_grad(set_to_none=True)
        sum(terms.values(), torch.zeros(())).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        first, second = self._list_critics()
        with autocast(self.device):
            critic = compute_critic_loss(first, pictures, rebuilt)
            critic = critic + compute_critic_loss(second, pictures, guessed)
        improve(self.critic_optimiser, critic)
        self.ema.update(self.network)
        return {name: term.detach() for name, term in terms.items()} | {"critic": critic.detach()}

    def _list_critics(self) -> list[PluralisticDiscriminator]:
        return [cast(PluralisticDiscriminator, critic) for critic in self.critics]

    def _compute_terms(self, pictures: Tensor, known: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        count = len(pictures)
        parts = torch.cat((torch.cat((pictures * known, known), 1), torch.cat((pictures * (1 - known), 1 - known), 1)))
        features = self.network.encode(parts.contiguous(memory_format=torch.channels_last))
        visible = [level[:count] for level in features]
        inferred = self.network.infer([level[count:] for level in features])
        expected = self.network.predict(visible)
        noise = torch.randn_like(inferred.mean)
        codes = torch.cat((inferred.draw(noise), expected.draw(torch.randn_like(noise))))
        made = self.network.decode(codes, [level.repeat(2, 1, 1, 1) for level in visible], known.repeat(2, 1, 1, 1))
        rebuilt, guessed = [scale[:count] for scale in made], [scale[count:] for scale in made]
        to_plain, to_inferred = compute_divergences(inferred, expected, known)
        whole = torch.ones_like(known)
        self.critics.requires_grad_(False)
        first, second = self._list_critics()
        matching, real = compute_adversarial_losses(first, second, pictures, rebuilt[0], guessed[0])
        self.critics.requires_grad_(True)
        return (
            {
                "plain": DIVERGENCE_WEIGHT * to_plain,
                "prior": DIVERGENCE_WEIGHT * to_inferred,
                "rebuilt": APPEARANCE_WEIGHT * compute_appearance_loss(rebuilt, pictures, whole),
                "guessed": APPEARANCE_WEIGHT * compute_appearance_loss(guessed, pictures, known),
                "matching": ADVERSARIAL_WEIGHT * matching,
                "real": ADVERSARIAL_WEIGHT * real,
            },
            rebuilt[0],
            guessed[0],
        )


if __name__ == "__main__":
    main()
