"""The points of a drawn face, in their usual places between eyes and chin."""

import numpy as np

from imaging.idphoto.points import NAMES

# From the middle between the eyes, across and down, in parts of the way from there to the chin.
PLACES = {
    "eye_outer": (0.42, 0.0),
    "eye_inner": (0.16, 0.0),
    "lid_upper": (0.29, -0.04),
    "lid_lower": (0.29, 0.04),
    "nose": (0.0, 0.4),
    "mouth": (0.22, 0.66),
    "lip_upper": (0.0, 0.65),
    "lip_lower": (0.0, 0.67),
    "chin": (0.0, 1.0),
    "chin_side": (0.12, 1.0),
    "jaw": (0.5, 0.75),
    "side": (0.62, 0.25),
    "temple": (0.6, -0.05),
    "forehead": (0.0, -0.6),
}


def face_points(x: float, y: float, eyes_to_chin: float) -> np.ndarray:
    """Points (P, 2) of an upright face whose middle between the eyes is at x, y."""
    points = []
    for name in NAMES:
        sign = -1 if name.startswith("right") or name.endswith("right") else 1
        kind = "_".join(part for part in name.split("_") if part not in ("right", "left"))
        if kind == "chin" and name != "chin":
            kind = "chin_side"
        across, down = PLACES[kind]
        points.append((x + sign * across * eyes_to_chin, y + down * eyes_to_chin))
    return np.array(points)
