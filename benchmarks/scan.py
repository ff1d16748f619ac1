"""How well are prints found? `python -m benchmarks.scan --data FOLDER [--pages 200] [--plain 200] [--sheet PNG]`.

Prints one JSON object: on rendered scans and on rendered photographs of a table (`benchmarks/scan_pages.py`), of prints
made from the held-back pictures of the archives in FOLDER: the share of prints found (corners within 5 % of the mean
side), how many were found where none is, and the mean error of a corner in percent of the mean side; on photos that
fill their frame, how many were taken for a page with prints. The seed of the figures that are told is REPORTED; what
was tried while the finder was made had another.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import scan_pages
from benchmarks.scan_pages import Page
from imaging.scanning.prints import SURE, find_prints
from training.common import archives
from training.common.archives import Member

REPORTED = 2026
NEAR = 0.05  # of the mean side: corners within it are those of the print
PHOTOS = ("photos-0.zip", "photos-1.zip", "photos-2.zip")
PLAIN = {"photos": PHOTOS, "bsds": ("validation.zip",), "portraits": ("people-portraits.zip",)}
SHEET_SIDE, SHEET_COLUMNS = 320, 6


def main() -> None:
    arguments = parse_arguments()
    photos = [each for name in PHOTOS for each in archives.split_held_back(list_photos(arguments.data, name))[1]]
    figures: dict[str, Any] = {"seed": arguments.seed}
    shown: list[np.ndarray] = []
    for kind, make in (("scans", scan_pages.make_scan), ("tables", scan_pages.make_table)):
        figures[kind] = measure_pages(make_pages(make, photos, arguments.pages, arguments.seed), shown)
    for kind, names in PLAIN.items():
        listed = [each for name in names for each in list_photos(arguments.data, name)]
        figures[f"plain {kind}"] = measure_plain(listed, arguments.plain)
    print(json.dumps(figures, indent=2))
    if arguments.sheet and shown:
        cv2.imwrite(str(arguments.sheet), make_sheet(shown)[:, :, ::-1])


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=200, help="of each kind")
    parser.add_argument("--plain", type=int, default=200, help="photos of each kind")
    parser.add_argument("--seed", type=int, default=REPORTED)
    parser.add_argument("--sheet", type=Path, help="a picture of the first pages, with what was found")
    return parser.parse_args()


def list_photos(data: Path, name: str) -> list[Member]:
    return [each for each in archives.list_pictures(data, name) if "irregular" not in each.name]


def make_pages(make: Callable[..., Page], photos: Sequence[Member], count: int, seed: int) -> Iterator[Page]:
    for number in range(count):
        random = np.random.default_rng([seed, number])
        yield make(random, lambda random=random: archives.read_rgb(photos[int(random.integers(len(photos)))]))


def measure_pages(pages: Iterator[Page], shown: list[np.ndarray]) -> dict[str, Any]:
    errors: dict[str, list[float]] = {}
    there: dict[str, int] = {}
    false, seconds, count = 0, 0.0, 0
    for page in pages:
        start = time.process_time()
        found = [each.corners for each in find_prints(page.rgb) if each.confidence >= SURE]
        seconds, count = seconds + time.process_time() - start, count + 1
        size = np.array(page.rgb.shape[1::-1])
        matched = match(page.corners * size, [each * size for each in found])
        errors.setdefault(page.kind, []).extend(matched)
        there[page.kind] = there.get(page.kind, 0) + len(page.corners)
        false += len(found) - len(matched)
        if len(shown) < 2 * SHEET_COLUMNS or (count <= 2 * SHEET_COLUMNS and len(shown) < 4 * SHEET_COLUMNS):
            shown.append(draw(page, found))
    if not count:
        return {"pages": 0}
    every = [error for kind in errors.values() for error in kind]
    return {
        "pages": count,
        "prints": sum(there.values()),
        "found_percent": round(100 * len(every) / sum(there.values()), 1),
        "false": false,
        "error_percent": {
            "mean": percent(np.mean(every)),
            "median": percent(np.median(every)),
            "p95": percent(np.percentile(every, 95)),
        },
        "by_kind": {
            kind: {
                "prints": there[kind],
                "found": len(errors[kind]),
                "error_percent": percent(np.mean(errors[kind] or [0])),
            }
            for kind in sorted(there)
        },
        "processor_ms_per_page": round(1000 * seconds / count),
    }


def match(there: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> list[float]:
    """Return the mean error of each print that was found, in parts of its mean side."""
    pairs = sorted((compare(each, one), i, j) for i, each in enumerate(there) for j, one in enumerate(found))
    errors: list[float] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for error, i, j in pairs:
        if error < NEAR and i not in taken[0] and j not in taken[1]:
            errors.append(error)
            taken[0].add(i)
            taken[1].add(j)
    return errors


def compare(true: np.ndarray, found: np.ndarray) -> float:
    """Return the mean distance of corners in parts of the mean side, whichever corner comes first."""
    side = np.linalg.norm(np.roll(true, -1, axis=0) - true, axis=1).mean()
    return float(min(np.linalg.norm(np.roll(found, turn, axis=0) - true, axis=1).mean() for turn in range(4)) / side)


def percent(share: Any) -> float:
    return round(100 * float(share), 3)


def measure_plain(listed: Sequence[Member], count: int) -> dict[str, Any]:
    """Return how many photos were taken for pages with prints, and how many were refused as not sure."""
    chosen = listed[:: max(1, len(listed) // max(1, count))][:count]
    taken, unsure = [], 0
    for member in chosen:
        found = find_prints(archives.read_rgb(member))
        if any(each.confidence >= SURE for each in found):
            taken.append(member.name)
        elif found:
            unsure += 1
    return {"photos": len(chosen), "taken_for_pages": len(taken), "refused_as_unsure": unsure, "names": taken}


def draw(page: Page, found: Sequence[np.ndarray]) -> np.ndarray:
    size = np.array(page.rgb.shape[1::-1])
    picture = page.rgb.copy()
    for corners, colour, thickness in [(each, (255, 0, 0), 4) for each in found] + [
        (each, (0, 255, 0), 1) for each in page.corners
    ]:
        cv2.polylines(picture, [np.rint(corners * size).astype(np.int32)], True, colour, thickness, cv2.LINE_AA)
    scale = SHEET_SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cell = np.zeros((SHEET_SIDE, SHEET_SIDE, 3), np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    return cell


def make_sheet(shown: list[np.ndarray]) -> np.ndarray:
    shown = shown + [np.zeros_like(shown[0])] * (-len(shown) % SHEET_COLUMNS)
    rows = [np.hstack(shown[start : start + SHEET_COLUMNS]) for start in range(0, len(shown), SHEET_COLUMNS)]
    return np.vstack(rows)


if __name__ == "__main__":
    main()
