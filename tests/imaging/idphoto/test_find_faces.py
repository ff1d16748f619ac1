"""Faces in a photograph of the project: upright, sideways, grey, large, twice; and none where none is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.idphoto.faces import find_faces, pack, unpack
from imaging.idphoto.points import find_eyes
from networks import weights

ASTRONAUT = Path(__file__).resolve().parents[3] / "docs" / "demo" / "pictures" / "astronaut.jpg"
RIGHT_EYE, LEFT_EYE, CHIN = (203, 101), (247, 103), (224, 179)  # as seen in it


@pytest.fixture(scope="module")
def network():
    return weights.load("face")


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.asarray(Image.open(ASTRONAUT).convert("RGB"))


def is_the_face(face, scale: float = 1.0, across: float = 0.0) -> bool:
    """Whether the eyes and the chin lie where they are seen in the photograph, to a few pixels."""
    right, left = find_eyes(face.points)
    seen = np.array([RIGHT_EYE, LEFT_EYE, CHIN], float) * scale + [across, 0]
    return bool(np.abs(np.array([right, left, face.chin]) - seen).max() < 10 * scale)


@pytest.mark.parametrize("grey", [False, True])
def test_the_face_is_found_with_eyes_and_chin(network, photo, grey):
    if grey:
        photo = np.dstack([photo.mean(2).astype(np.uint8)] * 3)
    found, quarters = find_faces(photo, network)
    assert quarters == 0 and len(found) == 1 and is_the_face(found[0])
    assert abs(found[0].pose.tilt) < 8


def test_a_large_photo_gives_the_same_places(network, photo):
    large = np.asarray(Image.fromarray(photo).resize((photo.shape[1] * 4, photo.shape[0] * 4)))
    assert is_the_face(find_faces(large, network)[0][0], scale=4)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_photo_that_lies_is_turned(network, photo, turn):
    found, quarters = find_faces(np.ascontiguousarray(np.rot90(photo, turn)), network)
    assert quarters == 4 - turn and is_the_face(found[0])


def test_of_two_faces_both_are_found(network, photo):
    found, _ = find_faces(np.concatenate([photo, photo], 1), network)  # a pattern of the suit perhaps, too
    for across in (0, photo.shape[1]):
        assert sum(is_the_face(face, across=across) for face in found) == 1


@pytest.mark.parametrize("shape", [(300, 200, 3), (1, 1, 3), (3, 900, 3)])
def test_noise_and_plain_pictures_have_no_face(network, shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert not find_faces(noise, network)[0] and not find_faces(np.full(shape, 90, np.uint8), network)[0]


def test_what_was_found_can_be_kept(network, photo):
    found, quarters = find_faces(photo, network)
    again, same = unpack(pack(found, quarters))
    assert same == quarters and np.allclose(again[0].points, found[0].points, atol=0.01)
    assert (again[0].score, again[0].apart) == (found[0].score, found[0].apart)
