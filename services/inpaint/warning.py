"""Whether what is to be filled can hardly be continued, which the result says then."""

from typing import cast

import numpy as np

from imaging.inpainting.doubts import cuts_face, cuts_line
from imaging.inpainting.stroke_width import thin
from networks.face_landmarker import FaceLandmarker
from services import cutout, inference, runtime
from services.base import ServiceError
from services.inpaint import FACE_CUT, LINE_CUT


def find_warning(rgb: np.ndarray, hole: np.ndarray) -> str:
    """Return the verdict on a hole, bool (H, W), in uint8 (H, W, 3): FACE_CUT, LINE_CUT or "". Scratches are no reason.

    Faces are not looked for where the network that finds them is missing. What it says changes no pixel, so the result
    does not name its weights.
    """
    thick = hole & ~thin(hole)
    if not thick.any():
        return ""
    if _cuts_face(rgb, thick):
        return FACE_CUT
    return LINE_CUT if cuts_line(rgb, thick) else ""


def _cuts_face(rgb: np.ndarray, hole: np.ndarray) -> bool:
    with runtime.discard_uses():
        try:
            network = inference.networks.get(cutout.FACES).module
        except ServiceError:
            return False
        return cuts_face(rgb, hole, cast(FaceLandmarker, network))
