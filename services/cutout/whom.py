"""Whom a cut-out keeps: of the people whom the network found, the main person or the one at a point."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import cv2
import numpy as np

from errors import N_
from imaging.guided_filter import fit_size
from imaging.idphoto import faces as search
from imaging.matting import instances
from imaging.matting.instances import FaceBox
from networks.face_landmarker import FaceLandmarker
from services import inference
from services.base import InvalidOption
from services.cutout import FACES, MAIN

FACES_SIDE = 640  # pixels of the longer side, at which faces are looked for
_NOBODY_THERE = N_("Nobody was found at this place. Please point at somebody, not beside them.")


class Chosen(NamedTuple):
    """mask: uint8 (h, w), of the chosen person. is_joined: others whom nothing told apart may be in it."""

    mask: np.ndarray
    is_joined: bool


def choose_person(mask: np.ndarray, rgb: np.ndarray, options: Mapping[str, Any]) -> Chosen:
    """Return of a mask, uint8 (h, w), of a photo, uint8 (H, W, 3), the one whom WHOM and POINT ask for.

    Raises InvalidOption: nobody is at the point.
    """
    people = instances.split_instances(mask, rgb, find_faces(rgb))
    found = instances.find_main(people) if options["whom"] == MAIN else instances.find_at(people, *options["point"])
    if found is None:
        raise InvalidOption("point", _NOBODY_THERE)
    return Chosen(instances.keep_instance(mask, people, found), found.is_joined)


def find_faces(rgb: np.ndarray) -> list[FaceBox]:
    """Return what may be upright faces; the mask tells which are. Raises ServiceError: the weights are not there."""
    network = cast(FaceLandmarker, inference.networks.get(FACES).module)
    height, width = fit_size(rgb.shape[0], rgb.shape[1], FACES_SIDE)
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    found = []
    for face in search.find_upright_faces(small, network):
        (x, y), half = face.pose.centre, face.pose.side / 2
        found.append(FaceBox(float(x / width), float(y / height), half / width, half / height))
    return found
