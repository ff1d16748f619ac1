"""How fast colorize is: python -m benchmarks.colorize [--threads N] [--rounds N] [--side PIXELS] [--checkpoint FILE]

The reference is DeOldify's artistic generator in eager float32 at render factor 35, 560x560, with the steps of its
authors: pixels shuffled, padded, averaged, joined, every convolution done in full. It is built with random weights, as
slow as theirs, or with those of a released file, and with its norms folded, a little faster than the original.
Beside it stand the same network as a worker runs it (channels last, bfloat16 where the processor has it), and the
default of the service: the network at its working size, and a whole run, three variants, on a photo of 560x560. All of
them have an allocator that keeps its pages, as a worker does. How far the photo that the imported network colours is
from the reference's is told too, in sRGB: PSNR in dB, mean and largest difference. Random weights do not measure that:
give a checkpoint.

Wall-clock seconds are medians; seconds of processor time stand beside them, since they mean something on a busy
machine too.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import services
from checkpoints.deoldify import convert
from imaging.io.files import Picture
from networks.deoldify import CHROMA_UNIT, DeOldify, SubPixel
from networks.layers.colour_space import lab_to_rgb
from services import inference, runtime
from services.base import ignore_progress
from services.colorize import guess

SIDE = 560
PHOTO = Path(__file__).resolve().parent.parent / "docs" / "demo" / "pictures" / "astronaut.jpg"


class Published(SubPixel):
    """The same step as its authors take it."""

    def forward(self, maps: Tensor, beside: Tensor) -> Tensor:
        raised = F.pixel_shuffle(torch.relu(self.expand(maps)), 2)
        raised = F.avg_pool2d(F.pad(raised, (1, 0, 1, 0), mode="replicate"), 2, stride=1)
        if raised.shape[2:] != beside.shape[2:]:
            raised = F.interpolate(raised, beside.shape[2:], mode="nearest")
        return torch.cat((raised, beside), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", type=int, default=SIDE, help="pixels: less where memory is short")
    parser.add_argument("--checkpoint", type=Path, help="ColorizeArtistic_gen.pth or a file of its form")
    arguments = parser.parse_args()
    runtime.configure(threads=arguments.threads)
    ours, small = inference.networks.get("colorize"), torch.rand(1, 1, 128, 128)  # from here on pages are kept
    print(f"{inference.describe_device()}, {arguments.threads} threads, medians of {arguments.rounds}")
    reference = compare_deoldify(arguments.side, arguments.rounds, arguments.checkpoint)
    report("our network at 128x128", time_call(lambda: ours(small, "variants"), arguments.rounds), reference)
    report("our whole default run", time_call(whole_run, arguments.rounds), reference)


def compare_deoldify(side: int, rounds: int, checkpoint: Path | None) -> tuple[float, float]:
    """Report DeOldify as published and as imported; return the times of the first."""
    torch.manual_seed(0)
    lightness = guess.read_lightness(grey(side))
    deoldify = DeOldify().eval().requires_grad_(False)
    if checkpoint:
        tensors = torch.load(checkpoint, map_location="cpu", weights_only=True)
        deoldify.load_state_dict(convert(deoldify, tensors.get("model", tensors)))
    replace_class(deoldify, SubPixel, Published)
    with torch.inference_mode():
        reference = time_call(lambda: deoldify(lightness), rounds)
        expected = deoldify(lightness)
    report(f"DeOldify at {side}, eager float32", reference, reference)
    replace_class(deoldify, Published, SubPixel)
    half = torch.bfloat16 if inference.describe_device().endswith("bf16") else None
    imported = inference.Network(deoldify.to(memory_format=torch.channels_last), "cpu", half)
    report("DeOldify, as imported", time_call(lambda: imported(lightness), rounds), reference)
    print(agreement(*(merge_lab(lightness, chroma) for chroma in (expected, imported(lightness)))))
    return reference


def merge_lab(lightness: Tensor, chroma: Tensor) -> Tensor:
    """Return sRGB in whole steps of 255 of L* / 100 and of a*, b* divided by 110."""
    return (lab_to_rgb(torch.cat((100 * lightness, CHROMA_UNIT * chroma), 1)).clamp(0, 1) * 255).round()


def agreement(expected: Tensor, output: Tensor) -> str:
    away = (output - expected).abs()
    psnr = 10 * torch.log10(255**2 / away.square().mean().clamp(min=1e-9))
    return f"its photo and the reference's: {psnr:.1f} dB, mean {away.mean():.3f}, at most {away.max():.0f} of 255"


def replace_class(network: nn.Module, before: type[nn.Module], after: type[nn.Module]) -> None:
    """Let every module of one class be of another that has the same parts."""
    for module in network.modules():
        if type(module) is before:
            module.__class__ = after


def whole_run() -> None:
    service = services.get("colorize")
    service.run(Picture(grey(SIDE)), service.parse_options({}), ignore_progress)


def grey(side: int) -> np.ndarray:
    """Return the photo without its colours, uint8 (side, side, 3)."""
    with Image.open(PHOTO) as photo:
        return np.asarray(photo.convert("L").convert("RGB").resize((side, side)))


def time_call(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the medians of wall-clock and processor seconds of `rounds` calls after one more."""
    call()
    wall, busy = [], []
    for _ in range(rounds):
        times = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - times[0])
        busy.append(time.process_time() - times[1])
    return statistics.median(wall), statistics.median(busy)


def report(name: str, measured: tuple[float, float], reference: tuple[float, float]) -> None:
    times = [f"{seconds:8.3f} s {before / seconds:7.1f} x" for seconds, before in zip(measured, reference, strict=True)]
    print(f"{name:32} wall {times[0]}   processor {times[1]}", flush=True)


if __name__ == "__main__":
    main()
