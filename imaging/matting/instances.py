"""Telling the people of one mask apart: by gaps between them, by their faces, by bodies that hardly touch.

People whom nothing tells apart stay one instance, which says so. All work is done at a small size in the photo's
proportions; masks may have others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from imaging.guided_filter import fit_size, resize_area

WORKING_SIDE = 384
INSIDE = 127  # of 255
MIN_PIECE = 0.1  # of the largest piece's area: a smaller one belongs to the nearest, where one is near
EROSIONS = 12  # depths at which a piece is looked at for bodies that hang together by less than themselves
MIN_BODY = 0.5  # of the piece's height: so tall is a body, and not a limb
MIN_AREA = 0.06  # of the piece's area: what a part has at least
BODY_WIDTH, BODY_HEIGHT = 0.7, 3.0  # in sides of the face: what is surely the body below it
# A piece so many faces wide, or so many heights where none is seen, may be several people: heights of people who are
# seen to the feet, and of those whom the photo's edge cuts.
FACE_WIDE, FULL_WIDE, WIDE = 6.0, 0.75, 1.15
OFF_MIDDLE = 1.2  # how much less somebody counts as the main person, for each width off the middle
NEAR = 0.04  # of the longer side: so far beside a person may lie what belongs to them, and the point that means them


class FaceBox(NamedTuple):
    """Where a face is, in parts of the photo's width and height: its middle and half its sides."""

    x: float
    y: float
    half_width: float
    half_height: float


class Instance(NamedTuple):
    """mask: bool (h, w), at the working size. is_joined: people who could not be told apart may be in it."""

    mask: np.ndarray
    is_joined: bool


def split_instances(
    mask: np.ndarray, rgb: np.ndarray, faces: Sequence[FaceBox] = (), working_side: int = WORKING_SIDE
) -> list[Instance]:
    """Return the people in a mask, uint8 (h, w), of a photo, uint8 (H, W, 3), the largest first; [] for nobody."""
    shape = fit_size(rgb.shape[0], rgb.shape[1], working_side)
    inside = (resize_area(mask, shape) if max(mask.shape) > working_side else _enlarge(mask, shape)) > INSIDE
    found: list[Instance] = []
    small = cv2.GaussianBlur(resize_area(rgb, shape), (0, 0), 1.5)
    for piece in _list_pieces(inside):
        own = [face for face in faces if _holds(piece, face)]
        parts = _split(piece, small, own)
        found += [Instance(part, len(parts) == 1 and _may_be_several(piece, own)) for part in parts]
    return sorted(found, key=lambda instance: -int(instance.mask.sum()))


def find_main(instances: Sequence[Instance]) -> Instance:
    """Return the person whom the photo is of: large and near its middle."""

    def weigh(instance: Instance) -> float:
        height, width = instance.mask.shape
        middle = float(np.nonzero(instance.mask)[1].mean()) / width
        weight: float = int(instance.mask.sum()) * (1 - OFF_MIDDLE * abs(middle - 0.5))
        return weight

    return max(instances, key=weigh)


def find_at(instances: Sequence[Instance], x: float, y: float) -> Instance | None:
    """Return the person at a point, in parts of the photo's width and height, or right beside it; None for nobody."""
    best, nearest = None, np.inf
    for instance in instances:
        height, width = instance.mask.shape
        row, column = min(int(y * height), height - 1), min(int(x * width), width - 1)
        distance = cv2.distanceTransform((~instance.mask).astype(np.uint8), cv2.DIST_L2, 5)[row, column]
        if distance < min(nearest, NEAR * max(height, width)):
            best, nearest = instance, distance
    return best


