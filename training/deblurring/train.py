"""The recipe of the default deblur weights: `python -m training.deblurring.train --data FOLDER [--minutes N]
[--resume]`.

Sharp crops of photos are blurred by `training.deblurring.blur`, and the deconvolver learns the way back: a Charbonnier
loss on pixels and an L1 loss on the Fourier spectrum (Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image
Deblurring", ICCV 2021) for the picture, with its PSNR; and, because the blur is known here, the same Charbonnier loss
for the luminance predicted in each round and an L1 loss for its kernel. Crops grow with the clock; the rate falls along
a cosine; `--from-released` goes on from the released weights. What is released is the moving average of the weights,
saved as content.pt in the run's folder. The NAFNets compute in bfloat16, with float32 weights behind them; spectra and
losses are float32.

On a GPU: `--device cuda --workers 14 --crops 160x32,224x16,288x10`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from imaging.tensors import to_pixels
from networks import weights
from networks.deconvolver import Deconvolver, Restored
from training.common.arguments import build_parser
from training.common.crops import to_batch
from training.common.distributed import ProcessGroup
from training.common.ema import EMA
from training.common.half_precision import call_in_half
from training.common.metrics import psnr
from training.common.run import Run, set_up
from training.common.schedule import decay_by_cosine, set_rate, warm_up
from training.deblurring.pairs import Crops, load_photos, load_validation_pairs

SETTINGS: dict[str, Any] = {
    "width": 24,
    "restorer_width": 32,
    "encoder": (1, 1),
    "middle": 4,
    "decoder": (1, 1),
    "rounds": 2,
}
SEED = 2012
CROPS = "128x8,160x5,192x4"  # side x batch, one for each part of the time
SHARES = {"pixel": 1.0, "frequency": 0.5, "edges": 0.3, "kernel": 0.05, "level": 0.004}  # of the losses
RATE, WARM_UP_STEPS = 1e-3, 100
GRADIENT_LIMIT = 0.2
EMA_DECAY, EMA_WARM_UP = 0.995, 9
NEGLIGIBLE = 1e-4  # squared error: beyond 40 dB there is no more to gain
LOG_EVERY, VALIDATE_EVERY = 25, 125
FULL_PRECISION = ("damping", "sharpness")  # single numbers that the spectra depend on


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads, SEED)
    pictures, held = load_photos(arguments.data)
    pairs = load_validation_pairs(held)

    released = cast(Deconvolver, weights.load("deblur").train()) if arguments.from_released else None
    network = released or Deconvolver(**SETTINGS)
    trainer, processes = Trainer(network, arguments.device, arguments.rate), ProcessGroup()
    name = "deblur-further" if arguments.from_released else "deblur"
    run = Run(name, out=arguments.out, minutes=arguments.minutes)
    run.register(network=trainer.network, ema=trainer.ema, optimiser=trainer.optimiser)
    step = run.resume() if arguments.resume else 0
    parts = [tuple(int(number) for number in part.split("x")) for part in arguments.crops.split(",")]

    for place, (side, count) in enumerate(parts):
        for batch in load_batches(pictures, side, count, step, (SEED, processes.rank, side), arguments.workers):
            progress = processes.broadcast(run.progress())
            if progress >= (place + 1) / len(parts):
                break
            trainer.set_rate(progress, step)
            figures = trainer.step(processes, *(part.to(arguments.device, non_blocking=True) for part in batch))
            step += 1
            if processes.leads and step % LOG_EVERY == 0:
                run.log(step, **{name: value.item() for name, value in figures.items()})
            if processes.leads and step % VALIDATE_EVERY == 0:
                run.log(step, **validate(trainer.ema.network, pairs, arguments.device))
                run.checkpoint(step)

    if processes.leads:
        run.log(step, **validate(trainer.ema.network, pairs, arguments.device))
        run.checkpoint(step)
        torch.save(trainer.ema.network.state_dict(), run.out / "content.pt")
    processes.close()


def parse_arguments() -> argparse.Namespace:
    names = ("data", "device", "threads", "from_released", "resume")
    parser = build_parser(__doc__, *names, minutes=70.0, out=Path("runs/deblur"), workers=1)
    parser.add_argument("--crops", default=CROPS, help="side x batch for each equal part of the time")
    parser.add_argument("--rate", type=float, default=RATE, help="the highest learning rate")
    return parser.parse_args()


def load_batches(
    pictures: list[np.ndarray], side: int, count: int, step: int, seed: tuple[int, ...], workers: int
) -> Iterator[list[Tensor]]:
    """Yield batches of blurred and sharp crops, uint8 (N, side, side, 3), and kernels, from that of `step` on."""
    crops = Crops(pictures, side, seed, range(step * count, 2**31))
    return iter(
        DataLoader(
            crops,
            count,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            pin_memory=torch.cuda.is_available(),
        )
    )


class Trainer:
    """The network, its moving average and its optimiser, and one step of training."""

    def __init__(self, network: Deconvolver, device: str = "cpu", rate: float = RATE, ema_warm_up: int = EMA_WARM_UP):
        self.network, self.rate = network.to(device).to(memory_format=torch.channels_last), rate
        self.ema = EMA(self.network, EMA_DECAY, ema_warm_up)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), rate, betas=(0.9, 0.9), weight_decay=1e-4)

    def set_rate(self, progress: float, step: int) -> None:
        """Set a cosine down to zero, with a linear warm-up at the very start."""
        set_rate(self.optimiser, self.rate * decay_by_cosine(progress) * warm_up(step, WARM_UP_STEPS))

    def step(self, processes: ProcessGroup, blurred: Tensor, sharp: Tensor, kernel: Tensor) -> dict[str, Tensor]:
        sharp = to_batch(sharp)
        figures = compute_losses(restore_in_half(self.network, to_batch(blurred)), sharp, kernel)
        loss = sum((SHARES[name] * value for name, value in figures.items()), torch.zeros(()))
        gradient = self.improve(loss, processes)
        return {name: value.detach() for name, value in figures.items()} | {"gradient": gradient}

    def improve(self, loss: Tensor, processes: ProcessGroup | None = None) -> Tensor:
        """Take one step, update the average, and return the gradient's norm before it was clipped."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if processes:
            processes.average_gradients(self.network)
        gradient = nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        self.optimiser.step()
        self.ema.update(self.network)
        return gradient


