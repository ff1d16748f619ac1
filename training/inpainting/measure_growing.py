"""How a scribble grows to the thing and its shadow: `python -m training.inpainting.measure_growing --data FOLDER`.

Protocol: things with true masks are the largest piece of each mask of people-varied.zip (coco, pennfudan, davis) that
covers 1 to 30 % of its picture, and 200 cut-out people of people-street.zip, one on each of its people-free scenes in
turn. A scribble joins places deep inside the thing by lines that stay in it, a brush of 5 % of the thing's longer side
thick, drawn with the seed (SEED, number). Each set is halved by the SHA-1 of its names: `--choose` measures the half
on which limits are chosen, else the other one is reported. Given are the means of IoU of the scribble and of what
`imaging.inpainting.growing` makes of it, the share over .8, and how often no edges are found (then IoU is that of the
scribble, as on the site).

Cut-out people also get a shadow, their outline laid on the ground by a random affine move, soft and .3 to .7 as bright.
Given are IoU of `imaging.inpainting.shadows` with it, by the true mask and by the grown one, in how many pictures any
is found, in how many that lies mostly in the shadow, and its mean area in parts of the thing's; the same pictures
without a shadow tell the false alarms. Without `--rows` only means are printed.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator
from statistics import mean
from typing import Any, NamedTuple

import cv2
import numpy as np

from imaging.inpainting.growing import grow_to_edges
from imaging.inpainting.shadows import find_shadow
from training.common.archives import Member, list_members, list_pictures, read_grey, read_rgb, read_rgba
from training.common.arguments import build_parser
from training.common.run import set_up

SEED = 5
SETS = ("coco", "pennfudan", "davis")
MIN_AREA, MAX_AREA = 0.01, 0.3  # of the picture
PLACES, THICK, DEEP = 4, 0.05, 0.5
GOOD = 0.8


class Thing(NamedTuple):
    """A picture, uint8 (H, W, 3), one thing in it, bool (H, W), and the shadow that was laid, bool (H, W) or None."""

    source: str
    pixels: np.ndarray
    mask: np.ndarray
    shadow: np.ndarray | None = None


def main() -> None:
    arguments = parse_arguments()
    set_up(arguments.threads)
    rows = []
    for number, thing in enumerate(list_things(arguments)):
        row: dict[str, Any] = {"source": thing.source}
        row |= {} if arguments.shadows_only else measure_growth(thing, number)
        rows.append(row | measure_shadow(thing))
        if arguments.rows:
            print(json.dumps(rows[-1]), flush=True)
    for source in sorted({row["source"] for row in rows}):
        print(json.dumps({"source": source} | average([row for row in rows if row["source"] == source])))


def parse_arguments() -> argparse.Namespace:
    parser = build_parser(__doc__, "data", "threads", "every")
    parser.add_argument("--choose", action="store_true", help="measure the half for choices, not that for the report")
    parser.add_argument("--shadows-only", action="store_true", help="leave out how scribbles grow")
    parser.add_argument("--rows", action="store_true", help="print the figures of each thing")
    return parser.parse_args()


def list_things(arguments: argparse.Namespace) -> Iterator[Thing]:
    """Yield the things of the half that is asked for."""
    members = [one for name in SETS for one in list_pictures(arguments.data, "people-varied.zip", f"{name}/")]
    for member in [one for one in members if is_for_choice(one) == arguments.choose][:: arguments.every]:
        mask = find_largest(read_grey(Member(member.archive, f"{member.stem}.mask.png")) > 127)
        if MIN_AREA <= mask.mean() <= MAX_AREA:
            yield Thing(member.name.split("/")[0], read_rgb(member), mask)
    scenes = list_members(arguments.data, "people-street.zip", "backgrounds/")
    people = list_members(arguments.data, "people-street.zip", "cutouts/")
    for number, member in list(enumerate(people))[:: arguments.every]:
        if is_for_choice(member) == arguments.choose:
            scene = read_rgb(scenes[number % len(scenes)])
            random = np.random.default_rng((SEED, number))
            yield from lay_person(read_rgba(member), scene, random)


def is_for_choice(member: Member) -> bool:
    return int(hashlib.sha1(member.stem.encode(), usedforsecurity=False).hexdigest(), 16) // 10 % 2 == 0


def find_largest(mask: np.ndarray) -> np.ndarray:
    """Return the largest piece of a mask, bool (H, W)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()) if count > 1 else np.zeros(mask.shape, bool)


