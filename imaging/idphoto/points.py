"""The points of a face that the network knows, and what follows from them: eyes, chin, tilt, size. No torch."""

from dataclasses import dataclass

import numpy as np

NAMES = (
    "right_eye_outer",
    "right_eye_inner",
    "left_eye_inner",
    "left_eye_outer",
    "right_lid_upper",
    "right_lid_lower",
    "left_lid_upper",
    "left_lid_lower",
    "nose",
    "mouth_right",
    "mouth_left",
    "lip_upper",
    "lip_lower",
    "chin",
    "chin_right",
    "chin_left",
    "jaw_right",
    "jaw_left",
    "side_right",
    "side_left",
    "temple_right",
    "temple_left",
    "forehead",
)
_SIDES = {"right": "left", "left": "right"}
_NUMBERS = {name: number for number, name in enumerate(NAMES)}


def _mirror(name: str) -> str:
    return "_".join(_SIDES.get(part, part) for part in name.split("_"))


MIRRORED = [NAMES.index(_mirror(name)) for name in NAMES]  # which point is where this one was, in a mirrored picture


@dataclass(frozen=True)
class Pose:
    """The square of a face: its centre (2,), its side in pixels, and its tilt in degrees, clockwise."""

    centre: np.ndarray
    side: float
    tilt: float


def average_points(points: np.ndarray, *names: str) -> np.ndarray:
    """Return the mean place (2,) of some of NAMES, of points (P, 2)."""
    mean: np.ndarray = points[[_NUMBERS[name] for name in names]].mean(0)
    return mean


def find_eyes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of the two eyes, (2,) each, the one on the left of the picture first."""
    right = average_points(points, "right_eye_outer", "right_eye_inner")
    return right, average_points(points, "left_eye_outer", "left_eye_inner")


def estimate_pose(points: np.ndarray) -> Pose:
    """Return the pose of a face of points (P, 2): the square holds it from the forehead to the chin."""
    right, left = find_eyes(points)
    top, bottom = average_points(points, "forehead"), average_points(points, "chin", "chin_right", "chin_left")
    side = max(
        np.linalg.norm(bottom - top),
        np.linalg.norm(average_points(points, "side_right") - average_points(points, "side_left")),
    )
    across, down = left - right, bottom - (left + right) / 2
    tilt = np.arctan2(across[1] - down[0], across[0] + down[1])  # of both together: a turned head shows little of one
    return Pose((top + bottom) / 2, float(side), float(np.degrees(tilt)))


def rotation_to_crop(centre: np.ndarray, span: float, turn: float, side: int) -> np.ndarray:
    """Return the 2 x 3 move that takes a square of `span` pixels around a centre, turned clockwise, to side x side."""
    angle, scale = np.deg2rad(turn), side / span
    rotation = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.column_stack((rotation, side / 2 - rotation @ np.asarray(centre, float)))