class Unrolled(nn.Module):
    """A deconvolver whose forward pass shows its kernels and edges too."""

    def __init__(self, network: Deconvolver):
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Restored:
        return self.network.restore(picture)


def restore_in_half(network: Deconvolver, blurred: Tensor) -> Restored:
    """Run the NAFNets in half precision; gradients arrive at their float32 parameters."""
    return call_in_half(Unrolled(network), blurred, FULL_PRECISION)


def compute_losses(restored: Restored, sharp: Tensor, kernel: Tensor) -> dict[str, Tensor]:
    """Return the losses of picture, spectrum, predicted luminances and kernels, each a mean over its elements,
    the kernels' a sum over the grid: 0 for the true one, 2 for one that lies wholly elsewhere; and `level`, the
    negative PSNR in dB, the mean over the pictures, in which 1 dB counts alike for light and for heavy blur."""
    error = restored.picture - sharp
    spectrum = torch.view_as_real(torch.fft.rfft2(error, norm="ortho"))
    luminance = (sharp * sharp.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    wrong = soften(restored.kernels - kernel[:, None])
    return {
        "pixel": charbonnier(error).mean(),
        "frequency": torch.sqrt(spectrum.square().sum(-1) + 1e-6).mean(),
        "edges": charbonnier(restored.edges - luminance).mean(),
        "kernel": wrong.abs().sum((2, 3)).mean(),
        "level": 10 * torch.log10(error.square().mean((1, 2, 3)) + NEGLIGIBLE).mean(),
    }


def charbonnier(error: Tensor) -> Tensor:
    return torch.sqrt(error * error + 1e-6)


def soften(kernels: Tensor) -> Tensor:
    """Blur kernels a little, so that a path half a pixel beside the true one is not all wrong."""
    return F.avg_pool2d(F.avg_pool2d(kernels, 2, 1, padding=1), 2, 1)


@torch.no_grad()
def validate(network: Deconvolver, pairs: list[tuple[np.ndarray, np.ndarray]], device: str = "cpu") -> dict[str, float]:
    """Return the mean gain in PSNR over the blurred pictures, and the PSNR of sharp pictures to themselves."""
    gains, unchanged = [], []
    for blurred, sharp in pairs:
        restored, untouched = (
            restore_in_half(network, to_batch(torch.tensor(picture, device=device)[None])).picture
            for picture in (blurred, sharp)
        )
        gains.append(psnr(to_pixels(restored), sharp) - psnr(blurred, sharp))
        unchanged.append(psnr(to_pixels(untouched), sharp))
    return {"psnr_gain": float(np.mean(gains)), "sharp_psnr": float(np.mean(unchanged))}


if __name__ == "__main__":
    main()
