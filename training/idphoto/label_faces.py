"""Label faces with MediaPipe's face mesh: `python -m training.idphoto.label_faces --data FOLDER --out FILE`.

Runs in an environment of its own with `mediapipe==0.10.21` (Apache-2.0), the teacher of this recipe alone: the site
never needs it. Writes one line of JSON for each picture: its archive, its name and its faces, each with POINTS in
pixels. Pictures in which the teacher sees nobody are written too, without faces.
"""

import json
from pathlib import Path

import cv2
import mediapipe
import numpy as np

from training.common.archives import list_pictures, read_rgb
from training.common.arguments import build_parser

# Archive, the part of it, one picture in how many, and how often it is enlarged for the teacher.
SETS = (
    ("people-portraits.zip", "portraits/", 1, 2),
    ("faces.zip", "", 3, 4),
    ("people-unlabelled.zip", "", 1, 2),
    ("people-varied.zip", "coco/", 1, 2),
    ("people-street.zip", "street/", 3, 2),
    # What follows is searched for pictures without faces.
    ("people-varied.zip", "no-person/", 1, 2),
    ("people-street.zip", "backgrounds/", 1, 2),
    ("photos-0.zip", "", 4, 2),
    ("photos-1.zip", "", 4, 2),
    ("photos-2.zip", "", 4, 2),
    ("scenes.zip", "", 25, 2),
    ("colours-0.zip", "clothes/", 2, 2),
    ("colours-1.zip", "", 10, 2),
)
# The mesh's vertices, in the order of NAMES.
MESH = (33, 133, 362, 263, 159, 145, 386, 374, 1, 61, 291, 13, 14, 152, 148, 377, 172, 397, 234, 454, 127, 356, 10)
MIN_SCORE = 0.5
AROUND = 2.0  # of the detected box's longer side: the crop that the mesh sees
CROP = 320


def main() -> None:
    parser = build_parser(__doc__, "data")
    parser.add_argument("--out", type=Path, required=True, help="the file of labels, JSON lines")
    arguments = parser.parse_args()
    teacher = Teacher()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w") as lines:
        for archive, prefix, step, enlarge in SETS:
            for member in list_pictures(arguments.data, archive, prefix)[::step]:
                faces = teacher.find_faces(read_rgb(member), enlarge)
                row = {"archive": archive, "name": member.name, "faces": [face.round(2).tolist() for face in faces]}
                lines.write(json.dumps(row) + "\n")


class Teacher:
    """MediaPipe's two detectors, and its mesh on a crop around each detection."""

    def __init__(self) -> None:
        solutions = mediapipe.solutions
        self.detectors = [
            solutions.face_detection.FaceDetection(min_detection_confidence=MIN_SCORE, model_selection=model)
            for model in (0, 1)
        ]
        self.mesh = solutions.face_mesh.FaceMesh(
            static_image_mode=True, max_num_faces=1, min_detection_confidence=MIN_SCORE
        )

    def find_faces(self, rgb: np.ndarray, enlarge: int) -> list[np.ndarray]:
        """Return the points, float (P, 2), x and y in pixels, of every face in uint8 (H, W, 3)."""
        large = cv2.resize(rgb, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_CUBIC)
        faces: list[np.ndarray] = []
        for centre, side in self._detect_boxes(large):
            if any(np.linalg.norm(face.mean(0) - centre) < 0.5 * np.ptp(face[:, 1]) for face in faces):
                continue  # the other detector saw it
            points = self._find_points(large, centre, side)
            if points is not None:
                faces.append(points)
        return [face / enlarge for face in faces]

    def _detect_boxes(self, rgb: np.ndarray):
        """Yield the centre and the side, in pixels, of what either detector takes for a face."""
        size = np.array(rgb.shape[1::-1])
        for detector in self.detectors:
            for found in detector.process(rgb).detections or ():
                box = found.location_data.relative_bounding_box
                corner, span = np.array([box.xmin, box.ymin]) * size, np.array([box.width, box.height]) * size
                yield corner + span / 2, float(span.max())

    def _find_points(self, rgb: np.ndarray, centre: np.ndarray, side: float) -> np.ndarray | None:
        """Return the mesh's points around a detection; None where the mesh sees no face."""
        scale = CROP / (AROUND * side)
        move = np.array([[scale, 0, CROP / 2 - scale * centre[0]], [0, scale, CROP / 2 - scale * centre[1]]])
        crop = cv2.warpAffine(rgb, move, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        found = self.mesh.process(crop).multi_face_landmarks
        if not found:
            return None
        points = np.array([[found[0].landmark[index].x, found[0].landmark[index].y] for index in MESH]) * CROP
        return (points - move[:, 2]) / scale


if __name__ == "__main__":
    main()
