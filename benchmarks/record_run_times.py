"""Record how long the tools run on this machine: `python -m benchmarks.record_run_times --minutes 5`.

Adds rows of [service, options, pixels, seconds] to benchmarks/run_times.json, which `benchmarks.waiting_times` plays
back. The pictures are those of the home page, at sizes between 0.2 and 6 megapixels. A first run of each tool, which
loads its network, is not written down.
"""

import argparse
import json
import random
import time
from pathlib import Path

import cv2
import numpy as np

from revive.library import adjust, background, colorize, deblur

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "benchmarks" / "run_times.json"
PICTURES = ROOT / "docs" / "demo" / "pictures"
TOOLS = {"adjust": adjust, "background": background, "colorize": colorize, "deblur": deblur}
# Options, and the largest megapixels that are asked of a tool here.
CALLS = (
    ("adjust", {"brightness": 1.4}, 6.0),
    ("background", {}, 4.0),
    ("colorize", {"network": "colorize"}, 4.0),
    ("deblur", {"network": "deblur", "anyway": True}, 0.8),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    minutes = parser.parse_args().minutes
    pictures = [cv2.imread(str(path)) for path in sorted(PICTURES.rglob("*.jpg"))]
    pictures = [picture for picture in pictures if picture is not None]
    rows = json.loads(RECORD.read_text()) if RECORD.exists() else []
    calls = 0
    chance, end = random.Random(7 + len(rows)), time.monotonic() + 60 * minutes
    for service, options, _ in CALLS:
        TOOLS[service](resize(pictures[0], 0.2), **options)
    while time.monotonic() < end:
        service, options, largest = CALLS[calls % len(CALLS)]
        pixels = resize(chance.choice(pictures), chance.uniform(0.2, largest))
        if service == "colorize":
            pixels = np.repeat(pixels.mean(2, keepdims=True).astype(np.uint8), 3, axis=2)
        start = time.perf_counter()
        result = TOOLS[service](pixels, **options)
        calls += 1
        if result.picture is None:  # it rightly declined: nothing is learnt from that
            continue
        rows.append([service, options, pixels.shape[0] * pixels.shape[1], round(time.perf_counter() - start, 3)])
        RECORD.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def resize(picture: np.ndarray, megapixels: float) -> np.ndarray:
    """Return RGB pixels of about so many megapixels."""
    scale = (megapixels * 1e6 / (picture.shape[0] * picture.shape[1])) ** 0.5
    size = max(32, round(picture.shape[1] * scale)), max(32, round(picture.shape[0] * scale))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[:, :, ::-1])


if __name__ == "__main__":
    main()
