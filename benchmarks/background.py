"""How long does cutting a person out take? `python -m benchmarks.background [--threads 1] [--memory]`.

Prints one JSON object, processor milliseconds, medians of several runs taken in turns, so that other work on the
machine counts little and counts for all:

- the network's forward as the service runs it, and as it does on processors without bfloat16, against the same weights
  in ONNX Runtime in float32 (where `onnxruntime` is installed, a developer's tool that Revive does not need), at its
  own sides and at 320, one picture at a time and two at once, as the service asks for a photo and its mirror image; per
  picture, with the agreement of the two outputs in dB, and that of the masks that are made of all outputs;
- the whole path, from the bytes of a 12-megapixel JPEG to those of a PNG with transparency, against what rembg does
  with alpha matting: ONNX Runtime at 320, a trimap with its thresholds, closed-form matting and multi-level foreground
  of `pymatting` (where that is installed), at `--matting-megapixels`, for it takes minutes at twelve;
- with `--memory` the peak of a process that cuts a 50-megapixel photo out.
"""

import argparse
import importlib.util
import io
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import torch
from PIL import Image

import services
from benchmarks.memory import PERSON
from imaging.io.files import Picture, decode, encode
from imaging.matting.predictors import choose_predictor
from imaging.tensors import to_tensor
from networks import weights
from networks.sliding_window import FINE_SIDE, OWN_SIDES
from services import inference
from services.base import ignore_progress
from services.cutout.outline import find_outline

RUNS = 5
FOREGROUND, BACKGROUND, ERODED = 240, 10, 10  # rembg's defaults for its trimap


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    if arguments.peak:
        print(peak_mib(50))
        return
    figures = {"threads": arguments.threads, "device": inference.describe_device(), "torch": torch.__version__}
    figures["forward"] = {
        f"{count} of {side}": forward(side, count, arguments.threads)
        for side in inference.networks.get("background").photo_sides or (*OWN_SIDES, FINE_SIDE)
        for count in (1, 2)
    }
    figures["mask_agreement_with_float32_db"] = mask_agreement()
    figures["whole_path"] = whole_path(arguments.matting_megapixels, arguments.threads)
    if arguments.memory:
        command = [sys.executable, "-m", "benchmarks.background", "--peak"]
        figures["peak_mib_at_50_megapixels"] = int(subprocess.check_output(command))
    print(json.dumps(figures, indent=2))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--matting-megapixels", type=float, default=1.0)
    parser.add_argument("--memory", action="store_true", help="also the peak memory at 50 megapixels")
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def forward(side: int, count: int, threads: int) -> dict[str, float]:
    """Milliseconds per picture of a forward of `count` of them by each way, and how far the outputs agree."""
    tensor = somebody(side).repeat(count, 1, 1, 1)
    network, plain = inference.networks.get("background"), weights.load("background")
    folded = weights.load("background").fold_norms().to(memory_format=torch.channels_last)
    ways = {
        "ours": lambda: network(tensor),
        "ours_in_float32": lambda: infer(folded, tensor),
        "eager_float32": lambda: infer(plain, tensor),
    }
    if importlib.util.find_spec("onnxruntime"):
        ways["onnx_runtime_float32"] = onnx_session(plain, tensor, threads)
    figures = {name: round(taken / count, 1) for name, taken in milliseconds(ways).items()}
    figures["agreement_with_float32_db"] = decibels(network(tensor), infer(plain, tensor))
    if "onnx_runtime_float32" in figures:
        for name in ("ours", "ours_in_float32"):
            figures[f"{name}_times_as_fast"] = round(figures["onnx_runtime_float32"] / figures[name], 2)
    return figures


def mask_agreement() -> float:
    """How well the mask, made of all that the service asks, agrees with that in float32."""
    network, rgb = weights.load("background"), np.asarray(Image.open(PERSON).convert("RGB"))
    ours, exact = (
        choose_predictor(ask, network).predict_photo(rgb).masks[0]
        for ask in (inference.networks.get("background"), partial(infer, network))
    )
    return decibels(ours, exact)


