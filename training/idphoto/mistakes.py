"""What the networks take wrongly for faces: to be learnt again, and counted."""

import cv2
import numpy as np
import torch
from torch import Tensor

from imaging.idphoto.faces import MIN_SCORE, SURE_SCORE, crop_around, find_candidates, find_upright_faces, locate
from imaging.idphoto.points import Pose, estimate_pose
from networks.face_landmarker import CELL, WINDOW, FaceLandmarker
from training.common.crops import to_batch
from training.idphoto.samples import Photo

SMALLEST = 0.12  # of the photo's longer side: the search for smaller faces takes most of the time
HARD = -1.5  # score: what is no face and scores more is learnt again
OFF = 0.6, 0.7  # in parts of a face's side, as a logarithm of its size: what is further off is another thing


def find_hard_windows(network: FaceLandmarker, rgb: np.ndarray, random: np.random.Generator, most: int = 12) -> Tensor:
    """Return the features (n, 8, 8, 8) of windows of a picture without faces that score too high."""
    scale = np.exp(random.uniform(np.log(0.25), np.log(1.3)))
    sides = [max(WINDOW, round(length * scale / CELL) * CELL) for length in rgb.shape[:2]]
    maps = network.edges(to_batch([cv2.resize(rgb, sides[::-1], interpolation=cv2.INTER_AREA)]))
    scores = network.detector(maps)[0, 0]
    found = torch.nonzero(scores > HARD)[torch.randperm(int((scores > HARD).sum()))[:most]]
    cells = WINDOW // CELL
    windows = [maps[0, :, row : row + cells, column : column + cells] for row, column in found.tolist()]
    return torch.stack(windows) if windows else maps.new_zeros(0, maps.shape[1], cells, cells)


def find_hard_crops(network: FaceLandmarker, photo: Photo) -> list[np.ndarray]:
    """Return crops, uint8 (96, 96, 3), of what the search comes to in a photo beside its faces and judges too well."""
    found = (locate(photo.rgb, pose, network) for pose in find_candidates(photo.rgb, network, SMALLEST))
    wrong = (face.pose for face in found if face.score > HARD and is_wrong(face.pose, photo))
    return [crop_around(photo.rgb, pose)[0] for pose in wrong]


def is_wrong(pose: Pose, photo: Photo) -> bool:
    """Whether a pose is at none of the photo's faces."""
    for points in photo.faces:
        true = estimate_pose(points)
        apart = np.linalg.norm(pose.centre - true.centre) / true.side
        if apart < OFF[0] and abs(np.log(max(pose.side, 1.0) / true.side)) < OFF[1]:
            return False
    return True


def measure_search(network: FaceLandmarker, held: list[Photo]) -> dict[str, float]:
    """Return how many photos were searched, the share of one-face photos in which it was found, for sure as well,
    and how many false faces there are in a hundred photos."""
    alone = found = sure = false = sure_false = 0
    for photo in held:
        faces = find_upright_faces(photo.rgb, network)
        wrong = [face for face in faces if is_wrong(face.pose, photo)]
        false += len(wrong)
        sure_false += sum(face.is_sure for face in wrong)
        if len(photo.faces) == 1:
            right = [face for face in faces if not is_wrong(face.pose, photo)]
            alone, found, sure = alone + 1, found + bool(right), sure + any(face.is_sure for face in right)
    hundred = max(len(held), 1) / 100
    return {
        "searched": len(held),
        "found": round(found / max(alone, 1), 4),
        f"found_over_{SURE_SCORE}": round(sure / max(alone, 1), 4),
        f"false_over_{MIN_SCORE}_in_100": round(false / hundred, 2),
        f"false_over_{SURE_SCORE}_in_100": round(sure_false / hundred, 2),
    }
