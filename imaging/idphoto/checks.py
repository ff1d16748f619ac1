"""What is measured on a finished ID photo besides the head's place: the background. No torch."""

import cv2
import numpy as np

MIN_BACKGROUND = 0.03  # of the photo: less background is none to judge


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
