"""What Restore takes and does: python -m benchmarks.restore [--threads N] [--sheet FILE --data FOLDER [--count N]]

A print of 6 megapixels, faded, grainy and scratched, goes through all default steps; seconds of each stage, of a run
again without one step, and the peak of resident memory are printed. With --sheet, a picture of old photos is written
instead: each as it came and after every step that changed it, places that were filled in red. FOLDER holds the picture
archives; the sheet is to be looked at, not to be committed.
"""

import argparse
import resource
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

import services
from imaging.io.files import Picture
from services import runtime
from services.base import CACHE, CHANGED, Result
from services.running import run_service
from training.common.archives import list_members, read_rgb

PRINT = Path(__file__).resolve().parent.parent / "docs" / "demo" / "pictures" / "travellers.jpg"
SIZE = 3000, 2000  # pixels of the print
CELL = 300  # pixels of the longer side of a picture on the sheet
RED = np.array([230, 30, 30], np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--count", type=int, default=24)
    arguments = parser.parse_args()
    runtime.configure(threads=arguments.threads)
    if arguments.sheet:
        draw_sheet(arguments.data, arguments.count).save(arguments.sheet)
    else:
        time_print(arguments.threads)


def time_print(threads: int) -> None:
    """Print the seconds of each step on a large print, and the memory that all of it took."""
    image = Image.open(PRINT).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 8, (SIZE[1], SIZE[0], 1))
    pixels = np.rint(np.clip(50 + np.asarray(image) * 0.7 + grain, 0, 255)).astype(np.uint8)
    for top, left in ((0, 400), (0, 1900), (300, 900)):
        cv2.line(pixels, (left, top), (left + 250, top + 1600), (225, 220, 205), 5)
    stages: dict[str, float] = {}
    result, seconds = run(Picture(pixels), {}, stages=stages)
    print(f"{threads} threads, {SIZE[0]} x {SIZE[1]}: {seconds:.1f} s")
    for step in result.steps:
        print(f"  {step.key}: {step.state} {step.value}")
    print("  " + ", ".join(f"{stage} {taken:.1f} s" for stage, taken in stages.items()))
    _, again = run(Picture(pixels), {"tone": "0"}, result)
    print(f"again without tone: {again:.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def run(
    picture: Picture,
    options: dict[str, str],
    earlier: Result | None = None,
    stages: dict[str, float] | None = None,
) -> tuple[Result, float]:
    """Return what Restore makes of a picture, and the seconds that it took; into `stages` go those of each stage.

    earlier: the run before, on the same picture.
    """
    service = services.get("restore")
    assert service is not None
    chosen = service.parse_options(options) | {CACHE: dict(earlier.cache) if earlier else {}}
    taken: dict[str, float] = {} if stages is None else stages
    begun = since = time.monotonic()
    now = "Start"

    def report(_share: float, stage: str) -> None:
        nonlocal now, since
        moment = time.monotonic()
        taken[now] = taken.get(now, 0.0) + moment - since
        now, since = stage, moment

    result = run_service(service, picture, chosen, report)
    return result, time.monotonic() - begun


def draw_sheet(data: Path, count: int) -> Image.Image:
    """Return old photos, a row each: as it came, then after each step that changed it."""
    rows = [draw_row(Picture(read_rgb(member))) for member in list_members(data, "old-photos.zip")[:count]]
    width = max(row.width for row in rows)
    sheet = Image.new("RGB", (width, sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def draw_row(picture: Picture) -> Image.Image:
    result, seconds = run(picture, {})
    cells = [("as it came", picture.rgb)]
    for step in result.steps:
        if step.state == CHANGED and step.picture is not None:
            if (
                step.key == "damage"
                and result.replaced is not None
                and result.replaced.shape == step.picture.rgb.shape[:2]
            ):
                cells.append(("damage found", np.where(result.replaced[:, :, None], RED, cells[-1][1])))
            cells.append((step.key, step.picture.rgb))
    row = Image.new("RGB", ((CELL + 6) * len(cells), CELL + 20), "white")
    for number, (words, rgb) in enumerate(cells):
        scale = CELL / max(rgb.shape[:2])
        size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
        row.paste(
            Image.fromarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)),
            (number * (CELL + 6), 16),
        )
        ImageDraw.Draw(row).text((number * (CELL + 6), 2), f"{words} {seconds:.0f} s" if not number else words, "black")
    return row


if __name__ == "__main__":
    main()