def somebody(side: int) -> torch.Tensor:
    """The picture of a person, float32 (1, 3, side, side) in [0, 1]."""
    return to_tensor(np.asarray(Image.open(PERSON).convert("RGB").resize((side, side))))


def decibels(output: torch.Tensor | np.ndarray, exact: torch.Tensor | np.ndarray) -> float:
    return round(-10 * math.log10(float(((output - exact) ** 2).mean()) + 1e-12), 1)


@torch.inference_mode()
def infer(network: torch.nn.Module, tensor: torch.Tensor) -> torch.Tensor:
    return network(tensor)


def onnx_session(network: torch.nn.Module, tensor: torch.Tensor, threads: int) -> Callable[[], np.ndarray]:
    import onnxruntime  # needed for this comparison only, and not among the requirements

    written = io.BytesIO()
    torch.onnx.export(network, (tensor,), written, input_names=["rgb"], dynamo=False, opset_version=17)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(written.getvalue(), settings, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"rgb": tensor.numpy()})[0]


def whole_path(matting_megapixels: float, threads: int) -> dict[str, float]:
    photo = jpeg(12)
    service = services.get("background")
    options = service.parse_options({"background": "transparent"})
    figures = milliseconds(
        {
            "ours_12_megapixels": lambda: encode(service.run(decode(photo), options, ignore_progress).picture, "png"),
        },
        runs=3,
    )
    if not (importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("pymatting")):
        return figures
    session = onnx_session(weights.load("background"), torch.rand(1, 3, 320, 320), threads)
    smaller = jpeg(matting_megapixels)
    name = f"onnx_runtime_and_closed_form_matting_{matting_megapixels:g}_megapixels"
    return figures | milliseconds({name: lambda: cut_out_like_rembg(smaller, session)}, runs=1)


def cut_out_like_rembg(photo: bytes, session: Callable[[], np.ndarray]) -> bytes:
    """What rembg does with alpha matting. (The session answers for its own tensor: its time is what counts.)"""
    from pymatting import estimate_alpha_cf, estimate_foreground_ml  # as onnxruntime

    rgb = np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"))
    session()
    mask = find_outline(Picture(rgb), services.get("background").parse_options({}), ignore_progress).alpha
    element = np.ones((ERODED, ERODED), np.uint8)
    sure, nothing = cv2.erode(np.uint8(mask > FOREGROUND), element), cv2.erode(np.uint8(mask < BACKGROUND), element)
    trimap = np.where(sure > 0, 1.0, np.where(nothing > 0, 0.0, 0.5))
    alpha = estimate_alpha_cf(rgb / 255.0, trimap)
    colours = estimate_foreground_ml(rgb / 255.0, alpha)
    out = io.BytesIO()
    Image.fromarray(np.uint8(np.clip(np.dstack([colours, alpha]) * 255, 0, 255))).save(out, "PNG")
    return out.getvalue()


def milliseconds(ways: dict[str, Callable[[], object]], runs: int = RUNS) -> dict[str, float]:
    """Median processor time of each way over `runs` rounds in which all take their turn, after one to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, way in ways.items():
            start = time.process_time()
            way()
            if run or runs == 1:
                taken[name].append(time.process_time() - start)
    return {name: round(statistics.median(times) * 1000, 1) for name, times in taken.items()}


def jpeg(megapixels: float) -> bytes:
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    out = io.BytesIO()
    Image.open(PERSON).convert("RGB").resize((round(1.5 * height), height)).save(out, "JPEG", quality=92)
    return out.getvalue()


def peak_mib(megapixels: float) -> int:
    service = services.get("background")
    picture = decode(jpeg(megapixels), max_megapixels=megapixels + 1)
    result = service.run(picture, service.parse_options({"background": "blurred"}), ignore_progress)
    encode(result.picture, "jpeg")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
