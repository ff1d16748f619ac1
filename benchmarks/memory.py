"""Measure what a 24-megapixel photo costs each service: python -m benchmarks.memory [--weights FOLDER] [SERVICE ...]

Enlarge gets one half of it.
Each run is a process of its own, as a worker would do it: decode, run, encode. Printed are the peak of its resident
memory and the seconds of each step. The bound that must hold is 3 GiB.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

import services
from imaging.io.files import Picture, decode, encode
from networks.manifest import WEIGHTS
from services import runtime
from services.base import ignore_progress

WIDTH, HEIGHT = 6000, 4000
PERSON = Path(__file__).resolve().parent.parent / "docs" / "demo" / "pictures" / "astronaut.jpg"
BOUND_MIB = 3072
# The least that makes a service do something, where its defaults do not.
OPTIONS = {
    "adjust": {"transform": "90", "brightness": "1.5"},
    "colorize": {"anyway": True},
    "deblur": {"anyway": True},
    "denoise": {"anyway": True},
    "scan": {"corners": "0.1,0.1,0.9,0.1,0.9,0.9,0.1,0.9"},
    "tone": {"anyway": True},
    "idphoto": {"frame": "0,0,1,1", "background": "white"},
}


def main() -> None:
    arguments = _arguments()
    if arguments.photo:
        print(json.dumps(measure(arguments.services[0], arguments.photo, arguments.weights)))
        return
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        photo.write_bytes(synthetic_photo())
        for key in arguments.services or [service.key for service in services.SERVICES]:
            figures = in_a_process(key, photo, arguments.weights)
            verdict = "ok" if figures["peak_mib"] <= BOUND_MIB else "TOO MUCH"
            print(f"{key:12}", "  ".join(f"{name} {value}" for name, value in figures.items()), verdict, flush=True)


def in_a_process(key: str, photo: Path, weights: Path) -> dict[str, float]:
    """Return the figures of one run, measured in a fresh interpreter."""
    command = [sys.executable, "-m", "benchmarks.memory", key, "--photo", str(photo), "--weights", str(weights)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    return json.loads(done.stdout)


def measure(key: str, photo: Path, weights: Path) -> dict[str, float]:
    """Run one service here; return seconds of each step and the peak resident memory in MiB."""
    runtime.configure(weights=weights)
    service = services.get(key)
    options = service.parse_options(OPTIONS.get(key, {}) | ({"mask": _half()} if key == "inpaint" else {}))
    times = [time.perf_counter()]
    picture = decode(photo)
    if key == "enlarge":  # of 24 megapixels it would make more than a picture may have
        picture = picture.with_pixels(picture.pixels[:, : WIDTH // 2])
    times.append(time.perf_counter())
    result = service.run(picture, options, ignore_progress)
    times.append(time.perf_counter())
    encode(result.picture, "png")
    times.append(time.perf_counter())
    seconds = [round(after - before, 1) for before, after in zip(times, times[1:], strict=False)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return dict(zip(("decode_seconds", "run_seconds", "encode_seconds"), seconds, strict=True)) | {"peak_mib": peak}


def _half() -> Picture:
    """A mask over the middle half of the photo, and a scratch from corner to corner."""
    mask = np.eye(HEIGHT // 10, WIDTH // 10, dtype=np.uint8)[:, :, None].repeat(3, 2) * 255
    mask[HEIGHT // 40 : HEIGHT * 3 // 40, WIDTH // 30 : WIDTH * 2 // 30] = 255
    return Picture(mask)


def synthetic_photo() -> bytes:
    """A JPEG of 6000 x 4000: soft shapes with noise, and in the middle a person, for one tool looks for people."""
    rng = np.random.default_rng(0)
    soft = Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).resize((WIDTH, HEIGHT))
    pixels = np.asarray(soft).copy()
    left = (WIDTH - HEIGHT) // 2
    pixels[:, left : left + HEIGHT] = np.asarray(Image.open(PERSON).convert("RGB").resize((HEIGHT, HEIGHT)))
    pixels //= 2
    pixels += rng.integers(0, 60, pixels.shape, dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("services", nargs="*", metavar="SERVICE")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--photo", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
