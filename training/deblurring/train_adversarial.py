"""The second stage of the default deblur weights: `python -m training.deblurring.train_adversarial --data FOLDER
[--minutes N]`.

Goes on from what `training.deblurring.train` left in runs/deblur/content.pt: the same losses, now with a critic trained
as WGAN-GP (Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017), as DeblurGAN's generator has it,
and the distance of the features of `training.common.perceptual`. The critic starts alone, so as not to mislead the
network. What comes out, adversarial.pt, is compared with content.pt by `training.deblurring.measure`, figures and
sheets.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from networks.deconvolver import Deconvolver
from networks.discriminators.deblur_critic import DeblurCritic
from networks.features import FeatureNetwork
from training.common import perceptual
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate
from training.deblurring import train
from training.deblurring.pairs import load_photos, load_validation_pairs
from training.deblurring.train_deblurgan import CRITIC_RATE, PENALTY_WEIGHT, compute_critic_losses

SEED = 2017
CROP = "128x8"
RATE = 1e-4
CRITIC_ALONE, CRITIC_STEPS = 0.15, 1  # of the time; for each step of the network
ADVERSARIAL_WEIGHT, PERCEPTUAL_WEIGHT = 0.001, 0.05
LOG_EVERY, VALIDATE_EVERY = 20, 100


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    pictures, held = load_photos(arguments.data)
    pairs = load_validation_pairs(held)
    network = Deconvolver(**train.SETTINGS)
    network.load_state_dict(torch.load(arguments.start, map_location="cpu", weights_only=True))
    side, count = (int(number) for number in arguments.crop.split("x"))
    features = perceptual.load_features(arguments.features) if arguments.features else None

    trainer = Trainer(network, DeblurCritic(side), features, arguments.device)
    run = Run("deblur-adversarial", out=arguments.out, minutes=arguments.minutes)
    for step, batch in enumerate(train.load_batches(pictures, side, count, 0, (SEED,), arguments.workers), 1):
        if run.out_of_time():
            break
        parts = (part.to(arguments.device, non_blocking=True) for part in batch)
        run_figures = trainer.step(run.progress(), *parts)
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in run_figures.items()})
        if step % VALIDATE_EVERY == 0:
            run.log(step, **train.validate(trainer.ema.network, pairs, arguments.device))
            torch.save(trainer.ema.network.state_dict(), run.out / "adversarial.pt")
    run.log(step, **train.validate(trainer.ema.network, pairs, arguments.device))
    torch.save(trainer.ema.network.state_dict(), run.out / "adversarial.pt")


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "device", "threads", minutes=20.0, out=Path("runs/deblur"), workers=1)
    parser.add_argument("--start", type=Path, default=Path("runs/deblur/content.pt"), help="a state to go on from")
    parser.add_argument("--features", type=Path, help="of training.common.perceptual; without it there is no such loss")
    parser.add_argument("--crop", default=CROP, help="side x batch; the side is a multiple of 16")
    return parser.parse_args()


class Trainer(train.Trainer):
    """The deconvolver's trainer, and a critic."""

    def __init__(self, network: Deconvolver, critic: nn.Module, features: FeatureNetwork | None, device: str = "cpu"):
        super().__init__(network, device, ema_warm_up=0)  # the network is a trained one
        self.critic = critic.to(device).to(memory_format=torch.channels_last)
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.0, 0.9))
        self.features = features.to(device) if features else None

    def step(  # type: ignore[override]  # this recipe goes by the clock
        self, progress: float, blurred: Tensor, sharp: Tensor, kernel: Tensor
    ) -> dict[str, Tensor]:
        """Improve the critic and, once it has had its time alone, the network."""
        sharp = to_batch(sharp)
        restored = train.restore_in_half(self.network, to_batch(blurred))
        figures = {}
        for _ in range(CRITIC_STEPS):
            figures["distance"], figures["penalty"] = self.improve_critic(restored.picture.detach(), sharp)
        if progress < CRITIC_ALONE:
            return figures
        found = train.compute_losses(restored, sharp, kernel)
        loss = sum(train.SHARES[name] * value for name, value in found.items())
        loss = loss - ADVERSARIAL_WEIGHT * self.critic(restored.picture).mean()
        if self.features is not None:
            found["perceptual"] = perceptual.measure_distance(self.features, restored.picture, sharp)
            loss = loss + PERCEPTUAL_WEIGHT * found["perceptual"]
        set_rate(self.optimiser, RATE * decay_by_cosine((progress - CRITIC_ALONE) / (1 - CRITIC_ALONE)))
        gradient = self.improve(loss)
        return figures | {name: value.detach() for name, value in found.items()} | {"gradient": gradient}

    def improve_critic(self, restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
        distance, penalty = compute_critic_losses(self.critic, restored, sharp)
        self.critic_optimiser.zero_grad(set_to_none=True)
        (PENALTY_WEIGHT * penalty - distance).backward()
        self.critic_optimiser.step()
        return distance.detach(), penalty.detach()


if __name__ == "__main__":
    main()
