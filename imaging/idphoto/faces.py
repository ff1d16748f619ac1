"""Where the faces of a photo are: windows of many sizes are judged, and the points of the best ones are looked for."""

import json
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch

from imaging.idphoto.points import Pose, average_points, estimate_pose, find_eyes, rotation_to_crop
from networks.face_landmarker import CELL, CROP, STAGES, WINDOW, FaceLandmarker

WINDOW_AROUND, CROP_AROUND = 1.3, 1.5  # of a face's side: what the network was taught with
MAX_LENGTH = 900  # pixels: a larger photo is looked at so small
MIN_PART, MAX_PART = 0.06, 1.3  # of the photo's longer side: faces that are looked for
SCALE_STEP = 1.19
MIN_WINDOW = 0.0  # the detector's score of a window that is looked into
MIN_SCORE, SURE_SCORE = 2.0, 4.5  # of the judge: of a face at all, and of one that nobody has to check
TURN_MARGIN = 1.0  # of the judge's score
MAX_APART = 0.05  # of a face's side: how far its points may move at the last look
CANDIDATES = 12


@dataclass(frozen=True)
class Face:
    """points: (P, 2) in pixels. score: the judge's. apart: how far the last look moved them, in sides."""

    points: np.ndarray
    score: float
    apart: float

    @cached_property
    def pose(self) -> Pose:
        return estimate_pose(self.points)

    @property
    def is_clear(self) -> bool:
        """Whether it is a face for sure."""
        return self.score >= SURE_SCORE

    @property
    def is_sure(self) -> bool:
        """Whether it is a face for sure, and its points are where they seem to be."""
        return self.is_clear and self.apart <= MAX_APART

    @property
    def rank(self) -> float:
        """How much it is the face that counts: the surer and the larger, the more."""
        return self.score + 3 * float(np.log(max(self.pose.side, 1.0)))

    @property
    def eyes(self) -> np.ndarray:
        """The middle between both eyes, (2,)."""
        middle: np.ndarray = np.mean(find_eyes(self.points), axis=0)
        return middle

    @property
    def chin(self) -> np.ndarray:
        return average_points(self.points, "chin", "chin_right", "chin_left")

    def transform(self, move: np.ndarray) -> "Face":
        """Return the face in a picture that was moved by a 2 x 3 matrix."""
        return Face(self.points @ move[:, :2].T + move[:, 2], self.score, self.apart)


def find_faces(rgb: np.ndarray, network: FaceLandmarker) -> tuple[list[Face], int]:
    """Return the faces in uint8 (H, W, 3), the largest first, and by how many quarters the photo must be turned.

    Quarters are counter-clockwise, as `numpy.rot90` counts; the faces are those of the turned photo. It is turned only
    where no face in it is sure as it stands, and one is clear by a margin when it is turned.
    """
    scale = min(1.0, MAX_LENGTH / max(rgb.shape[:2]))
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    found, turned = find_upright_faces(small, network), 0
    if not any(face.is_sure for face in found):
        least = max((face.score for face in found), default=0.0) + TURN_MARGIN
        for quarters in (1, 3, 2):
            faces = find_upright_faces(np.ascontiguousarray(np.rot90(small, quarters)), network)
            best = max((face.score for face in faces if face.is_clear), default=0.0)
            if best > least:
                found, turned, least = faces, quarters, best
    enlarge = np.array([[rgb.shape[1] / size[0], 0, 0], [0, rgb.shape[0] / size[1], 0]])
    if turned % 2:
        enlarge = enlarge[::-1, [1, 0, 2]]
    return [face.transform(enlarge) for face in found], turned


def pack(faces: list[Face], quarters: int, made: str = "") -> bytes:
    """Return what `find_faces` returned as bytes that can be kept; `made` says by what network."""
    rows = [[face.points.round(2).tolist(), face.score, face.apart] for face in faces]
    return json.dumps({"made": made, "quarters": quarters, "faces": rows}).encode()


def unpack(data: bytes, made: str = "") -> tuple[list[Face], int] | None:
    """Return what was packed, or None where another network found it."""
    row = json.loads(data)
    if row.get("made", "") != made:
        return None
    return [Face(np.array(points), score, apart) for points, score, apart in row["faces"]], row["quarters"]


