"""Has a picture colours of its own, or one tone laid over its brightness, as grey, sepia and faded prints have?"""

import cv2
import numpy as np

SIDE = 96  # pixels of the longer side at which it is looked at
LEVELS = 8  # of brightness, between which a tone may change: shadows and lights of a print differ
COLOURED = 3.5  # CIE units: a chroma that the tone does not explain, and more, at a tenth of the places


def has_colours(lab: np.ndarray) -> bool:
    """Whether float32 (H, W, 3), CIE L*a*b*, of any size shows colours beyond a tone."""
    return own_chroma(lab) > COLOURED


def own_chroma(lab: np.ndarray) -> float:
    """Return the chroma, in CIE units, that a tenth of the places exceeds once the tone of the print is taken off.

    The tone is a function of L* with LEVELS knots, and it may change evenly over the picture, and towards its edges,
    as it does where paper yellowed.
    """
    scale = SIDE / max(lab.shape[:2])
    size = max(1, round(lab.shape[1] * scale)), max(1, round(lab.shape[0] * scale))
    small = cv2.resize(np.ascontiguousarray(lab, np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 1.0)  # chroma noise of JPEG and film is not colour
    return float(np.quantile(np.linalg.norm(_without_tone(small), axis=2), 0.9))


def _without_tone(lab: np.ndarray) -> np.ndarray:
    """Return what least squares cannot explain of a* and b*, (H, W, 2)."""
    height, width = lab.shape[:2]
    places = np.clip(lab[:, :, 0].ravel() / 100 * (LEVELS - 1), 0, LEVELS - 1)
    knots = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(LEVELS)))
    down, right = (part.ravel() for part in np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j])
    # Paper yellows most where it is bright, so that the change over the picture goes with brightness.
    drift = np.stack([down, right, down**2, right**2], 1) * (lab[:, :, :1].reshape(-1, 1) / 100)
    basis = np.hstack([knots, drift])
    chroma = lab[:, :, 1:].reshape(-1, 2)
    fitted = np.linalg.solve(basis.T @ basis + 1e-3 * np.eye(basis.shape[1]), basis.T @ chroma)
    return (chroma - basis @ fitted).reshape(height, width, 2)
