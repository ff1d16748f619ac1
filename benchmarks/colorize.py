"""How fast colorize is: python -m benchmarks.colorize [--threads N] [--rounds N]

The reference is DeOldify's artistic generator in eager float32 at render factor 35, 560x560. It is built with random
weights, which take as long as its author's, and with its norms folded, a little faster than the original.
Beside it stand the same network as a worker runs it (channels last, bfloat16 where the processor has it), and the
default of the service: the network at its working size, and a whole run, three variants, on a photo of 560x560.

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
from PIL import Image

import services
from imaging.files import Picture
from networks.deoldify import DeOldify
from services import engine
from services.base import silent

SIDE = 560
PHOTO = Path(__file__).resolve().parent.parent / "docs" / "demo" / "pictures" / "astronaut.jpg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    engine.configure(threads=arguments.threads)
    torch.manual_seed(0)
    lightness = torch.rand(1, 1, SIDE, SIDE)
    deoldify = DeOldify().eval().requires_grad_(False)
    with torch.inference_mode():
        reference = timed(lambda: deoldify(lightness), arguments.rounds)
    print(f"{engine.device_name()}, {arguments.threads} threads, medians of {arguments.rounds}")
    report("DeOldify, eager float32", reference, reference)
    network, small = engine.network("colorize"), torch.rand(1, 1, 128, 128)  # from here on as a worker has it
    tuned = deoldify.to(memory_format=torch.channels_last)
    imported = engine.Network(tuned, "cpu", engine.device_name().endswith("bf16"))
    report("DeOldify, as imported", timed(lambda: imported(lightness), arguments.rounds), reference)
    report("our network at 128x128", timed(lambda: network(small, "variants"), arguments.rounds), reference)
    report("our whole default run", timed(whole_run, arguments.rounds), reference)


def whole_run() -> None:
    service = services.get("colorize")
    with Image.open(PHOTO) as photo:
        grey = np.asarray(photo.convert("L").convert("RGB").resize((SIDE, SIDE)))
    service.run(Picture(grey), service.parse_options({}), silent)


def timed(call: Callable[[], object], rounds: int) -> tuple[float, float]:
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
    print(f"{name:26} wall {times[0]}   processor {times[1]}", flush=True)


if __name__ == "__main__":
    main()