def lay_person(person: np.ndarray, scene: np.ndarray, random: np.random.Generator) -> Iterator[Thing]:
    """Yield a scene with a person, once without a shadow and once with one."""
    high, wide = scene.shape[:2]
    box = cv2.boundingRect((person[..., 3] > 127).astype(np.uint8))
    person = person[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]
    scale = random.uniform(0.4, 0.6) * high / person.shape[0]
    person = cv2.resize(person, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tall, broad = person.shape[:2]
    top = round(high * random.uniform(0.8, 0.95)) - tall
    left = round(random.uniform(0.1, 0.9) * max(1, wide - broad))
    alpha = np.zeros((high, wide), np.float32)
    colours = np.zeros_like(scene)
    place = slice(top, min(high, top + tall)), slice(left, min(wide, left + broad))
    part = person[: place[0].stop - top, : place[1].stop - left]
    alpha[place], colours[place] = part[..., 3] / 255, part[..., :3]
    for source, ground, shadow in (
        ("person laid without shadow", scene, None),
        ("person laid with shadow", *lay_shadow(scene, alpha, top + tall, random)),
    ):
        pixels = alpha[..., None] * colours + (1 - alpha[..., None]) * ground
        mask = find_largest(alpha > 0.5)
        yield Thing(source, np.rint(pixels).astype(np.uint8), mask, None if shadow is None else shadow & (alpha < 0.5))


def lay_shadow(
    scene: np.ndarray, alpha: np.ndarray, base: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the scene, float (H, W, 3), with the shadow of what stands at row `base`, and where it is."""
    lean, length = random.uniform(-1.2, 1.2), random.choice((-1, 1)) * random.uniform(0.15, 0.5)
    move = np.array([[1, -lean, lean * base], [0, length, base - length * base - 2]], np.float32)
    soft = cv2.warpAffine(alpha, move, alpha.shape[::-1])
    soft = cv2.GaussianBlur(soft, (0, 0), random.uniform(0.8, 3))
    factor = random.uniform(0.3, 0.7) * np.array((0.98, 1.0, 1.03))
    light = (scene / 255.0) ** 2.2 * (1 + soft[..., None] * (factor - 1))
    return 255 * light ** (1 / 2.2), soft > 0.5


def draw_scribble(mask: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a scribble on a thing, bool (H, W)."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= DEEP * depth.max())
    picked = random.integers(len(rows), size=PLACES)
    points = np.stack([columns[picked], rows[picked]], axis=1)
    sides = (np.ptp(np.flatnonzero(mask.any(axis))) for axis in (0, 1))
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.polylines(drawn, [points.astype(np.int32)], False, 1, max(2, round(THICK * max(sides))))
    return (drawn > 0) & mask


def measure_growth(thing: Thing, number: int) -> dict[str, float]:
    scribble = draw_scribble(thing.mask, np.random.default_rng((SEED, number)))
    grown = grow_to_edges(thing.pixels, scribble)
    used = scribble if grown is None else grown
    figures = {"scribble": find_iou(scribble, thing.mask), "grown": find_iou(used, thing.mask)}
    figures |= {"good": float(figures["grown"] > GOOD), "no_edges": float(grown is None)}
    if thing.shadow is not None:
        figures["shadow_by_grown"] = find_iou(find_shadow(thing.pixels, used), thing.shadow)
    return figures


def measure_shadow(thing: Thing) -> dict[str, float]:
    found = find_shadow(thing.pixels, thing.mask)
    figures = {"shadow_found": float(found.any()), "shadow_area": float(found.sum() / thing.mask.sum())}
    if thing.shadow is not None:
        figures["shadow"] = find_iou(found, thing.shadow)
        figures["shadow_right"] = float((found & thing.shadow).sum() > found.sum() / 2)
    return figures


def find_iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def average(rows: list[dict[str, Any]]) -> dict[str, float]:
    figures = {name: round(mean(row[name] for row in rows), 3) for name in rows[0] if name != "source"}
    return {"things": len(rows)} | figures


if __name__ == "__main__":
    main()
