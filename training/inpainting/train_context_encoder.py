"""The recipe of weights/context_encoder.safetensors: what may be in a hole, guessed from what is around it.

    python -m training.inpainting.train_context_encoder --data FOLDER [--minutes N] [--resume] [--release]

Pathak et al. 2016 and Yang et al. 2016 (see `networks.context_encoder`): the squared error inside the hole, and a
critic whose verdict counts for a thousandth of it. The network learns from the error alone at first; then critic and
network take turns, batch by batch. Pictures and holes are those of `training.inpainting.train_dfnet`, at 128 pixels.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from networks.context_encoder import SIDE, ContextEncoder, laplace_fill
from networks.discriminators.context import ContextDiscriminator
from training.common.arguments import build_parser
from training.common.export import export
from training.common.half_precision import autocast
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up
from training.inpainting.train_dfnet import Material

SEED = 16
RATE, CRITIC_RATE, WARM_UP_STEPS = 8e-4, 2e-4, 100
ERROR_WEIGHT, ADVERSARIAL_WEIGHT = 0.999, 0.001  # Pathak et al., section 3.3, for pictures in [-1, 1]
ALONE_UNTIL = 0.7  # of the run's time: from then on there is a critic
GRADIENT_LIMIT = 1.0
LOG_EVERY, VALIDATE_EVERY = 25, 200
LICENCE = "Trained on pictures under research or unstated terms: see the card"


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    material = Material(arguments)
    trainer = Trainer(ContextEncoder(arguments.width), ContextDiscriminator(), arguments.device)
    run = Run("context_encoder", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.states())
    step = run.resume() if arguments.resume else 0
    run.log(step, smooth_hole_psnr=material.validate(Smooth())["hole_psnr"])
    while not run.out_of_time():
        trainer.set_rate(run.progress(), step)
        pictures, known = material.batch(arguments.batch, step)
        figures = trainer.step(pictures, known, run.progress() > ALONE_UNTIL)
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **figures)
        if step % VALIDATE_EVERY == 0:
            run.log(step, **material.validate(trainer.network.eval()))
            run.checkpoint(step)
    figures = material.validate(trainer.network.eval())
    run.log(step, **figures)
    run.checkpoint(step)
    if arguments.release:
        sizes = {"width": arguments.width}
        export("context_encoder", "context_encoder", sizes, trainer.network, LICENCE, "context_encoder.md", figures)


def parse_arguments() -> argparse.Namespace:
    names = ("data", "device", "threads", "resume", "release")
    defaults = {"minutes": 35.0, "out": Path("runs/context_encoder"), "batch": 24, "width": 32, "holes": 3000}
    parser = build_parser(__doc__, *names, **defaults)
    parser.add_argument("--pictures", type=int, help="no more than so many, for a small machine")
    parser.set_defaults(side=SIDE)
    return parser.parse_args()


class Smooth(nn.Module):
    """The start that the network corrects, by itself: what its error is compared with."""

    def forward(self, holed_and_known: Tensor) -> Tensor:
        return laplace_fill(holed_and_known[:, :3], holed_and_known[:, 3:])


class Trainer:
    """The network, its critic, their optimisers, and one step."""

    def __init__(self, network: ContextEncoder, critic: ContextDiscriminator, device: str):
        self.device = device
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.critic = critic.to(device).to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(network.parameters(), RATE, betas=(0.9, 0.99), weight_decay=1e-4)
        self.critic_optimiser = torch.optim.Adam(critic.parameters(), CRITIC_RATE, betas=(0.5, 0.99))

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        names = ("network", "critic", "optimiser", "critic_optimiser")
        return {name: getattr(self, name) for name in names}

    def set_rate(self, progress: float, step: int) -> None:
        """Set a linear warm-up, then a cosine over the clock."""
        share = warm_up(step, WARM_UP_STEPS) * decay_by_cosine(progress)
        set_rate(self.optimiser, RATE * share)
        set_rate(self.critic_optimiser, CRITIC_RATE * share)

    def step(self, pictures: Tensor, known: Tensor, judged: bool) -> dict[str, float]:
        """Take one step of the network, and with `judged` one of the critic before it. Return the terms of the loss."""
        given = torch.cat((pictures * known, known), 1).contiguous(memory_format=torch.channels_last)
        self.network.train()
        with autocast(self.device):
            predicted = self.network(given).float()
        filled = pictures * known + predicted * (1 - known)
        squared_error = (((predicted - pictures) * 2) ** 2).mean(1, keepdim=True) * (1 - known)
        error = squared_error.sum() / (1 - known).sum().clamp(min=1)
        loss, terms = ERROR_WEIGHT * error, {"error": error.item()}
        if judged:
            terms["critic"] = self._teach(pictures, filled.detach(), known)
            verdict = self._judge(filled, known)
            adversarial = F.binary_cross_entropy_with_logits(verdict, torch.ones_like(verdict))
            loss, terms["adversarial"] = loss + ADVERSARIAL_WEIGHT * adversarial, adversarial.item()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        return terms

    def _teach(self, pictures: Tensor, filled: Tensor, known: Tensor) -> float:
        """Take one step of the critic; return its loss: 0.69 is what tossing a coin gives."""
        verdict = self._judge(torch.cat((pictures, filled)), known.repeat(2, 1, 1, 1))
        truth = torch.cat((torch.ones_like(verdict[: len(pictures)]), torch.zeros_like(verdict[len(pictures) :])))
        loss = F.binary_cross_entropy_with_logits(verdict, truth)
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()
        return loss.item()

    def _judge(self, pictures: Tensor, known: Tensor) -> Tensor:
        planes = torch.cat((pictures, known), 1).contiguous(memory_format=torch.channels_last)
        with autocast(self.device):
            return self.critic(planes).float()


if __name__ == "__main__":
    main()
