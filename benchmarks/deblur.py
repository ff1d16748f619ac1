"""How long does deblurring take? `python -m benchmarks.deblur [--threads 1] [--large]`.

Prints one JSON object: processor milliseconds per megapixel, medians of several rounds in which all take their turn,
of the networks as the service runs them and of the yardsticks: DeblurGAN's generator with 9 blocks at its published
width, in eager PyTorch in float32 and, where `onnxruntime` and `onnx` are installed (developers' tools that Revive does
not need), in ONNX Runtime in float32; the time of the whole service at several sizes, which should grow with the
pixels; and with `--large` 12 megapixels, with the longest silence between two reports. Processor time, so that other
work on the machine counts little.
"""

import argparse
import importlib.util
import json
import time

import numpy as np
import torch
from torch import nn

import services
from benchmarks.background import infer, milliseconds, onnx_session
from imaging.io.files import Picture
from networks.weights import build
from services import inference

SIDE = 512  # of the tiles that networks are timed on: what the service uses


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    yardstick = build("resnet_generator", {"width": 64, "blocks": 9}).eval()
    figures = {
        "threads": arguments.threads,
        "device": inference.describe_device(),
        "torch": torch.__version__,
        "ms_per_megapixel": per_megapixel(yardstick, arguments.threads),
        "service_ms_per_megapixel_by_megapixels": {
            size: round(run_service(size)["ms"] / size) for size in (0.25, 1, 4)
        },
        "service_12_megapixels": run_service(12) if arguments.large else None,
    }
    print(json.dumps(figures, indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="12 megapixels too")
    return parser.parse_args()


def per_megapixel(yardstick: nn.Module, threads: int) -> dict[str, float]:
    tile = torch.rand(1, 3, SIDE, SIDE)
    ways = {"resnet_9_blocks_eager_float32": lambda: infer(yardstick, tile)}
    if importlib.util.find_spec("onnxruntime"):
        ways["resnet_9_blocks_onnx_runtime_float32"] = onnx_session(yardstick, tile, threads)
    for name in ("deblur", "deblurgan"):
        network = inference.networks.get(name)
        ways[name] = lambda network=network: network(tile)
        ways[f"{name}_float32"] = lambda module=network._module: infer(module, tile)
    yardsticks = [name for name in ways if name.startswith("resnet")]
    figures = {name: round(taken / (SIDE * SIDE / 1e6), 1) for name, taken in milliseconds(ways).items()}
    faster = {f"deblur_times_as_fast_as_{name}": round(figures[name] / figures["deblur"], 1) for name in yardsticks}
    return figures | faster


def run_service(megapixels: float) -> dict[str, float]:
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
