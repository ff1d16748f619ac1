"""Draws what the network for outside pictures learns from: real pictures, composed scenes, and frames without anybody.

One to eight people of 5 to 130 % of the frame's height, side by side, behind each other, cut by the frame, in places
and among others: copy-paste, Ghiasi et al. 2021. Frames have any proportions, and pictures keep theirs.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from training.matting.data import pick
from training.matting.photographs import change_light, take_photograph
from training.matting.varied import CutOut, Labelled, People

KINDS, KIND_SHARES = ("real", "composed", "empty"), (0.5, 0.34, 0.16)
SHARES = {  # of the real pictures; a kind that is left out gives its share to the others
    "coco": 0.24,
    "sport": 0.24,
    "portraits": 0.16,
    "street": 0.1,
    "photos": 0.14,
    "unlabelled": 0.04,
    "pennfudan": 0.1,
    "camvid": 0.06,
    "davis": 0.02,
}
AMONG_OTHERS = 0.35  # of the composed scenes: set into a picture that has people of its own
COUNTS, COUNT_SHARES = (1, 2, 3, 4, 5, 6, 7, 8), (0.3, 0.2, 0.14, 0.1, 0.08, 0.07, 0.06, 0.05)
LAYOUTS, LAYOUT_SHARES = ("free", "group", "street"), (0.4, 0.3, 0.3)
ENLARGED_FRAME = 0.15  # of the real pictures are shown smaller than the frame, mirrored beyond their edges
STRETCH, TURN = 0.12, 8  # at most: of the proportions, as a part; degrees
MIRRORED = 0.5


def draw_sample(people: People, size: tuple[int, int], rng: np.random.Generator) -> Labelled:
    """Draw one example of `size` (height, width)."""
    kind = rng.choice(KINDS, p=KIND_SHARES)
    if kind == "real":
        sample = frame(pick_real(people, rng), size, rng)
    elif kind == "composed":
        sample = compose(people, size, rng)
    else:
        sample = frame_place(pick(people.places, rng), size, rng)
    return sample._replace(rgb=take_photograph(sample.rgb, sample.mask, rng))


def pick_real(people: People, rng: np.random.Generator) -> Labelled:
    kinds = [kind for kind in SHARES if people.pictures.get(kind)]
    shares = np.array([SHARES[kind] for kind in kinds])
    return pick(people.pictures[kinds[rng.choice(len(kinds), p=shares / shares.sum())]], rng)


def frame(one: Labelled, size: tuple[int, int], rng: np.random.Generator) -> Labelled:
    """Return a random part of a picture, or now and then more than it, that fills a frame of `size` (height, width)."""
    matrix = draw_matrix(one.mask.shape, size, rng)
    known = one.known
    planes = [warp(plane, matrix, size) for plane in (one.rgb, one.mask)]
    known = warp(known, matrix, size) if (known == 0).any() else np.full(size, 255, np.uint8)
    return Labelled(planes[0], planes[1], known)


def frame_place(place: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> Labelled:
    """Return a random part of a picture without people, as `frame`."""
    rgb = warp(place, draw_matrix(place.shape[:2], size, rng), size)
    return Labelled(rgb, np.zeros(size, np.uint8), np.full(size, 255, np.uint8))


def draw_matrix(source: tuple[int, int], size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the affine map (2, 3) from a picture of size `source` to a frame: what part, which way round."""
    contain, cover = sorted((size[0] / source[0], size[1] / source[1]))
    least = min(1.0, 0.5 * cover / contain)  # what fills a frame of other proportions only in part is not cut further
    zoom = rng.uniform(0.5, 0.9) if rng.random() < ENLARGED_FRAME else 1 / rng.uniform(least, 1)
    scale_y = cover * zoom
    scale_x = scale_y * np.exp(rng.uniform(-STRETCH, STRETCH))
    room = [
        max(0.0, length * scale - side) for length, scale, side in zip(source, (scale_y, scale_x), size, strict=True)
    ]
    down, across = (rng.uniform(-free / 2, free / 2) for free in room)
    if rng.random() < MIRRORED:
        scale_x = -scale_x
    angle = np.deg2rad(rng.normal(0, TURN / 2))
    cosine, sine = np.cos(angle), np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag((scale_x, scale_y))
    middle = np.array((size[1] / 2 + across, size[0] / 2 + down))
    return np.column_stack((linear, middle - linear @ np.array((source[1] / 2, source[0] / 2)))).astype(np.float32)


