"""The recipe of DeblurGAN's generator: `python -m training.deblurring.train_deblurgan --data FOLDER [--minutes N]
[--resume]`.

Sharp crops of photos are blurred by `training.deblurring.blur`, and the ResNet generator learns the way back, in two
stages on one clock:

1. content, most of the time: a Charbonnier loss on pixels and an L1 loss on the Fourier spectrum
   (Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring", ICCV 2021), on crops that grow;
2. adversarial: the same content loss, and a critic trained as WGAN-GP (Gulrajani et al. 2017), or, to compare, as
   WGAN (`--constraint clipping`; Arjovsky, Chintala, Bottou, "Wasserstein GAN", ICML 2017). Runs to compare the two
   are adversarial from the start: `--content-share 0 --adversarial-crop 64x12`.

What is released is the moving average of the generator's weights. The end of each stage is saved under the run's
folder (content.pt, adversarial.pt); `training.deblurring.measure` measures them and exports the one to be released.
The generator computes in bfloat16, with float32 weights behind it; losses and critic are float32.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from imaging.tensors import to_pixels
from networks.discriminators.deblur_critic import DeblurCritic
from networks.resnet_generator import ResnetGenerator
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.ema import EMA
from training.common.half_precision import call_in_half
from training.common.metrics import psnr
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up
from training.deblurring.pairs import load_photos, load_validation_pairs, make_pair

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
EMA_DECAY = 0.995
LOG_EVERY, VALIDATE_EVERY = 20, 250


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    pictures, held = load_photos(arguments.data)
    pairs = load_validation_pairs(held)
    content_share, adversarial_crop = arguments.content_share, parse_crop(arguments.adversarial_crop)

    trainer = Trainer(ResnetGenerator(WIDTH, BLOCKS), DeblurCritic(adversarial_crop[0]), arguments.constraint)
    run = Run(arguments.name, out=arguments.out or Path("runs") / arguments.name, minutes=arguments.minutes)
    run.register(**trainer.states())
    step = run.resume() if arguments.resume else 0
    was_adversarial = run.progress() >= content_share

    while not run.out_of_time():
        progress = run.progress()
        adversarial = progress >= content_share
        if adversarial and not was_adversarial:
            torch.save(trainer.ema.network.state_dict(), run.out / "content.pt")
            trainer.start_adversarial()
        was_adversarial = adversarial
        side, count = adversarial_crop if adversarial else CROPS[int(progress / content_share * len(CROPS))]
        blurred, sharp = draw_batch(pictures, side, count, np.random.default_rng((SEED, step)))
        trainer.set_rates(progress, step, content_share)
        figures = trainer.adversarial_step(blurred, sharp) if adversarial else trainer.content_step(blurred, sharp)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **figures)
        if step % arguments.validate_every == 0:
            run.log(step, **validate(trainer.ema.network, pairs))
            run.checkpoint(step)

    run.log(step, **validate(trainer.ema.network, pairs))
    run.checkpoint(step)
    torch.save(trainer.ema.network.state_dict(), run.out / "adversarial.pt")


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "out", "threads", "resume", minutes=85.0)
    parser.add_argument("--name", default="deblurgan", help="of the run: its log and its folder")
    parser.add_argument("--content-share", type=float, default=CONTENT_SHARE, help="of the time, without critic")
    parser.add_argument("--adversarial-crop", default=ADVERSARIAL_CROP, help="side x batch")
    parser.add_argument("--constraint", choices=("penalty", "clipping"), default="penalty", help="on the critic")
    parser.add_argument("--validate-every", type=int, default=VALIDATE_EVERY, help="steps")
    return parser.parse_args()


def parse_crop(written: str) -> tuple[int, int]:
    side, count = written.split("x")
    return int(side), int(count)


def draw_batch(pictures: list[np.ndarray], side: int, count: int, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return `count` blurred and sharp crops, each (count, 3, side, side) float32 in [0, 1]."""
    drawn = [make_pair(pictures[random.integers(len(pictures))], side, random)[:2] for _ in range(count)]
    blurred, sharp = (np.stack(crops) for crops in zip(*drawn, strict=True))
    return to_batch(blurred), to_batch(sharp)


