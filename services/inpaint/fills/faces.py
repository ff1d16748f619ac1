"""Faces completed at 64 by 64 pixels: by searching a DCGAN for the one that fits, or by many guesses of one network."""

from functools import partial
from typing import cast

import numpy as np

from errors import N_
from imaging.inpainting import faces
from imaging.inpainting.regions import fill_by_regions
from networks.face_finder import FaceFinder
from services import inference
from services.base import ServiceError
from services.inpaint.fills import patch
from services.inpaint.fills.base import Fill, Progress

FINDER = "facefinder"
PATCHES_FROM = 0.9  # of the work; what of the hole lies in no face is filled with patches at the end


def prepare(name: str, way: str, seed: int) -> Fill:
    network, finder = inference.networks.get(name).module, cast(FaceFinder, inference.networks.get(FINDER).module)
    complete = getattr(faces, way)(network, seed)

    def fill(rgb: np.ndarray, hole: np.ndarray, barred: np.ndarray, report: Progress) -> np.ndarray:
        result, left = faces.complete_faces(rgb, hole, finder, complete, lambda share: report(PATCHES_FROM * share))
        if np.array_equal(left, hole):
            raise ServiceError(
                "no_face_found",
                N_("No face was found where you painted. This way of filling knows faces only: please choose another."),
            )
        return _fill_rest(result, left, hole | barred, seed, report) if left.any() else result

    return fill


def _fill_rest(rgb: np.ndarray, left: np.ndarray, barred: np.ndarray, seed: int, report: Progress) -> np.ndarray:
    tell = partial(_tell, report)
    return fill_by_regions(rgb, left, barred, patch.prepare(seed), tell)


def _tell(report: Progress, share: float) -> None:
    report(PATCHES_FROM + (1 - PATCHES_FROM) * share)
