"""The recipe of DeblurGAN's generator: `python -m training.deblurring.train_deblurgan --data FOLDER [--minutes N]
[--resume]`.

Sharp crops of photos are blurred by `training.deblurring.blur`, and the ResNet generator learns the way back, in two
stages on one clock:

1. content, most of the time: a Charbonnier loss on pixels and an L1 loss on the Fourier spectrum
   (Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring", ICCV 2021), on crops that grow;
2. adversarial: the same content loss, and a critic trained as WGAN-GP (Gulrajani et al. 2017), or, to compare, as
   WGAN (`--constraint clipping`; Arjovsky, Chintala, Bottou, "Wasserstein GAN", ICML 2017). Runs to compare the two
   are adversarial from the start: `--content-share 0 --adversarial-crop 64x12`.

What is kept is the moving average of the generator's weights. The end of each stage is saved under the run's
folder (content.pt, adversarial.pt); `training.deblurring.measure` measures them and exports the one to be released.
The generator computes in bfloat16, with float32 weights behind it; losses and critic are float32.
"""

import argparse
import math
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from networks.discriminators.deblur_critic import DeblurCritic
from networks.resnet_generator import ResnetGenerator
from training.common.metrics import psnr
from training.common.run import Run
from training.deblurring.pairs import pair, photos, validation_pairs

WIDTH, BLOCKS = 32, 5
SEED = 2012
CROPS = ((64, 16), (96, 8), (128, 5))  # side in pixels and batch, one pair for each third of the content stage
ADVERSARIAL_CROP = "128x5"
CONTENT_SHARE = 0.88  # of the time; the rest is adversarial
FREQUENCY_WEIGHT = 0.5
ADVERSARIAL_WEIGHT = 0.002
CRITIC_STEPS, PENALTY_WEIGHT = 2, 10.0
CLIPPED_AT = 0.01  # weights of a critic that is held by clipping
DROPOUT = 0.05  # in the adversarial stage, where it stands for the noise input of a GAN
CONTENT_RATE, ADVERSARIAL_RATE = 1e-3, 1e-4
CRITIC_RATE, CLIPPED_CRITIC_RATE = 2e-4, 5e-5
WARM_UP_STEPS = 100
GRADIENT_LIMIT = 0.03
AVERAGE_DECAY = 0.995
LOG_EVERY, VALIDATE_EVERY = 20, 250


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    pictures, held = photos(arguments.data)
    pairs = validation_pairs(held)
    content_share, adversarial_crop = arguments.content_share, as_crop(arguments.adversarial_crop)

    trainer = Trainer(ResnetGenerator(WIDTH, BLOCKS), DeblurCritic(adversarial_crop[0]), arguments.constraint)
    run = Run(arguments.name, out=arguments.out or Path("runs") / arguments.name, minutes=arguments.minutes)
    run.register(**trainer.stateful())
    step = run.resume() if arguments.resume else 0
    was_adversarial = run.progress() >= content_share

    while not run.out_of_time():
        progress = run.progress()
        adversarial = progress >= content_share
        if adversarial and not was_adversarial:
            torch.save(trainer.average.state_dict(), run.out / "content.pt")
            trainer.start_adversarial()
        was_adversarial = adversarial
        side, count = adversarial_crop if adversarial else CROPS[int(progress / content_share * len(CROPS))]
        blurred, sharp = batch(pictures, side, count, np.random.default_rng((SEED, step)))
        trainer.set_rates(progress, step, content_share)
        figures = trainer.adversarial_step(blurred, sharp) if adversarial else trainer.content_step(blurred, sharp)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **figures)
        if step % arguments.validate_every == 0:
            run.log(step, **validate(trainer.average, pairs))
            run.checkpoint(step)

    run.log(step, **validate(trainer.average, pairs))
    run.checkpoint(step)
    torch.save(trainer.average.state_dict(), run.out / "adversarial.pt")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with photos-0.zip to photos-2.zip")
    parser.add_argument("--minutes", type=float, default=85.0, help="the time for both stages together")
    parser.add_argument("--name", default="deblurgan", help="of the run: its log and its folder")
    parser.add_argument("--out", type=Path, help="the run's folder, if not runs/NAME")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--content-share", type=float, default=CONTENT_SHARE, help="of the time, without critic")
    parser.add_argument("--adversarial-crop", default=ADVERSARIAL_CROP, help="side x batch")
    parser.add_argument("--constraint", choices=("penalty", "clipping"), default="penalty", help="on the critic")
    parser.add_argument("--validate-every", type=int, default=VALIDATE_EVERY, help="steps")
    return parser.parse_args()


def as_crop(written: str) -> tuple[int, int]:
    side, count = written.split("x")
    return int(side), int(count)


