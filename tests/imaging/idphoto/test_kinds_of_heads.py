"""Heads of many kinds before a passport photo: from landmarks and outline, the head is as high as it has to be.

The heads are drawn: what a face's points say, and an outline with hair, a hat or a beard around the same skull.
"""

import cv2
import numpy as np
import pytest

from imaging.idphoto.framing import Wanted, place_around
from imaging.idphoto.heads import estimate_head
from tests.imaging.face_points import face_points

PASSPORT = Wanted(35, 45, (32, 36), 4, eyes=(22.5, 31.5))
HEIGHT, WIDTH, CENTRE, EYES, EYES_TO_CHIN = 1400, 1200, 600, 500, 140  # pixels


def head(skull: float = 1.05) -> np.ndarray:
    """The outline of a head, so far above the eyes in parts of eyes to chin, with neck and shoulders."""
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    crown, chin = round(EYES - skull * EYES_TO_CHIN), EYES + EYES_TO_CHIN
    cv2.ellipse(alpha, (CENTRE, (crown + chin) // 2), (100, (chin - crown) // 2), 0, 0, 360, 255, -1)
    cv2.rectangle(alpha, (CENTRE - 60, EYES), (CENTRE + 60, chin + 80), 255, -1)
    cv2.ellipse(alpha, (CENTRE, chin + 300), (330, 260), 0, 180, 360, 255, -1)
    cv2.rectangle(alpha, (CENTRE - 330, chin + 300), (CENTRE + 330, HEIGHT), 255, -1)
    return alpha


def box(alpha: np.ndarray, left: float, right: float, above: float, below: float) -> np.ndarray:
    """Add a rectangle: across from the centre and above and below the eyes, in parts of eyes to chin."""
    columns = slice(round(CENTRE + left * EYES_TO_CHIN), round(CENTRE + right * EYES_TO_CHIN))
    alpha[round(EYES - above * EYES_TO_CHIN) : round(EYES + below * EYES_TO_CHIN), columns] = 255
    return alpha


# How it looks, how far the crown that an office measures is above the eyes, and whether that is sure.
KINDS = {
    "bald": (head(0.92), 0.92, True),
    "short hair": (head(1.08), 1.08, True),
    "full hair": (head(1.2), 1.2, True),
    "long hair": (box(head(1.1), -0.95, 0.95, 0.3, 1.9), 1.1, True),
    "beard": (box(head(1.05), -0.6, 0.6, 0.0, 1.6), 1.05, True),
    "topknot": (box(head(1.08), -0.22, 0.22, 1.6, 0.0), 1.08, True),
    "high bun": (box(head(1.08), -0.27, 0.27, 1.45, 0.0), 1.08, True),
    "lock that stands up": (box(head(1.08), -0.1, 0.1, 1.3, 0.0), 1.08, True),
    "tall hat": (box(head(1.05), -0.6, 0.6, 2.1, 0.0), 1.05, False),
    "raised arm beside the head": (box(head(1.08), 1.5, 1.9, 2.5, 2.0), 1.08, True),
    "no outline": (np.zeros((HEIGHT, WIDTH), np.uint8), 1.08, False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_is_as_high_as_a_passport_asks_for_and_the_eyes_are_in_their_place(kind):
    alpha, crown, is_sure = KINDS[kind]
    found, sure = estimate_head(alpha, face_points(CENTRE, EYES, EYES_TO_CHIN / 1.025))
    placed = place_around(found, PASSPORT, alpha, may_reach_out=False)
    millimetre = placed.height / PASSPORT.height
    assert sure == is_sure
    assert 32 <= (1 + crown) * EYES_TO_CHIN / millimetre <= 36
    assert 22.4 <= (placed.top + placed.height - EYES) / millimetre <= 31.6