def warp(pixels: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the frame of `size` (height, width), mirrored where it reaches beyond the picture."""
    shrink = float(np.hypot(*matrix[:, 1]))
    if shrink < 0.6:  # reduced first, so that nothing is skipped
        height, width = (max(2, round(side * shrink)) for side in pixels.shape[:2])
        ratio = np.array((pixels.shape[1] / width, pixels.shape[0] / height, 1), np.float32)
        pixels, matrix = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), matrix * ratio
    return cv2.warpAffine(pixels, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def compose(people: People, size: tuple[int, int], rng: np.random.Generator) -> Labelled:
    """Return a scene of one to eight people, the farther ones first, in a place or among others."""
    if rng.random() < AMONG_OTHERS:
        scene = frame(pick_real(people, rng), size, rng)
    else:
        scene = frame_place(pick(people.places, rng), size, rng)
        if rng.random() < 0.25:  # a shallow depth of field
            scene = scene._replace(rgb=cv2.GaussianBlur(scene.rgb, (0, 0), rng.uniform(0.5, size[0] / 60)))
    count = int(rng.choice(COUNTS, p=COUNT_SHARES))
    layout = rng.choice(LAYOUTS, p=LAYOUT_SHARES)
    for height, foot, middle in draw_layout(layout, count, rng):
        one = pick_cut_out(people, layout, rng)
        paste(scene, one, round(height * size[0]), 1.0 if one.is_cut else foot, middle, rng)
    return scene


def draw_layout(layout: str, count: int, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Return each person's height, the place of their feet and of their middle, in parts of the frame's sides."""
    if layout == "street":  # the lower the feet, the nearer and the taller
        horizon, tallest = rng.uniform(0.2, 0.5), rng.uniform(0.15, 0.6)
        feet = np.sort(rng.uniform(horizon + 0.06, 1.02, count))
        heights = np.maximum(0.05, tallest * (feet - horizon) / (1 - horizon) * rng.uniform(0.85, 1.15, count))
        return list(zip(heights, feet, rng.uniform(-0.03, 1.03, count), strict=True))
    if layout == "group":  # side by side, near each other
        height, step = rng.uniform(0.3, 0.95), rng.uniform(0.12, 0.3)
        middles = 0.5 + step * (rng.permutation(count) - (count - 1) / 2) + rng.normal(0, 0.03, count)
        heights = height * rng.uniform(0.85, 1.1, count)
        return list(zip(heights, rng.uniform(0.9, 1.15) + rng.normal(0, 0.02, count), middles, strict=True))
    heights = np.sort(np.exp(rng.uniform(np.log(0.08), np.log(1.3), count)))
    return list(zip(heights, rng.uniform(0.35, 1.1, count), rng.uniform(0, 1, count), strict=True))


def pick_cut_out(people: People, layout: str, rng: np.random.Generator) -> CutOut:
    """Return a person from head to foot in a street, else often one whom their picture's edge cut."""
    is_cut = people.cut and layout != "street" and rng.random() < 0.45
    source: Sequence[CutOut] = people.cut if is_cut or not people.whole else people.whole
    return pick(source, rng)


def paste(scene: Labelled, one: CutOut, height: int, foot: float, middle: float, rng: np.random.Generator) -> None:
    """Lay a person of `height` pixels into the scene, in place; `foot` and `middle` are parts of the frame's sides."""
    size = scene.mask.shape
    width = max(3, round(one.rgb.shape[1] * height / one.rgb.shape[0] * np.exp(rng.uniform(-STRETCH, STRETCH))))
    top, left = round(foot * size[0]) - height, round(middle * size[1] - width / 2)
    rows = slice(max(0, top), min(size[0], top + height))
    columns = slice(max(0, left), min(size[1], left + width))
    if rows.stop - rows.start < 4 or columns.stop - columns.start < 3 or height < 4:
        return
    method = cv2.INTER_AREA if height < one.rgb.shape[0] else cv2.INTER_LINEAR
    rgb, mask = (cv2.resize(plane, (width, height), interpolation=method) for plane in (one.rgb, one.mask))
    if rng.random() < MIRRORED:
        rgb, mask = rgb[:, ::-1], mask[:, ::-1]
    part = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    rgb = change_light(np.ascontiguousarray(rgb[part]), rng)
    alpha = cv2.GaussianBlur(np.ascontiguousarray(mask[part]), (0, 0), rng.uniform(0.3, 0.9)).astype(np.float32)
    alpha = np.clip(alpha * (1.6 / 255) - 0.6, 0, 1)  # the old background's rim stays outside
    under = scene.rgb[rows, columns]
    scene.rgb[rows, columns] = np.rint(under + alpha[..., None] * (rgb.astype(np.float32) - under))
    covered = scene.mask[rows, columns]
    np.maximum(covered, np.rint(alpha * 255).astype(np.uint8), out=covered)
    known = scene.known[rows, columns]
    np.maximum(known, np.rint(alpha * 255).astype(np.uint8), out=known)