class Trainer:
    """Generator, its moving average, critic and optimisers, and one step of each stage."""

    def __init__(self, generator: nn.Module, critic: nn.Module, constraint: str = "penalty"):
        self.constraint = constraint
        self.generator = generator.to(memory_format=torch.channels_last)
        self.ema = EMA(self.generator, EMA_DECAY, warm_up=0)
        self.critic = critic.to(memory_format=torch.channels_last)
        self.generator_optimiser = torch.optim.Adam(self.generator.parameters(), CONTENT_RATE, betas=(0.9, 0.95))
        self.critic_optimiser: torch.optim.Optimizer
        if constraint == "clipping":  # its authors warn of momentum
            self.critic_optimiser = torch.optim.RMSprop(self.critic.parameters(), CLIPPED_CRITIC_RATE)
        else:
            self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), CRITIC_RATE, betas=(0.0, 0.9))

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        return {name: value for name, value in vars(self).items() if hasattr(value, "load_state_dict")}

    def start_adversarial(self) -> None:
        """Go on from the average, which is better than the weights it was made of."""
        self.generator.load_state_dict(self.ema.network.state_dict())

    def set_rates(self, progress: float, step: int, content_share: float = CONTENT_SHARE) -> None:
        """Set a cosine to zero within each stage, with a linear warm-up at the very start."""
        adversarial = progress >= content_share
        start, end = (content_share, 1.0) if adversarial else (0.0, content_share)
        peak = ADVERSARIAL_RATE if adversarial and content_share else CONTENT_RATE
        falling = decay_by_cosine((progress - start) / (end - start))
        set_rate(self.generator_optimiser, peak * falling * warm_up(step, WARM_UP_STEPS))
        for module in self.generator.modules():
            if isinstance(module, nn.Dropout):
                module.p = DROPOUT if adversarial else 0.0

    def content_step(self, blurred: Tensor, sharp: Tensor) -> dict[str, float]:
        restored = restore_in_half(self.generator, blurred)
        pixel, frequency = compute_content_losses(restored, sharp)
        gradient = self.improve_generator(pixel + FREQUENCY_WEIGHT * frequency)
        return {"pixel": pixel.item(), "frequency": frequency.item(), "gradient": gradient}

    def adversarial_step(self, blurred: Tensor, sharp: Tensor) -> dict[str, float]:
        restored = restore_in_half(self.generator, blurred)
        for _ in range(CRITIC_STEPS):
            distance, penalty = self.improve_critic(restored.detach(), sharp)
        pixel, frequency = compute_content_losses(restored, sharp)
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
            distance, penalty = compute_critic_losses(self.critic, restored, sharp)
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
        self.ema.update(self.generator)
        return gradient.item()


def restore_in_half(network: nn.Module, blurred: Tensor) -> Tensor:
    return call_in_half(network, blurred.contiguous(memory_format=torch.channels_last))


def compute_content_losses(restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
    """Return the Charbonnier loss and the mean modulus of the error's orthonormal spectrum."""
    error = restored - sharp
    pixel = torch.sqrt(error * error + 1e-6).mean()
    spectrum = torch.view_as_real(torch.fft.rfft2(error.contiguous(), norm="ortho"))
    return pixel, torch.sqrt(spectrum.square().sum(-1) + 1e-6).mean()


def compute_critic_losses(critic: nn.Module, restored: Tensor, sharp: Tensor) -> tuple[Tensor, Tensor]:
    """Return the critic's estimate of the Wasserstein distance, and how far its gradient's norm is from 1,
    squared, at random points between restored and sharp pictures."""
    distance = critic(sharp).mean() - critic(restored).mean()
    between = torch.lerp(restored, sharp, torch.rand(len(sharp), 1, 1, 1, device=sharp.device)).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return distance, (gradient.flatten(1).norm(dim=1) - 1).square().mean()


@torch.no_grad()
def validate(network: nn.Module, pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Return the mean gain in PSNR over the blurred pictures, and the PSNR of sharp pictures to themselves."""
    gains, unchanged = [], []
    for blurred, sharp in pairs:
        restored, untouched = (
            to_pixels(restore_in_half(network, to_batch(picture[None]))) for picture in (blurred, sharp)
        )
        gains.append(psnr(restored, sharp) - psnr(blurred, sharp))
        unchanged.append(psnr(untouched, sharp))
    return {"psnr_gain": float(np.mean(gains)), "sharp_psnr": float(np.mean(unchanged))}


if __name__ == "__main__":
    main()
