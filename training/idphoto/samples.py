"""Training samples of faces: crops around them at random places, sizes and turns, and crops without any."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from imaging.idphoto.points import MIRRORED, estimate_pose, rotation_to_crop
from training.common.archives import Member, is_held_back, read_rgb

# Archives, by the beginning of the name, whose pictures without faces are learnt from.
EMPTY = ("people-street.zip", "people-varied.zip", "photos-", "scenes.zip", "colours-")


class Photo(NamedTuple):
    """A picture, uint8 (H, W, 3), and the points, (P, 2), of each of its faces."""

    rgb: np.ndarray
    faces: list[np.ndarray]


class Spread(NamedTuple):
    """How far a face may be off at random: in parts of its side, as a logarithm of its size, in degrees."""

    shift: float
    size: float
    turn: float


def read_photos(data: Path, labels: Path, most: int) -> tuple[list[Photo], list[Photo]]:
    """Return the photos with faces to learn from, at most so many of an archive, and those held back."""
    parts: tuple[list[Photo], list[Photo]] = ([], [])
    counts: Counter[str] = Counter()
    for row in read_labels(labels):
        counts[row["archive"]] += bool(row["faces"])
        if row["faces"] and counts[row["archive"]] <= most:
            member = Member(Path(data) / row["archive"], row["name"])
            faces = [np.array(face, np.float32) for face in row["faces"]]
            parts[is_held_back(member.stem)].append(Photo(read_rgb(member), faces))
    return parts


def read_empty(data: Path, labels: Path) -> tuple[list[Photo], list[Photo]]:
    """Return pictures in which the teacher saw no face, to learn from, and those held back."""
    parts: tuple[list[Photo], list[Photo]] = ([], [])
    for row in read_labels(labels):
        if not row["faces"] and row["archive"].startswith(EMPTY):
            member = Member(Path(data) / row["archive"], row["name"])
            parts[is_held_back(member.stem)].append(Photo(read_rgb(member), []))
    return parts


def read_labels(labels: Path) -> list[dict]:
    """Return the rows of a file of labels: archive, name, and faces, each a list of points."""
    return [json.loads(line) for line in labels.read_text().splitlines()]


def cut_face(
    photo: Photo, spread: Spread, around: float, side: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a crop, uint8 (side, side, 3), near one of the faces, and its points in parts of the crop, (P, 2)."""
    points = photo.faces[int(random.integers(len(photo.faces)))]
    pose = estimate_pose(points)
    centre = pose.centre + random.uniform(-1, 1, 2) * spread.shift * pose.side
    span = around * pose.side * np.exp(random.uniform(-1, 1) * spread.size)
    move = rotation_to_crop(centre, span, pose.tilt + random.uniform(-1, 1) * spread.turn, side)
    crop = cut(photo.rgb, move, side, random)
    points = (points @ move[:, :2].T + move[:, 2]) / side
    if random.random() < 0.5:
        crop, points = crop[:, ::-1], points[MIRRORED] * [-1, 1] + [1, 0]
    return spoil(hide(crop, random), random), points.astype(np.float32)


def cut_wrong(photo: Photo, around: float, side: int, random: np.random.Generator) -> np.ndarray:
    """Return a crop, uint8 (side, side, 3), in which a face is sideways, upside down, far off or of a wrong size."""
    pose = estimate_pose(photo.faces[0])
    centre, turn, span = pose.centre, pose.tilt, around * pose.side
    kind = random.integers(4)
    if kind == 0:
        turn += random.uniform(60, 300)
    elif kind == 1:
        angle = random.uniform(0, 2 * np.pi)
        centre = centre + random.uniform(0.45, 1.5) * pose.side * np.array([np.cos(angle), np.sin(angle)])
    elif kind == 2:
        span *= np.exp(random.uniform(0.6, 1.1))
    else:
        span *= np.exp(-random.uniform(0.5, 1.1))
    return spoil(cut(photo.rgb, rotation_to_crop(centre, span, turn, side), side, random), random)


def cut_empty(rgb: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
    """Return a crop, uint8 (side, side, 3), of a picture without faces."""
    height, width = rgb.shape[:2]
    span = random.uniform(0.15, 1.0) * min(height, width)
    centre = np.array([random.uniform(0, width), random.uniform(0, height)])
    return spoil(cut(rgb, rotation_to_crop(centre, span, random.uniform(-25, 25), side), side, random), random)


def cut(rgb: np.ndarray, move: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
    """Return the moved picture, uint8 (side, side, 3); beyond its edge it goes on, or is black."""
    border = cv2.BORDER_REPLICATE if random.random() < 0.7 else cv2.BORDER_CONSTANT
    return cv2.warpAffine(rgb, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)


def hide(crop: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the crop, in some with a rectangle of one colour over a part."""
    if random.random() < 0.15:
        crop = crop.copy()
        side = len(crop)
        height, width = random.integers(side // 10, side // 3, 2)
        top, left = random.integers(0, side - height), random.integers(0, side - width)
        crop[top : top + height, left : left + width] = random.integers(0, 256, 3)
    return crop


def spoil(rgb: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the pixels with more or less contrast and light, soft or noisy at random, uint8."""
    pixels = np.ascontiguousarray(rgb)
    if random.random() < 0.25:
        pixels = cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.4, 1.6))
    if random.random() < 0.2:
        noise = random.integers(-12, 13, pixels.shape[:2], dtype=np.int16)[:, :, None]
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    contrast = random.uniform(0.6, 1.3)
    return cv2.convertScaleAbs(pixels, alpha=contrast, beta=max(0.0, 128 * (1 - contrast) + random.uniform(-40, 40)))
