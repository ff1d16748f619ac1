"""Teach DCGAN faces: `python -m training.inpainting.train_dcgan --data FOLDER [--minutes N] [--device cuda]
[--resume]`.

The faces of faces.zip, cut close and mirrored at random, against faces of the generator: the paper's loss, with the
critic under spectral normalisation (Miyato et al.: "Spectral Normalization for Generative Adversarial Networks", ICLR
2018). On one processor core, in bfloat16:

    python -m training.inpainting.train_dcgan --data FOLDER --minutes 75
    python -m training.inpainting.measure_faces --data FOLDER --network dcgan --state runs/dcgan/average.pt --export

What is released is the moving average of the generator and the critic as it ended (average.pt). The rate follows the
clock. Sheets of the average's faces are written beside the checkpoint, to be judged by eye.
"""

import argparse
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
from training.common.archives import Member, list_members, read_rgb, split_held_back
from training.common.arguments import build_parser
from training.common.crops import draw_batch
from training.common.ema import EMA
from training.common.half_precision import autocast
from training.common.run import Run, set_up
from training.common.schedule import hold_and_decay, set_rate
from training.inpainting import hole_masks

SEED = 2016
WIDTH, BATCH = 32, 32
GENERATOR_RATE, CRITIC_RATE, BETAS = 2e-4, 2e-4, (0.5, 0.999)
STEADY, LAST_RATE_SHARE = 0.6, 0.1  # the rates hold for that part of the time, then fall to that of their peak
EMA_DECAY, EMA_WARM_UP = 0.998, 9
# Of the aligned pictures: enlarged to so many pixels, and the crop around the face, with room to move it.
ENLARGED, TOP, LEFT, ROOM = 92, 19, 12, 4
LOG_EVERY, VALIDATE_EVERY, VALIDATION_FACES, VALIDATION_STEPS = 25, 500, 32, 60


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    train, held = load_faces(arguments.data)
    train, trainer = train.to(arguments.device), Trainer(DCGAN(arguments.width), arguments.device)
    judged = load_validation_faces(held[:VALIDATION_FACES])
    run = Run("dcgan", out=arguments.out, minutes=arguments.minutes)
    run.register(**trainer.states())
    step = run.resume() if arguments.resume else 0
    while not run.out_of_time():
        trainer.set_rates(run.progress())
        generator = torch.Generator(arguments.device).manual_seed(SEED * 1_000_003 + step)
        figures = trainer.step(draw_batch(train, arguments.batch, SIDE, generator))
        step += 1
        if step % LOG_EVERY == 0:
            run.log(step, **{name: value.item() for name, value in figures.items()})
        if step % VALIDATE_EVERY == 0:
            validate_and_save(run, step, trainer, judged, arguments.validation_steps)
    validate_and_save(run, step, trainer, judged, arguments.validation_steps)


def parse_arguments() -> argparse.Namespace:
    defaults = {"minutes": 75.0, "out": Path("runs/dcgan"), "batch": BATCH, "width": WIDTH}
    parser = build_parser(__doc__, "data", "device", "threads", "resume", **defaults)
    parser.add_argument("--validation-steps", type=int, default=VALIDATION_STEPS, help="of the search")
    return parser.parse_args()