def find_upright_faces(rgb: np.ndarray, network: FaceLandmarker) -> list[Face]:
    """Return the faces that stand upright, the largest first."""
    faces: list[Face] = []
    for pose in find_candidates(rgb, network):
        face = locate(rgb, pose, network)
        if face.score < MIN_SCORE:
            continue
        beside = [other for other in faces if _is_same(face.pose, other.pose)]
        if all(face.score > other.score for other in beside):
            faces = [other for other in faces if all(other is not each for each in beside)] + [face]
    return sorted(faces, key=lambda face: -face.pose.side)


def find_candidates(rgb: np.ndarray, network: FaceLandmarker, smallest: float = MIN_PART) -> list[Pose]:
    """Return poses of windows that score more than their neighbours, the best first; `smallest` is as MIN_PART."""
    found = []
    longest = max(rgb.shape[:2])
    side = max(smallest * longest, 12.0)
    while side <= MAX_PART * longest / WINDOW_AROUND:
        scale = WINDOW / (WINDOW_AROUND * side)
        found += _make_windows(rgb, scale, network)
        side *= SCALE_STEP
    found.sort(key=lambda each: -each[0])
    poses: list[Pose] = []
    for _, pose in found:
        if len(poses) < CANDIDATES and not any(_is_same(pose, other) for other in poses):
            poses.append(pose)
    return poses


def _make_windows(rgb: np.ndarray, scale: float, network: FaceLandmarker) -> list[tuple[float, Pose]]:
    """Return scores and poses of the windows of one size that score over MIN_WINDOW; half of one may lie outside."""
    size = [max(1, round(length * scale)) for length in rgb.shape[:2]]
    small = cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    room = WINDOW // 2
    below, right = (room + -(length + 2 * room) % CELL for length in size)
    padded = cv2.copyMakeBorder(small, room, below, room, right, cv2.BORDER_REPLICATE)
    scores = network(_to_tensor([padded], network))[0, 0].cpu().numpy()
    factors, side = np.array(size[::-1]) / rgb.shape[1::-1], WINDOW / WINDOW_AROUND / scale
    return [
        (float(scores[row, column]), Pose(np.array([column, row]) * CELL / factors, side, 0.0))
        for row, column in zip(*np.nonzero(scores > MIN_WINDOW), strict=True)
    ]


def _is_same(one: Pose, other: Pose) -> bool:
    return bool(np.linalg.norm(one.centre - other.centre) < 0.45 * max(one.side, other.side))


@torch.no_grad()
def locate(rgb: np.ndarray, pose: Pose, network: FaceLandmarker) -> Face:
    """Return the face near a pose: each stage looks closer, and the last looks twice."""
    points, apart = np.empty((0, 2)), 0.0
    for stage in (*range(STAGES), STAGES - 1):
        crop, move = crop_around(rgb, pose)
        places = network.locate(_to_tensor([crop], network), stage)[0].cpu().numpy() * CROP
        before, points = points, (places - move[:, 2]) @ np.linalg.inv(move[:, :2]).T
        pose = estimate_pose(points)
        if len(before):
            apart = float(np.linalg.norm(points - before, axis=1).mean() / max(pose.side, 1.0))
    score = float(network.judge_crops(_to_tensor([crop_around(rgb, pose)[0]], network))[0])
    return Face(points, score, apart)


def crop_around(rgb: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Return the crop around a pose, uint8 (96, 96, 3), made upright, and the move that makes it."""
    span = CROP_AROUND * max(pose.side, 4.0)
    move = rotation_to_crop(pose.centre, span, pose.tilt, CROP)
    cutting = move
    if span > 2 * CROP:  # no aliasing
        reduce = CROP / span * 1.5
        size = [max(1, round(length * reduce)) for length in rgb.shape[1::-1]]
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        cutting = np.column_stack((move[:, :2] / reduce, move[:, 2]))
    crop = cv2.warpAffine(rgb, cutting, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return crop, move


def _to_tensor(pictures: list[np.ndarray], network: FaceLandmarker) -> torch.Tensor:
    device = next(network.parameters()).device
    return torch.from_numpy(np.stack(pictures)).to(device).permute(0, 3, 1, 2).float() / 255
