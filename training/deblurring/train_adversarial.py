"""The second stage of the default deblur weights: `python -m training.deblurring.train_adversarial --data FOLDER
[--minutes N]`.

Goes on from what `training.deblurring.train` left in runs/deblur/content.pt: the same losses, now with a critic trained
as WGAN-GP (Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017), as DeblurGAN's generator has it,
and the distance of the features of `training.common.perceptual`. The critic starts alone, so as not to mislead the
network. What comes out, adversarial.pt, is compared with content.pt by `training.deblurring.measure`, figures and
sheets.
"""

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor, nn

from networks.deconvolver import Deconvolver
from networks.discriminators.deblur_critic import DeblurCritic
from training.common import perceptual
from training.common.run import Run
from training.deblurring import train
from training.deblurring.pairs import photos, validation_pairs
from training.deblurring.train_deblurgan import CRITIC_RATE, PENALTY_WEIGHT, critic_losses

SEED = 2017
CROP = "128x8"
RATE = 1e-4
CRITIC_ALONE, CRITIC_STEPS = 0.15, 1  # of the time; for each step of the network
ADVERSARIAL_WEIGHT, PERCEPTUAL_WEIGHT = 0.001, 0.05
LOG_EVERY, VALIDATE_EVERY = 20, 100


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    pictures, held = photos(arguments.data)
    pairs = validation_pairs(held)
    network = Deconvolver(**train.SETTINGS)
    network.load_state_dict(torch.load(arguments.start, map_location="cpu", weights_only=True))
    side, count = (int(number) for number in arguments.crop.split("x"))
    features = perceptual.load(arguments.features) if arguments.features else None

    trainer = Trainer(network, DeblurCritic(side), features, arguments.device)
    run = Run("deblur-adversarial", out=arguments.out, minutes=arguments.minutes)
    for step, batch in enumerate(train.batches(pictures, side, count, 0, (SEED,), arguments.workers), 1):
        if run.out_of_time():
            break
        parts = (part.to(arguments.device, non_blocking=True) for part in batch)
        run_figures = trainer.step(run.progress(), *parts)
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in run_figures.items()})
        if step % VALIDATE_EVERY == 0:
            run.log(step, **train.validate(trainer.average, pairs, arguments.device))
            torch.save(trainer.average.state_dict(), run.out / "adversarial.pt")
    run.log(step, **train.validate(trainer.average, pairs, arguments.device))
    torch.save(trainer.average.state_dict(), run.out / "adversarial.pt")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with photos-0.zip to photos-2.zip")
    parser.add_argument("--start", type=Path, default=Path("runs/deblur/content.pt"), help="a state to go on from")
    parser.add_argument("--features", type=Path, help="of training.common.perceptual; without it there is no such loss")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=Path("runs/deblur"))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--crop", default=CROP, help="side x batch; the side is a multiple of 16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that make crops")
    return parser.parse_args()


class Trainer(train.Trainer):
    """The deconvolver's trainer, and a critic."""

    def __init__(self, network: Deconvolver, critic: nn.Module, features: nn.Module | None, device: str = "cpu"):
        super().__init__(network, device)
        self.critic = critic.to(device, memory_format=torch.channels_last)
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.0, 0.9))
        self.features = features.to(device) if features else None

    def step(self, progress: float, blurred: Tensor, sharp: Tensor, kernel: Tensor) -> dict[str, Tensor]:
        """Improve the critic and, once it has had its time alone, the network."""
        sharp = train.to_planes(sharp)
        restored = train.in_half_precision(self.network, train.to_planes(blurred))
        figures = {}
        for _ in range(CRITIC_STEPS):
            figures["distance"], figures["penalty"] = self.improve_critic(restored.picture.detach(), sharp)
        if progress < CRITIC_ALONE:
            return figures
        found = train.losses(restored, sharp, kernel)
        loss = sum(train.SHARES[name] * value for name, value in found.items())
        loss = loss - ADVERSARIAL_WEIGHT * self.critic(restored.picture).mean()
        if self.features is not None:
            found["perceptual"] = perceptual.distance(self.features, restored.picture, sharp)
            loss = loss + PERCEPTUAL_WEIGHT * found["perceptual"]
        for group in self.optimiser.param_groups:
            group["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * (progress - CRITIC_ALONE) / (1 - CRITIC_ALONE)))
        gradient = self.improve(loss, train.AVERAGE_DECAY)
        return figures | {name: value.detach() for name, value in found.items()} | {"gradient": gradient}

    def improve_critic(self, restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
        distance, penalty = critic_losses(self.critic, restored, sharp)
        self.critic_optimiser.zero_grad(set_to_none=True)
        (PENALTY_WEIGHT * penalty - distance).backward()
        self.critic_optimiser.step()
        return distance.detach(), penalty.detach()


if __name__ == "__main__":
    main()