def keep_instance(mask: np.ndarray, instances: Sequence[Instance], chosen: Instance) -> np.ndarray:
    """Return the soft mask, uint8 (h, w), with the chosen person alone: what is nearer to another is 0."""
    others = [instance.mask for instance in instances if instance is not chosen]
    if not others:
        return mask
    to_chosen, to_others = (
        cv2.distanceTransform((~place).astype(np.uint8), cv2.DIST_L2, 5)
        for place in (chosen.mask, np.logical_or.reduce(others))
    )
    nearer = (to_chosen < to_others).astype(np.float32)
    share = cv2.resize(nearer, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    kept: np.ndarray = np.rint(mask * share).astype(np.uint8)
    return kept


def _enlarge(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_LINEAR)


def _list_pieces(inside: np.ndarray) -> list[np.ndarray]:
    """Return the connected pieces, bool (h, w); what is small beside the largest is put to one that is near."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    large = [number for number in range(1, count) if areas[number] >= MIN_PIECE * areas[1:].max()]
    pieces = [labels == number for number in large]
    for number in set(range(1, count)) - set(large):
        crumb = labels == number
        distances = [cv2.distanceTransform((~piece).astype(np.uint8), cv2.DIST_L2, 5)[crumb].min() for piece in pieces]
        if min(distances) < NEAR * max(inside.shape):
            pieces[int(np.argmin(distances))] |= crumb
        else:
            pieces.append(crumb)
    return pieces


def _split(piece: np.ndarray, small: np.ndarray, faces: Sequence[FaceBox]) -> list[np.ndarray]:
    """Return the people in a piece, bool (h, w): the piece itself where nothing tells them apart."""
    if len(faces) == 1 and not _may_be_several(piece, faces):
        return [piece]
    seeds = [_draw_body(piece, face, faces) for face in faces] if len(faces) > 1 else []
    bodies = _find_bodies(piece)
    seeds += [body for body in bodies if not any((body & seed).any() for seed in seeds)] if len(bodies) > 1 else []
    seeds = [seed for seed in seeds if seed.any()]
    if len(seeds) < 2:
        return [piece]
    markers = np.where(piece, 0, 1).astype(np.int32)
    for number, seed in enumerate(seeds, 2):
        markers[seed] = number
    strange = np.where(piece[:, :, None], small, small + np.uint8(128))  # the flood crosses the outline last
    labels = cv2.watershed(strange, markers)
    grown = cv2.dilate(np.maximum(labels, 0).astype(np.uint8), np.ones((3, 3), np.uint8))  # over the lines between
    labels = np.where(piece, np.where(labels > 1, labels, grown), 0)
    parts = [labels == number for number in range(2, len(seeds) + 2)]
    return parts if all(part.sum() >= MIN_AREA * piece.sum() for part in parts) else [piece]


def _find_bodies(piece: np.ndarray) -> list[np.ndarray]:
    """Return the most tall cores, bool (h, w), into which a piece falls when it is eroded: bodies that hardly touch."""
    depth = cv2.distanceTransform(np.pad(piece, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    tall = MIN_BODY * _measure_height(piece)
    best: list[np.ndarray] = []
    for radius in np.linspace(0.08, 0.85, EROSIONS) * depth.max():
        count, labels, stats, _ = cv2.connectedComponentsWithStats((depth > radius).astype(np.uint8))
        bodies = [
            labels == number
            for number in range(1, count)
            if stats[number, cv2.CC_STAT_HEIGHT] + 2 * radius >= tall
            and stats[number, cv2.CC_STAT_AREA] >= MIN_AREA / 3 * piece.sum()
        ]
        if len(bodies) > len(best):
            best = bodies
    return best


def _draw_body(piece: np.ndarray, face: FaceBox, faces: Sequence[FaceBox]) -> np.ndarray:
    """Return what surely belongs to a face, bool (h, w): itself and the body below, but for other faces."""
    drawn = np.zeros(piece.shape, np.uint8)
    left, top, right, bottom = _place(face, piece.shape)
    middle, width = (left + right) / 2, (right - left) * BODY_WIDTH / 2
    low = round(bottom + BODY_HEIGHT * (bottom - top))
    cv2.rectangle(drawn, (round(middle - width), (top + bottom) // 2), (round(middle + width), low), 1, -1)
    for other in faces:
        if other is not face:
            others_left, others_top, others_right, _ = _place(other, piece.shape)
            reach = (others_right - others_left) // 2
            corner = others_left - reach // 2, others_top - reach
            cv2.rectangle(drawn, corner, (others_right + reach // 2, piece.shape[0]), 0, -1)
    axes = (right - left) // 2, (bottom - top) // 2
    cv2.ellipse(drawn, (round(middle), (top + bottom) // 2), axes, 0, 0, 360, 1, -1)
    seed: np.ndarray = (drawn > 0) & piece
    return seed


def _place(face: FaceBox, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a face in pixels of a mask of `shape`."""
    height, width = shape
    left, right = (round((face.x + side * face.half_width) * width) for side in (-1, 1))
    top, bottom = (round((face.y + side * face.half_height) * height) for side in (-1, 1))
    return left, top, right, bottom


def _holds(piece: np.ndarray, face: FaceBox) -> bool:
    height, width = piece.shape
    return bool(piece[min(max(int(face.y * height), 0), height - 1), min(max(int(face.x * width), 0), width - 1)])


def _may_be_several(piece: np.ndarray, faces: Sequence[FaceBox]) -> bool:
    """Whether a piece is wide for the one face in it, or for its height."""
    if len(faces) > 1:
        return True
    width = int(np.ptp(np.nonzero(piece)[1])) + 1
    if faces:
        return bool(width > FACE_WIDE * 2 * faces[0].half_width * piece.shape[1])
    is_cut = bool(piece[-1].any())
    return width > (WIDE if is_cut else FULL_WIDE) * _measure_height(piece)


def _measure_height(piece: np.ndarray) -> int:
    return int(np.ptp(np.nonzero(piece)[0])) + 1
