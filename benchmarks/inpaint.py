"""Measure every way of filling on the demo pictures: python -m benchmarks.inpaint [--sheet FILE] [ENGINE ...]

Twelve holes, always the same: in four photos scratches (thin lines), strokes of a brush, and a thing (a rounded box).
Each engine fills them in a process of its own, so that the peak of its resident memory is its own, torch and the
weights included. Printed are that peak and the median of the seconds per photo, by the clock and of the processor
alone, without the first photo, which loads what is needed. With `--sheet` the answers are drawn beside each other, to
be looked at: seconds say nothing of that.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import services
from imaging.files import Picture, decode
from networks.manifest import WEIGHTS, entries
from services import engine, fills
from services.base import silent

ROOT = Path(__file__).resolve().parent.parent
PHOTOS = sorted((ROOT / "docs" / "demo" / "pictures").glob("*.jpg"))[:4]
LONGEST_SIDE = 480
KINDS = {"scratches": 0.008, "strokes": 0.05, "thing": None}  # how thick the lines are, in parts of the shorter side
CELL, GAP, PAINT = (168, 126), 4, (214, 60, 60)


def main() -> None:
    arguments = _arguments()
    if arguments.folder:
        print(json.dumps(measured(arguments.engines[0], arguments)))
        return
    there = entries(arguments.weights)
    keys = arguments.engines or [one.key for one in fills.ENGINES if not one.weights or one.weights in there]
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            figures = in_a_process(key, Path(folder), arguments)
            print(f"{key:14}", "  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
        if arguments.sheet:
            sheet(keys, Path(folder)).save(arguments.sheet, quality=85, method=6)


def in_a_process(key: str, folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Return the figures of one engine, measured in a fresh interpreter that leaves its answers in `folder`."""
    command = [
        sys.executable, "-m", "benchmarks.inpaint", key, "--folder", str(folder), "--weights", str(arguments.weights),
        "--threads", str(arguments.threads),
    ]  # fmt: skip
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)


def measured(key: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Fill every hole here; return seconds per photo and the peak resident memory in MiB."""
    engine.configure(weights=arguments.weights, threads=arguments.threads)
    cv2.setNumThreads(arguments.threads)
    service, seconds = services.get("inpaint"), []
    for number, (rgb, hole) in enumerate(cases()):
        mask = Picture(np.where(hole[:, :, None], np.uint8(255), np.uint8(0)).repeat(3, 2))
        options = service.parse_options({"mask": mask, "engine": key})
        started = np.array([time.perf_counter(), time.process_time()])
        result = service.run(Picture(rgb), options, silent)
        seconds.append(np.array([time.perf_counter(), time.process_time()]) - started)
        Image.fromarray(result.picture.pixels).save(arguments.folder / f"{key}-{number}.png")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    clock, processor = (round(value, 2) for value in np.median(seconds[1:], axis=0).tolist())
    first = round(float(seconds[0][1]), 2)
    return {"seconds": clock, "processor_seconds": processor, "first_processor_seconds": first, "peak_mib": peak}


def cases() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the photos, uint8 (H, W, 3), and their holes, bool (H, W), the same each time."""
    for number, path in enumerate(PHOTOS):
        rgb = decode(path).rgb
        scale = LONGEST_SIDE / max(rgb.shape[:2])
        size = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
        rgb = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)
        for thickness in KINDS.values():
            yield rgb, lines(rgb.shape[:2], thickness, number) if thickness else box(rgb.shape[:2])


def lines(shape: tuple[int, int], thickness: float, seed: int) -> np.ndarray:
    """Return five bent lines, bool of this shape."""
    random, hole = np.random.default_rng(seed), np.zeros(shape, np.uint8)
    for _ in range(5):
        bends = random.uniform(0.05, 0.95, (4, 2)) * shape[::-1]
        cv2.polylines(hole, [np.rint(bends).astype(np.int32)], False, 1, max(2, round(thickness * min(shape))))
    return hole > 0


def box(shape: tuple[int, int]) -> np.ndarray:
    """Return a box with round corners a little right of the middle, bool of this shape."""
    hole, unit = np.zeros(shape, np.uint8), min(shape) / 20
    top, left = round(shape[0] / 2 - 2 * unit), round(shape[1] / 2)
    cv2.rectangle(hole, (left, top), (round(left + 4 * unit), round(top + 6 * unit)), 1, -1)
    return cv2.dilate(hole, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(2 * unit),) * 2)) > 0


def sheet(keys: list[str], folder: Path) -> Image.Image:
    """Return a row for each hole: what was painted over, what each engine made of it, the photo."""
    rows = []
    for number, (rgb, hole) in enumerate(cases()):
        answers = [np.asarray(Image.open(folder / f"{key}-{number}.png")) for key in keys]
        rows.append([np.where(hole[:, :, None], np.uint8(PAINT), rgb), *answers, rgb])
    wide, high = CELL[0] + GAP, CELL[1] + GAP
    drawn = Image.new("RGB", (wide * len(rows[0]) - GAP, high * len(rows) - GAP), "white")
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            cell = Image.fromarray(picture)
            cell.thumbnail(CELL, Image.Resampling.LANCZOS)
            drawn.paste(cell, (across * wide + (CELL[0] - cell.width) // 2, down * high))
    return drawn


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engines", nargs="*", metavar="ENGINE")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="a WebP or PNG file for the answers of all engines")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
