"""Teach pluralistic completion faces: `python -m training.inpainting.train_pluralistic --data FOLDER [--minutes N]
[--device cuda]`.

The faces of `training.inpainting.train_dcgan` with strokes, boxes and blobs as holes; both paths in each step, each
with a critic of its own. On one processor core, in bfloat16:

    python -m training.inpainting.train_pluralistic --data FOLDER --minutes 40 python -m
    training.inpainting.measure_faces --data FOLDER --network pluralistic --state runs/pluralistic/average.pt --export

What is kept is the moving average of the weights (average.pt); the rate follows the clock; `--resume` goes on. Sheets
of four answers to each of some held-back faces are written beside the checkpoint: look at them.
"""

import argparse
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from networks.discriminators.pluralistic import PluralisticDiscriminator
from networks.pluralistic import Pluralistic
from training.common import squares
from training.common.run import Run
from training.inpainting import hole_masks
from training.inpainting.pluralistic_losses import (
    ADVERSARIAL_WEIGHT,
    APPEARANCE_WEIGHT,
    DIVERGENCE_WEIGHT,
    adversarial,
    appearance,
    critic_loss,
    divergences,
)
from training.inpainting.train_dcgan import faces, hole_psnrs, improve, load_validation_faces

SEED = 2019
WIDTH, BATCH = 16, 16
RATE, CRITIC_RATE, BETAS = 5e-4, 2e-4, (0.0, 0.99)
STEADY = 0.5  # of the time; then the rates fall to a twentieth
AVERAGE_DECAY = 0.995
GRADIENT_LIMIT = 5.0
HOLES, ANSWERS = 3000, 4
LOG_EVERY, VALIDATE_EVERY, VALIDATION_FACES = 25, 250, 64


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    network = Pluralistic(arguments.width)
    train, held = faces(arguments.data)
    bank, judged = train.to(arguments.device), load_validation_faces(held[:VALIDATION_FACES])
    hidden = draw_holes(arguments.holes, network.side).to(arguments.device)
    trainer = Trainer(network, arguments.device)
    run = Run("pluralistic", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.stateful())
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        trainer.set_rates(run.progress())
        generator = torch.Generator(arguments.device).manual_seed(SEED * 1_000_003 + step)
        pictures = squares.batch(bank, arguments.batch, network.side, generator)
        drawn = torch.randint(len(hidden), (arguments.batch,), generator=generator, device=arguments.device)
        known = 1 - hidden[drawn].float()
        figures = trainer.step(pictures, known)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in figures.items()})
        if step % VALIDATE_EVERY == 0:
            finish(run, step, trainer, judged)
    finish(run, step, trainer, judged)


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with faces.zip")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--holes", type=int, default=HOLES)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--out", type=Path, default=Path("runs/pluralistic"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser.parse_args(words)


def draw_holes(count: int, side: int) -> Tensor:
    """Return holes, bool (count, 1, side, side), True in the hole."""
    random = np.random.default_rng(SEED)
    return torch.from_numpy(np.stack([hole_masks.random_hole(side, side, random) for _ in range(count)]))[:, None]


def finish(run: Run, step: int, trainer: "Trainer", judged: tuple[Tensor, Tensor]) -> None:
    """Measure the average's answers, and save all there is."""
    answers = sample_completions(trainer.average, *judged, trainer.device)
    run.log(step, **measure(answers, *judged))
    run.checkpoint(step)
    torch.save(trainer.average.state_dict(), run.out / "average.pt")
    sheet(answers, *judged, run.out / f"answers-{step:06d}.png")


@torch.no_grad()
def sample_completions(
    network: Pluralistic, pictures: Tensor, known: Tensor, device: str, count: int = ANSWERS
) -> Tensor:
    """Return `count` answers to each, (count, N, 3, H, W), with the known pixels put back."""
    given, answers = torch.cat((pictures * known, known), 1).to(device), []
    for number in range(count):
        noise = network.noise(pictures, torch.Generator().manual_seed(SEED + number)).to(device)
        found = torch.cat([network(*part) for part in zip(given.split(16), noise.split(16), strict=True)])
        answers.append(found.float().cpu() * (1 - known) + pictures * known)
    return torch.stack(answers)


