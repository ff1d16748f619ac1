"""Measure every way of filling on twelve demo pictures: python -m benchmarks.inpaint [--sheet FILE] [ENGINE ...]

The holes of `benchmarks.inpaint_cases`, filled by every engine whose weights are there, or by those that are named.
Each fills them in a process of its own, so that the peak of its resident memory is its own, torch and the weights
included. Printed are that peak, how many of the holes it fills at all, and the median of the seconds per picture, by
the clock and of the processor alone, without the first picture, which loads what is needed.

With `--sheet` the results are drawn beside each other, to be looked at: seconds say nothing of that.
`python -m benchmarks.inpaint --sheet docs/inpaint/engines.webp` makes the one of the documentation anew. Where an
engine does not fill a hole, such as one for faces where there is none, the sheet says so.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import services
from benchmarks.inpaint_cases import cases
from imaging.io.files import Picture
from networks.manifest import WEIGHTS, read_entries
from services import runtime
from services.base import ServiceError, ignore_progress
from services.inpaint import fills

ROOT = Path(__file__).resolve().parent.parent
CELL, GAP, HEADING, PAINT = (200, 150), 4, 20, (214, 60, 60)
UNFILLED, INK, SIZE = (228, 226, 222), (70, 70, 70), 13


def main() -> None:
    arguments = _arguments()
    if arguments.folder:
        print(json.dumps(measure(arguments.engines[0], arguments)))
        return
    there = read_entries(arguments.weights)
    keys = arguments.engines or [one.key for one in fills.ENGINES if not one.weights or one.weights in there]
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            figures = in_a_process(key, Path(folder), arguments)
            print(f"{key:14}", "  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
        if arguments.sheet:
            sheet(keys, Path(folder)).save(arguments.sheet, quality=85, method=6)


def in_a_process(key: str, folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Return the figures of one engine, measured in a fresh interpreter that leaves its results in `folder`."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.inpaint",
        key,
        "--folder",
        str(folder),
        "--weights",
        str(arguments.weights),
        "--threads",
        str(arguments.threads),
    ]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)


def measure(key: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Fill every hole here; return seconds per photo and the peak resident memory in MiB."""
    runtime.configure(weights=arguments.weights, threads=arguments.threads)
    cv2.setNumThreads(arguments.threads)
    service, seconds = services.get("inpaint"), []
    for number, (rgb, hole) in enumerate(cases()):
        mask = Picture(np.where(hole[:, :, None], np.uint8(255), np.uint8(0)).repeat(3, 2))
        options = service.parse_options({"mask": mask, "engine": key})
        started = np.array([time.perf_counter(), time.process_time()])
        try:
            result = service.run(Picture(rgb), options, ignore_progress)
        except ServiceError as error:
            (arguments.folder / f"{key}-{number}.txt").write_text(error.key)
            continue
        seconds.append(np.array([time.perf_counter(), time.process_time()]) - started)
        Image.fromarray(result.picture.pixels).save(arguments.folder / f"{key}-{number}.png")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if not seconds:
        return {"filled": 0, "peak_mib": peak}
    clock, processor = (round(value, 2) for value in np.median(seconds[1:] or seconds, axis=0).tolist())
    first = round(float(seconds[0][1]), 2)
    return {
        "filled": len(seconds),
        "seconds": clock,
        "processor_seconds": processor,
        "first_processor_seconds": first,
        "peak_mib": peak,
    }


def sheet(keys: list[str], folder: Path) -> Image.Image:
    """Return a row for each hole: what was painted over, what each engine made of it, the photo."""
    names = ["painted over", *keys, "the photo"]
    wide, high = CELL[0] + GAP, CELL[1] + GAP
    drawn = Image.new("RGB", (wide * len(names) - GAP, HEADING + high * len(list(cases())) - GAP), "white")
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(SIZE)
    for across, name in enumerate(names):
        pen.text((across * wide + CELL[0] / 2, HEADING / 2), name, INK, font, anchor="mm")
    for down, (rgb, hole) in enumerate(cases()):
        painted = Image.fromarray(np.where(hole[:, :, None], np.uint8(PAINT), rgb))
        fills = [cell(folder / f"{key}-{down}.png", font) for key in keys]
        for across, picture in enumerate([painted, *fills, Image.fromarray(rgb)]):
            drawn.paste(picture.resize(CELL, Image.Resampling.LANCZOS), (across * wide, HEADING + down * high))
    return drawn


def cell(filled: Path, font: ImageFont.FreeTypeFont) -> Image.Image:
    """Return the result that lies in this file, or a cell that says why there is none."""
    if filled.exists():
        return Image.open(filled).convert("RGB")
    blank = Image.new("RGB", CELL, UNFILLED)
    reason = filled.with_suffix(".txt").read_text().replace("_", " ")
    ImageDraw.Draw(blank).text((CELL[0] / 2, CELL[1] / 2), reason, INK, font, anchor="mm")
    return blank


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engines", nargs="*", metavar="ENGINE")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="a WebP or PNG file for the results of all engines")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
