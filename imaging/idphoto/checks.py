"""What is measured on a finished ID photo besides the head's place: background, light and mouth. No torch."""

import cv2
import numpy as np

from imaging.idphoto.points import average_points

MIN_BACKGROUND = 0.03  # of the photo: less background is none to judge
CHEEK = 0.07  # of the face from forehead to chin: half the side of the square that is looked at


def measure_background_spread(rgb: np.ndarray, alpha: np.ndarray) -> float | None:
    """Return how uneven the background is, in levels of lightness from 0 to 255; None where there is hardly any.

    rgb: uint8 (H, W, 3). alpha: uint8 (H, W), the person; a margin around is left out. The spread is that of nine in
    ten of the pixels, fine grain smoothed away.
    """
    reach = max(3, round(0.02 * max(alpha.shape)) | 1)
    outside = cv2.dilate(alpha, np.ones((reach, reach), np.uint8)) < 26
    if outside.mean() < MIN_BACKGROUND:
        return None
    smooth = cv2.GaussianBlur(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2LAB), (0, 0), reach / 4)
    low, high = np.quantile(smooth[outside].astype(np.float32), (0.05, 0.95), axis=0)
    return float((high - low).max())


def measure_shadow(rgb: np.ndarray, points: np.ndarray) -> float:
    """Return how much darker one cheek is than the other, 0 to 1.

    rgb: uint8 (H, W, 3). points: (P, 2), those of the face in pixels. A cheek lies between the eye and the corner of
    the mouth; its lightness is the median, so that a spot or a strand of hair does not count.
    """
    height = np.linalg.norm(average_points(points, "forehead") - average_points(points, "chin"))
    reach = max(2, round(CHEEK * float(height)))
    sides = []
    for side in ("right", "left"):
        eye = average_points(points, f"{side}_eye_outer", f"{side}_eye_inner")
        across, down = np.rint(0.45 * eye + 0.55 * average_points(points, f"mouth_{side}")).astype(int)
        column, row = (int(np.clip(at, 0, size - 1)) for at, size in zip((across, down), rgb.shape[1::-1], strict=True))
        cheek = rgb[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        sides.append(float(np.median(cv2.cvtColor(np.ascontiguousarray(cheek), cv2.COLOR_RGB2LAB)[:, :, 0])))
    return abs(sides[0] - sides[1]) / max(*sides, 1.0)


def measure_mouth_opening(points: np.ndarray) -> float:
    """Return the gap between the lips in parts of the mouth's width, of a face's points (P, 2)."""
    gap = np.linalg.norm(average_points(points, "lip_upper") - average_points(points, "lip_lower"))
    width = np.linalg.norm(average_points(points, "mouth_right") - average_points(points, "mouth_left"))
    return float(gap / max(float(width), 1e-6))