def measure(answers: Tensor, pictures: Tensor, known: Tensor) -> dict[str, float]:
    """Return the PSNR in the hole in dB, of all answers and of the nearest, and how far apart answers are there.

    `diversity` is the mean absolute difference of two answers in the hole, of the range.
    """
    alone = torch.stack([hole_psnrs(made, pictures, known) for made in answers])
    count, hidden = len(answers), (1 - known)
    pairs = [(one, other) for one in range(count) for other in range(one)]
    apart = [((answers[one] - answers[other]).abs().mean(1, keepdim=True) * hidden).sum() for one, other in pairs]
    return {
        "hole_psnr": alone.mean().item(),
        "best_psnr": alone.max(0).values.mean().item(),
        "diversity": (torch.stack(apart).mean() / hidden.sum()).item(),
    }


def sheet(answers: Tensor, pictures: Tensor, known: Tensor, path: Path, rows: int = 12) -> None:
    """Write a row for each of some faces: what is given, the answers, the truth."""
    columns = [pictures * known + 0.5 * (1 - known), *answers, pictures]
    pixels = torch.stack([column[:rows] for column in columns], 1).mul(255).round().byte()
    count, wide, _, height, width = pixels.shape
    pixels = pixels.permute(0, 3, 1, 4, 2).reshape(count * height, wide * width, 3)
    Image.fromarray(pixels.numpy()).save(path)


class Trainer:
    """The network, its moving average, the two critics, and one step of all."""

    def __init__(self, network: Pluralistic, device: str, critic_width: int = 32):
        self.device = device
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.average = deepcopy(self.network).eval().requires_grad_(False)
        self.critics = nn.ModuleList(PluralisticDiscriminator(critic_width) for _ in range(2)).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), RATE, BETAS)
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), CRITIC_RATE, BETAS)

    def stateful(self) -> dict:
        return {
            "network": self.network,
            "average": self.average,
            "critics": self.critics,
            "optimiser": self.optimiser,
            "critic_optimiser": self.critic_optimiser,
        }

    def set_rates(self, progress: float) -> None:
        share = 1 - 0.95 * max(0.0, progress - STEADY) / (1 - STEADY)
        for optimiser, rate in ((self.optimiser, RATE), (self.critic_optimiser, CRITIC_RATE)):
            for group in optimiser.param_groups:
                group["lr"] = rate * share

    def step(self, pictures: Tensor, known: Tensor) -> dict[str, Tensor]:
        """Improve the network by both paths at once, then the critics; return the terms with their weights."""
        with torch.autocast(self.device, torch.bfloat16):
            terms, rebuilt, guessed = self._terms(pictures, known)
        self.optimiser.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        with torch.autocast(self.device, torch.bfloat16):
            critic = critic_loss(self.critics[0], pictures, rebuilt) + critic_loss(self.critics[1], pictures, guessed)
        improve(self.critic_optimiser, critic)
        self._follow()
        return {name: term.detach() for name, term in terms.items()} | {"critic": critic.detach()}

    def _terms(self, pictures: Tensor, known: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        count = len(pictures)
        parts = torch.cat((torch.cat((pictures * known, known), 1), torch.cat((pictures * (1 - known), 1 - known), 1)))
        features = self.network.encode(parts.contiguous(memory_format=torch.channels_last))
        visible = [level[:count] for level in features]
        inferred = self.network.inferred([level[count:] for level in features])
        expected = self.network.expected(visible)
        noise = torch.randn_like(inferred.mean)
        codes = torch.cat((inferred.drawn(noise), expected.drawn(torch.randn_like(noise))))
        made = self.network.decode(codes, [level.repeat(2, 1, 1, 1) for level in visible], known.repeat(2, 1, 1, 1))
        rebuilt, guessed = [scale[:count] for scale in made], [scale[count:] for scale in made]
        to_plain, to_inferred = divergences(inferred, expected, known)
        whole = torch.ones_like(known)
        self.critics.requires_grad_(False)
        matching, real = adversarial(*self.critics, pictures, rebuilt[0], guessed[0])
        self.critics.requires_grad_(True)
        return (
            {
                "plain": DIVERGENCE_WEIGHT * to_plain,
                "prior": DIVERGENCE_WEIGHT * to_inferred,
                "rebuilt": APPEARANCE_WEIGHT * appearance(rebuilt, pictures, whole),
                "guessed": APPEARANCE_WEIGHT * appearance(guessed, pictures, known),
                "matching": ADVERSARIAL_WEIGHT * matching,
                "real": ADVERSARIAL_WEIGHT * real,
            },
            rebuilt[0],
            guessed[0],
        )

    @torch.no_grad()
    def _follow(self) -> None:
        torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), 1 - AVERAGE_DECAY)


if __name__ == "__main__":
    main()
