"""How long does deblurring take? `python benchmarks/deblur.py [--threads 1] [--large]`.

Prints one JSON object: processor milliseconds per megapixel, median of several runs, of the networks as the service
runs them and of the yardsticks: DeblurGAN's generator with 9 blocks at its published width, in eager PyTorch in
float32 and, where `onnxruntime` is installed (a developer's tool, not needed by Revive), in ONNX Runtime in float32;
the time of the whole service at several sizes, which should grow with the pixels; and with `--large` 12 megapixels,
with the longest silence between two reports. Processor time, so that other work on the machine counts little.
"""

import argparse
import importlib.util
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import services
from imaging.files import Picture
from networks.weights import build
from services import engine

SIDE = 512  # of the tiles that networks are timed on: what the service uses
RUNS = 5


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    yardstick = build("resnet_generator", {"width": 64, "blocks": 9}).eval()
    figures = {
        "threads": arguments.threads, "device": engine.device_name(), "torch": torch.__version__,
        "ms_per_megapixel": per_megapixel(yardstick, arguments.threads),
        "service_ms_per_megapixel_by_megapixels": {size: round(served(size)["ms"] / size) for size in (0.25, 1, 4)},
        "service_12_megapixels": served(12) if arguments.large else None,
    }
    print(json.dumps(figures, indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="12 megapixels too")
    return parser.parse_args()


def per_megapixel(yardstick: nn.Module, threads: int) -> dict[str, float]:
    tile = torch.rand(1, 3, SIDE, SIDE)
    eager = milliseconds(lambda: inferred(yardstick, tile))
    figures = {"resnet_9_blocks_eager_float32": eager}
    if importlib.util.find_spec("onnxruntime"):
        figures["resnet_9_blocks_onnx_runtime_float32"] = milliseconds(onnx_session(yardstick, tile, threads))
    for name in ("deblur", "deblurgan"):
        network = engine.network(name)
        figures[name] = milliseconds(lambda network=network: network(tile))
        module = network._module
        figures[f"{name}_float32"] = milliseconds(lambda module=module: inferred(module, tile))
    figures["times_as_fast_as_eager"] = round(eager / figures["deblur"], 1)
    return figures


def milliseconds(run: Callable[[], object]) -> float:
    """Median over RUNS after one to warm up, per megapixel."""
    run()
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return round(statistics.median(taken) * 1000 / (SIDE * SIDE / 1e6), 1)


@torch.inference_mode()
def inferred(network: nn.Module, tile: torch.Tensor) -> torch.Tensor:
    return network(tile)


def onnx_session(network: nn.Module, tile: torch.Tensor, threads: int) -> Callable[[], object]:
    import onnxruntime

    written = io.BytesIO()
    torch.onnx.export(network, (tile,), written, input_names=["picture"], dynamo=False)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(written.getvalue(), settings, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"picture": tile.numpy()})


def served(megapixels: float) -> dict[str, float]:
    """Run the service on a picture of that size, 3 by 2."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    pixels = np.random.default_rng(0).integers(0, 256, (height, round(1.5 * height), 3), dtype=np.uint8)
    service, heard = services.get("deblur"), [time.perf_counter()]
    options = service.parse_options({"anyway": True})
    start = time.process_time()
    service.run(Picture(pixels), options, lambda share, stage: heard.append(time.perf_counter()))
    return {"ms": round((time.process_time() - start) * 1000), "longest_silence_ms": round(max(np.diff(heard)) * 1000)}


if __name__ == "__main__":
    main()