def load_faces(data: Path) -> tuple[Tensor, Tensor]:
    """Return the faces to train on, uint8 (N, 3, 68, 68), and those held back, uint8 (M, 3, 64, 64)."""
    train, held = (load_close_crops(part) for part in split_held_back(list_members(data, "faces.zip")))
    middle = slice(ROOM // 2, SIDE + ROOM // 2)
    return train, held[:, :, middle, middle].contiguous()


def load_close_crops(listed: list[Member]) -> Tensor:
    """Return the faces with room to move them, uint8 (N, 3, 68, 68)."""
    crops = np.stack([crop_close(read_rgb(member)) for member in listed])
    return torch.from_numpy(crops).permute(0, 3, 1, 2).contiguous()


def crop_close(aligned: np.ndarray) -> np.ndarray:
    """Cut the part around the face, with its room, out of an aligned picture, uint8 -> uint8 (68, 68, 3)."""
    enlarged = cv2.resize(aligned, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    return enlarged[TOP : TOP + SIDE + ROOM, LEFT : LEFT + SIDE + ROOM]


def load_validation_faces(held: Tensor) -> tuple[Tensor, Tensor]:
    """Return held-back faces in [0, 1] and what is known of them: strokes, boxes and blobs are holes, seeded."""
    random = np.random.default_rng(SEED)
    drawn = np.stack([hole_masks.draw_hole(SIDE, SIDE, random) for _ in held])
    return held.float() / 255, 1 - torch.from_numpy(drawn)[:, None].float()


def measure_hole_psnrs(found: Tensor, pictures: Tensor, known: Tensor) -> Tensor:
    """Return the PSNR inside the hole of each, in dB, (N,)."""
    squared_error = ((found - pictures) ** 2).mean(1, keepdim=True) * (1 - known)
    return (squared_error.sum((1, 2, 3)) / (1 - known).sum((1, 2, 3))).clamp(min=1e-9).log10().mul(-10)


def validate_and_save(run: Run, step: int, trainer: "Trainer", judged: tuple[Tensor, Tensor], steps: int) -> None:
    """Measure what the average completes, without blending, and save all there is."""
    network = trainer.build_released()
    codes = network.draw_codes(len(judged[0]), torch.Generator().manual_seed(SEED))
    _, found, loss = search(network, *judged, codes, steps)
    run.log(step, hole_psnr=measure_hole_psnrs(found, *judged).mean().item(), search_loss=loss.mean().item())
    run.checkpoint(step)
    torch.save(network.state_dict(), run.out / "average.pt")
    draw_sheet(network, run.out / f"faces-{step:06d}.png")


@torch.no_grad()
def draw_sheet(network: DCGAN, path: Path, rows: int = 5, columns: int = 10) -> None:
    """Write a picture of the faces of fixed codes."""
    made = network(network.draw_codes(rows * columns, torch.Generator().manual_seed(SEED)))
    pixels = (made * 255).round().byte().permute(0, 2, 3, 1).reshape(rows, columns, SIDE, SIDE, 3)
    Image.fromarray(pixels.permute(0, 2, 1, 3, 4).reshape(rows * SIDE, columns * SIDE, 3).numpy()).save(path)


class Trainer:
    """Generator, critic, the generator's moving average, and one step of both."""

    def __init__(self, network: DCGAN, device: str):
        self.device = device
        self.network = network.to(device).to(memory_format=torch.channels_last).train()
        self.network.apply(init_weights)
        for module in [module for module in network.critic.modules() if isinstance(module, nn.Conv2d)]:
            spectral_norm(module)
        self.ema = EMA(network.generator, EMA_DECAY, EMA_WARM_UP)
        self.generator_optimiser = torch.optim.Adam(network.generator.parameters(), GENERATOR_RATE, BETAS)
        self.critic_optimiser = torch.optim.Adam(network.critic.parameters(), CRITIC_RATE, BETAS)

    def states(self) -> dict:
        """Return what a checkpoint holds, by name."""
        return {
            "network": self.network,
            "ema": self.ema,
            "generator_optimiser": self.generator_optimiser,
            "critic_optimiser": self.critic_optimiser,
        }

    def set_rates(self, progress: float) -> None:
        share = hold_and_decay(progress, STEADY, LAST_RATE_SHARE)
        set_rate(self.generator_optimiser, GENERATOR_RATE * share)
        set_rate(self.critic_optimiser, CRITIC_RATE * share)

    def step(self, photographs: Tensor) -> dict[str, Tensor]:
        """Improve the critic, then the generator, on one batch of each kind."""
        photographs = photographs.contiguous(memory_format=torch.channels_last)
        codes = torch.rand((len(photographs), self.network.latent), device=self.device) * 2 - 1
        with autocast(self.device):
            made = self.network.generator(codes)
            real, false = (self.network.critic(given).float() for given in (photographs, made.detach()))
            critic_loss = F.softplus(-real).mean() + F.softplus(false).mean()
        improve(self.critic_optimiser, critic_loss)
        with autocast(self.device):
            self.network.critic.requires_grad_(False)
            generator_loss = F.softplus(-self.network.critic(made).float()).mean()
            self.network.critic.requires_grad_(True)
        improve(self.generator_optimiser, generator_loss)
        self.ema.update(self.network.generator)
        right = ((real > 0).float().mean() + (false < 0).float().mean()) / 2
        return {"critic": critic_loss.detach(), "generator": generator_loss.detach(), "right": right}

    def build_released(self) -> DCGAN:
        """Return a plain pair, on the processor and in eval mode: the average, and the critic as normalised."""
        own = self.network.eval()
        tensors = {f"generator.{name}": tensor for name, tensor in self.ema.network.state_dict().items()}
        for name, module in own.critic.named_modules():
            if isinstance(module, nn.Conv2d):
                tensors[f"critic.{name}.weight"], tensors[f"critic.{name}.bias"] = module.weight, module.bias
        self.network.train()
        network = DCGAN(own.width, own.latent)
        network.load_state_dict({name: tensor.detach().cpu().clone() for name, tensor in tensors.items()})
        calibrate_norms(network)
        return network.eval().requires_grad_(False)


@torch.no_grad()
def calibrate_norms(network: DCGAN, batches: int = 10, count: int = 64) -> None:
    """Measure anew what the generator's batch normalisation expects: averaged weights want means of their own."""
    random = torch.Generator().manual_seed(SEED)
    for module in network.generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean of all batches
    network.train()
    for _ in range(batches):
        network(network.draw_codes(count, random))


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
