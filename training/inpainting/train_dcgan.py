"""Teach DCGAN faces: `python -m training.inpainting.train_dcgan --data FOLDER [--minutes N] [--device cuda]
[--resume]`.

The faces of faces.zip, cut close and mirrored at random, against faces of the generator: the paper's loss, with the
critic under spectral normalisation (Miyato et al.: "Spectral Normalization for Generative Adversarial Networks", ICLR
2018). On one processor core, in bfloat16:

    python -m training.inpainting.train_dcgan --data FOLDER --minutes 75
    python -m training.inpainting.measure_faces --data FOLDER --network dcgan --state runs/dcgan/average.pt --export

What is kept is the moving average of the generator and the critic as it ended (average.pt). The rate follows the clock.
Sheets of the average's faces are written beside the checkpoint: look at them.
"""

import argparse
from copy import deepcopy
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from networks.dcgan import DCGAN, SIDE
from networks.latent_search import search
from training.common import squares
from training.common.archives import is_held_back, members, read_rgb
from training.common.run import Run
from training.inpainting import hole_masks

SEED = 2016
WIDTH, BATCH = 32, 32
GENERATOR_RATE, CRITIC_RATE, BETAS = 2e-4, 2e-4, (0.5, 0.999)
STEADY = 0.6  # of the time; then the rates fall to a tenth
AVERAGE_DECAY = 0.998
# Of the aligned pictures: enlarged to so many pixels, and the square around the face, with room to move it.
ENLARGED, TOP, LEFT, ROOM = 92, 19, 12, 4
LOG_EVERY, VALIDATE_EVERY, VALIDATION_FACES, VALIDATION_STEPS = 25, 500, 32, 60


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SEED)
    train, held = faces(arguments.data)
    train, trainer = train.to(arguments.device), Trainer(DCGAN(arguments.width), arguments.device)
    judged = load_validation_faces(held[:VALIDATION_FACES])
    run = Run("dcgan", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.stateful())
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        trainer.set_rates(run.progress(), step)
        generator = torch.Generator(arguments.device).manual_seed(SEED * 1_000_003 + step)
        figures = trainer.step(squares.batch(train, arguments.batch, SIDE, generator))
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in figures.items()})
        if step % VALIDATE_EVERY == 0:
            finish(run, step, trainer, judged, arguments.validation_steps)
    finish(run, step, trainer, judged, arguments.validation_steps)


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with faces.zip")
    parser.add_argument("--minutes", type=float, default=75.0)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--validation-steps", type=int, default=VALIDATION_STEPS, help="of the search")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--out", type=Path, default=Path("runs/dcgan"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser.parse_args(words)


def faces(data: Path) -> tuple[Tensor, Tensor]:
    """Return the faces to train on, uint8 (N, 3, 68, 68), and those held back, uint8 (M, 3, 64, 64)."""
    listed = members(data, "faces.zip")
    wide = SIDE + ROOM
    cut = np.stack([close(read_rgb(member)) for member in listed])
    kept = torch.tensor([is_held_back(member.stem) for member in listed])
    cut = torch.from_numpy(cut).permute(0, 3, 1, 2).contiguous()
    middle = slice(ROOM // 2, wide - ROOM // 2)
    return cut[~kept], cut[kept][:, :, middle, middle].contiguous()


def close(aligned: np.ndarray) -> np.ndarray:
    """Cut the square around the face, with its room, out of an aligned picture, uint8 -> uint8 (68, 68, 3)."""
    enlarged = cv2.resize(aligned, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    return enlarged[TOP : TOP + SIDE + ROOM, LEFT : LEFT + SIDE + ROOM]


def load_validation_faces(held: Tensor) -> tuple[Tensor, Tensor]:
    """Return held-back faces in [0, 1] and what is known of them: strokes, boxes and blobs are holes, seeded."""
    random = np.random.default_rng(SEED)
    drawn = np.stack([hole_masks.random_hole(SIDE, SIDE, random) for _ in held])
    return held.float() / 255, 1 - torch.from_numpy(drawn)[:, None].float()


def hole_psnrs(found: Tensor, pictures: Tensor, known: Tensor) -> Tensor:
    """Return the PSNR inside the hole of each, in dB, (N,)."""
    squared = ((found - pictures) ** 2).mean(1, keepdim=True) * (1 - known)
    return (squared.sum((1, 2, 3)) / (1 - known).sum((1, 2, 3))).clamp(min=1e-9).log10().mul(-10)


def finish(run: Run, step: int, trainer: "Trainer", judged: tuple[Tensor, Tensor], steps: int) -> None:
    """Measure what the average completes, without blending, and save all there is."""
    network = trainer.released()
    codes = network.codes(len(judged[0]), torch.Generator().manual_seed(SEED))
    _, found, loss = search(network, *judged, codes, steps)
    run.log(step, hole_psnr=hole_psnrs(found, *judged).mean().item(), search_loss=loss.mean().item())
    run.checkpoint(step)
    torch.save(network.state_dict(), run.out / "average.pt")
    sheet(network, run.out / f"faces-{step:06d}.png")


@torch.no_grad()
def sheet(network: DCGAN, path: Path, rows: int = 5, columns: int = 10) -> None:
    """Write faces of fixed codes, to look at."""
    made = network(network.codes(rows * columns, torch.Generator().manual_seed(SEED)))
    pixels = (made * 255).round().byte().permute(0, 2, 3, 1).reshape(rows, columns, SIDE, SIDE, 3)
    Image.fromarray(pixels.permute(0, 2, 1, 3, 4).reshape(rows * SIDE, columns * SIDE, 3).numpy()).save(path)


class Trainer:
    """Generator, critic, the generator's moving average, and one step of both."""

    def __init__(self, network: DCGAN, device: str):
        self.device = device
        self.network = network.to(device, memory_format=torch.channels_last).train()
        self.network.apply(init_weights)
        for module in [module for module in network.critic.modules() if isinstance(module, nn.Conv2d)]:
            spectral_norm(module)
        self.average = deepcopy(network.generator).eval().requires_grad_(False)
        self.generator_optimiser = torch.optim.Adam(network.generator.parameters(), GENERATOR_RATE, BETAS)
        self.critic_optimiser = torch.optim.Adam(network.critic.parameters(), CRITIC_RATE, BETAS)
        self.steps = 0

    def stateful(self) -> dict:
        return {
            "network": self.network,
            "average": self.average,
            "generator_optimiser": self.generator_optimiser,
            "critic_optimiser": self.critic_optimiser,
        }

    def set_rates(self, progress: float, step: int) -> None:
        self.steps = step
        share = 1 - 0.9 * max(0.0, progress - STEADY) / (1 - STEADY)
        for optimiser, rate in ((self.generator_optimiser, GENERATOR_RATE), (self.critic_optimiser, CRITIC_RATE)):
            for group in optimiser.param_groups:
                group["lr"] = rate * share

    def step(self, photographs: Tensor) -> dict[str, Tensor]:
        """Improve the critic, then the generator, on one batch of each kind."""
        photographs = photographs.contiguous(memory_format=torch.channels_last)
        codes = torch.rand((len(photographs), self.network.latent), device=self.device) * 2 - 1
        with torch.autocast(self.device, torch.bfloat16):
            made = self.network.generator(codes)
            real, false = (self.network.critic(given).float() for given in (photographs, made.detach()))
            critic_loss = F.softplus(-real).mean() + F.softplus(false).mean()
        improve(self.critic_optimiser, critic_loss)
        with torch.autocast(self.device, torch.bfloat16):
            self.network.critic.requires_grad_(False)
            generator_loss = F.softplus(-self.network.critic(made).float()).mean()
            self.network.critic.requires_grad_(True)
        improve(self.generator_optimiser, generator_loss)
        self._follow()
        right = ((real > 0).float().mean() + (false < 0).float().mean()) / 2
        return {"critic": critic_loss.detach(), "generator": generator_loss.detach(), "right": right}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the generator, faster at first."""
        share = 1 - min(AVERAGE_DECAY, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.network.generator.parameters()), share)

    def released(self) -> DCGAN:
        """Return a plain pair, on the processor and in eval mode: the average, and the critic as normalised."""
        own = self.network.eval()
        tensors = {f"generator.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for name, module in own.critic.named_modules():
            if isinstance(module, nn.Conv2d):
                tensors[f"critic.{name}.weight"], tensors[f"critic.{name}.bias"] = module.weight, module.bias
        self.network.train()
        network = DCGAN(own.width, own.latent)
        network.load_state_dict({name: tensor.detach().cpu().clone() for name, tensor in tensors.items()})
        calibrate(network)
        return network.eval().requires_grad_(False)


@torch.no_grad()
def calibrate(network: DCGAN, batches: int = 10, count: int = 64) -> None:
    """Measure anew what the generator's batch normalisation expects: averaged weights want means of their own."""
    random = torch.Generator().manual_seed(SEED)
    for module in network.generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean of all batches
    network.train()
    for _ in range(batches):
        network(network.codes(count, random))


def improve(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def init_weights(module: nn.Module) -> None:
    """The paper's first weights: normal, of 0.02."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)


if __name__ == "__main__":
    main()