def batch(pictures: list[np.ndarray], side: int, count: int, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return `count` blurred and sharp crops, each (count, 3, side, side) float32 in [0, 1]."""
    drawn = [pair(pictures[random.integers(len(pictures))], side, random)[:2] for _ in range(count)]
    blurred, sharp = (np.stack(crops) for crops in zip(*drawn, strict=True))
    return to_batch(blurred), to_batch(sharp)


def to_batch(crops: np.ndarray) -> Tensor:
    return torch.tensor(crops).permute(0, 3, 1, 2).float() / 255


class Trainer:
    """Generator, its moving average, critic and optimisers, and one step of each stage."""

    def __init__(self, generator: nn.Module, critic: nn.Module, constraint: str = "penalty"):
        self.constraint = constraint
        self.generator = generator.to(memory_format=torch.channels_last)
        self.average = deepcopy(self.generator).eval()
        self.critic = critic.to(memory_format=torch.channels_last)
        self.generator_optimiser = torch.optim.Adam(self.generator.parameters(), CONTENT_RATE, betas=(0.9, 0.95))
        if constraint == "clipping":  # its authors warn of momentum
            self.critic_optimiser = torch.optim.RMSprop(self.critic.parameters(), CLIPPED_CRITIC_RATE)
        else:
            self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.0, 0.9))

    def stateful(self) -> dict:
        return {name: value for name, value in vars(self).items() if hasattr(value, "load_state_dict")}

    def start_adversarial(self) -> None:
        """Go on from the average, which is better than the weights it was made of."""
        self.generator.load_state_dict(self.average.state_dict())

    def set_rates(self, progress: float, step: int, content_share: float = CONTENT_SHARE) -> None:
        """Cosine decay to zero within each stage, after a linear warm-up at the very start."""
        adversarial = progress >= content_share
        start, end = (content_share, 1.0) if adversarial else (0.0, content_share)
        falling = 0.5 * (1 + math.cos(math.pi * (progress - start) / (end - start)))
        rising = min(1.0, (step + 1) / WARM_UP_STEPS)
        rate = (ADVERSARIAL_RATE if adversarial and content_share else CONTENT_RATE) * falling * rising
        for group in self.generator_optimiser.param_groups:
            group["lr"] = rate
        for module in self.generator.modules():
            if isinstance(module, nn.Dropout):
                module.p = DROPOUT if adversarial else 0.0

    def content_step(self, blurred: Tensor, sharp: Tensor) -> dict[str, float]:
        restored = in_half_precision(self.generator, blurred)
        pixel, frequency = content_losses(restored, sharp)
        gradient = self.improve_generator(pixel + FREQUENCY_WEIGHT * frequency)
        return {"pixel": pixel.item(), "frequency": frequency.item(), "gradient": gradient}

    def adversarial_step(self, blurred: Tensor, sharp: Tensor) -> dict[str, float]:
        restored = in_half_precision(self.generator, blurred)
        for _ in range(CRITIC_STEPS):
            distance, penalty = self.improve_critic(restored.detach(), sharp)
        pixel, frequency = content_losses(restored, sharp)
        score = self.critic(restored).mean()
        gradient = self.improve_generator(pixel + FREQUENCY_WEIGHT * frequency - ADVERSARIAL_WEIGHT * score)
        return {
            "pixel": pixel.item(),
            "frequency": frequency.item(),
            "gradient": gradient,
            "distance": distance.item(),
            "penalty": penalty.item(),
        }

    def improve_critic(self, restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step and return the critic's estimate of the distance and its penalty, 0 where it is clipped."""
        self.critic_optimiser.zero_grad(set_to_none=True)
        if self.constraint == "clipping":
            distance, penalty = self.critic(sharp).mean() - self.critic(restored).mean(), sharp.new_zeros(())
        else:
            distance, penalty = critic_losses(self.critic, restored, sharp)
        (PENALTY_WEIGHT * penalty - distance).backward()
        self.critic_optimiser.step()
        if self.constraint == "clipping":
            with torch.no_grad():
                for weight in self.critic.parameters():
                    weight.clamp_(-CLIPPED_AT, CLIPPED_AT)
        return distance, penalty

    def improve_generator(self, loss: Tensor) -> float:
        """Take one step and return the gradient's norm before it was clipped."""
        self.generator_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(self.generator.parameters(), GRADIENT_LIMIT)
        self.generator_optimiser.step()
        with torch.no_grad():
            for mean, value in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(value, 1 - AVERAGE_DECAY)
        return gradient.item()


def in_half_precision(network: nn.Module, blurred: Tensor) -> Tensor:
    """Run the network in bfloat16; gradients arrive at its float32 parameters."""
    weights = {name: value.bfloat16() for name, value in network.named_parameters()}
    return functional_call(network, weights, (blurred.contiguous(memory_format=torch.channels_last),))


def content_losses(restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Charbonnier loss and the mean modulus of the error's orthonormal spectrum."""
    error = restored - sharp
    pixel = torch.sqrt(error * error + 1e-6).mean()
    spectrum = torch.view_as_real(torch.fft.rfft2(error.contiguous(), norm="ortho"))
    return pixel, torch.sqrt(spectrum.square().sum(-1) + 1e-6).mean()


def critic_losses(critic: nn.Module, restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
    """Return the critic's estimate of the Wasserstein distance, and how far its gradient's norm is from 1,
    squared, at random points between restored and sharp pictures."""
    distance = critic(sharp).mean() - critic(restored).mean()
    between = torch.lerp(restored, sharp, torch.rand(len(sharp), 1, 1, 1, device=sharp.device)).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return distance, (gradient.flatten(1).norm(dim=1) - 1).square().mean()


@torch.no_grad()
def validate(network: nn.Module, pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Return the mean gain in PSNR over the blurred pictures, and the PSNR of sharp pictures to themselves."""
    gains, kept = [], []
    for blurred, sharp in pairs:
        restored, untouched = (
            (in_half_precision(network, to_batch(picture[None])).clamp(0, 1) * 255).round().byte()[0].permute(1, 2, 0)
            for picture in (blurred, sharp)
        )
        gains.append(psnr(restored.numpy(), sharp) - psnr(blurred, sharp))
        kept.append(psnr(untouched.numpy(), sharp))
    return {"psnr_gain": float(np.mean(gains)), "sharp_psnr": float(np.mean(kept))}


if __name__ == "__main__":
    main()
