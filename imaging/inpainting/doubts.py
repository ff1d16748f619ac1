"""What a fill can hardly continue: a face of which it hides a part, and a strong line that ends on both its sides.

Lines are those of von Gioi et al., "LSD: A Fast Line Segment Detector with a False Detection Control", PAMI 2010.
"""

from typing import NamedTuple

import cv2
import numpy as np

from imaging.idphoto.faces import find_upright_faces
from networks.face_landmarker import FaceLandmarker

SIDE = 512  # of the copy in which lines are looked for, pixels
AROUND, MIN_AROUND = 1.5, 64  # beside the hole, in parts of its longer side, and pixels: there a hidden face would lie
RIM, NEAR = 2, 6  # pixels of the copy: lines are cut so near to the hole, and end so near to that
MIN_LENGTH, MIN_PART = 10, 0.2  # of a line outside of the hole: pixels of the copy, and of what it jumps over
MIN_CONTRAST = 12  # levels of 255, across a line
MAX_ANGLE = np.deg2rad(8)  # between both ends
MAX_APART, MIN_APART = 0.08, 3.0  # how far the lines of both ends pass each other: of the jump, and at least pixels
MIN_JUMP = 0.6  # of the hole's thickness
MAX_CONTRAST_RATIO = 4  # between both ends
MIN_FACE, MAX_FACE = 0.08, 0.92  # of a face: with less it stays whole, with more it is gone
FACES_SIDE = 640  # of the copy in which faces are looked for, pixels
FACE_WIDTH = 0.8  # of a face's height


class Ray(NamedTuple):
    """One end of a line at a hole: point, (2,), x and y; towards, (2,), of length 1, into the hole; and how strong."""

    point: np.ndarray
    towards: np.ndarray
    length: float
    contrast: float


def find_window(hole: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns in which faces that a hole, bool (H, W), cuts would lie."""
    left, top, width, height = cv2.boundingRect(hole.astype(np.uint8))
    around = max(MIN_AROUND, round(AROUND * max(width, height)))
    return slice(max(0, top - around), top + height + around), slice(max(0, left - around), left + width + around)


def cuts_face(rgb: np.ndarray, hole: np.ndarray, network: FaceLandmarker) -> bool:
    """Whether a hole, bool (H, W), hides a part of a face in uint8 (H, W, 3), of which the rest would stay."""
    window = find_window(hole)
    near = rgb[window]
    scale = min(1.0, FACES_SIDE / max(near.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in near.shape[1::-1])
    small = cv2.resize(near, size, interpolation=cv2.INTER_AREA)
    gone = cv2.resize(hole[window].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    for face in find_upright_faces(small, network):
        x, y = face.pose.centre
        oval, half = np.zeros(gone.shape, np.uint8), face.pose.side / 2
        axes = max(1, round(FACE_WIDTH * half)), max(1, round(half))
        cv2.ellipse(oval, (round(x), round(y)), axes, 0, 0, 360, 1, -1)
        if oval.any() and MIN_FACE <= float(gone[oval > 0].mean()) <= MAX_FACE:
            return True
    return False


def cuts_line(rgb: np.ndarray, hole: np.ndarray) -> bool:
    """Whether a strong straight line of uint8 (H, W, 3) ends at a hole, bool (H, W), and goes on beyond it."""
    window = find_window(hole)
    near = rgb[window]
    scale = min(1.0, SIDE / max(near.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in near.shape[1::-1])
    grey = cv2.cvtColor(cv2.resize(near, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    hidden = cv2.resize(hole[window].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    gone = cv2.dilate(hidden.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8))
    if not gone.any() or gone.all():
        return False
    away = cv2.distanceTransform(1 - gone, cv2.DIST_L2, cv2.DIST_MASK_5)
    thick = 2 * float(cv2.distanceTransform(np.pad(gone, 1), cv2.DIST_L2, cv2.DIST_MASK_5).max())
    lines = cv2.createLineSegmentDetector().detect(grey)[0]
    rays = [] if lines is None else [ray for line in lines.reshape(-1, 4) for ray in _cut(line, gone, away, grey)]
    return any(_join(one, other, gone, thick) for n, one in enumerate(rays) for other in rays[:n])


def measure_contrast(points: np.ndarray, towards: np.ndarray, grey: np.ndarray) -> float:
    """Return by how many levels both sides of a line of points, (N, 2), x and y, differ."""
    across = 2 * np.array([-towards[1], towards[0]])
    sides = [look(grey, points + way * across).astype(np.float64) for way in (1, -1)]
    return float(abs(np.median(sides[0] - sides[1])))


def look(plane: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the values of a plane, (h, w), at points, (N, 2), x and y."""
    columns, rows = np.rint(points).astype(int).T
    return np.asarray(plane[rows.clip(0, plane.shape[0] - 1), columns.clip(0, plane.shape[1] - 1)])


def _cut(line: np.ndarray, gone: np.ndarray, away: np.ndarray, grey: np.ndarray) -> list[Ray]:
    """Return what of a line, x1 y1 x2 y2, ends at the hole: nothing, one part, or the parts on both its sides."""
    begin, end = line[:2].astype(np.float64), line[2:].astype(np.float64)
    length = float(np.hypot(*(end - begin)))
    if length < MIN_LENGTH:
        return []
    towards = (end - begin) / length
    points = begin + np.arange(int(length) + 1)[:, None] * towards
    known = look(gone, points) == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    rays = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        part = points[first:after]
        contrast = measure_contrast(part, towards, grey)
        if len(part) < MIN_LENGTH or contrast < MIN_CONTRAST:
            continue
        for point, way in ((part[0], -towards), (part[-1], towards)):
            if look(away, point[None])[0] <= NEAR and look(gone, (point + (NEAR + RIM) * way)[None])[0]:
                rays.append(Ray(point, way, float(len(part)), contrast))
    return rays


def _join(one: Ray, other: Ray, gone: np.ndarray, thick: float) -> bool:
    """Whether two ends are those of one line, which the hole interrupts."""
    jump = other.point - one.point
    length = float(np.hypot(*jump))
    if length < MIN_JUMP * thick or min(one.length, other.length) < MIN_PART * length:
        return False
    if max(one.contrast, other.contrast) > MAX_CONTRAST_RATIO * min(one.contrast, other.contrast):
        return False
    if one.towards @ -other.towards < np.cos(MAX_ANGLE) or one.towards @ jump < length * np.cos(MAX_ANGLE):
        return False
    apart = max(abs(float(ray.towards[0] * jump[1] - ray.towards[1] * jump[0])) for ray in (one, other))
    between = one.point + np.linspace(0, 1, 32)[:, None] * jump
    return apart <= max(MIN_APART, MAX_APART * length) and float(look(gone, between).mean()) > 0.7
