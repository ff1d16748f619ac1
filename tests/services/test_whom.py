"""Whom a cut-out keeps, or Inpaint takes out: everybody, the main person, or the one at a point."""

import io

import numpy as np
import pytest
from PIL import Image

import services
from imaging.idphoto import faces
from imaging.io.files import Picture
from imaging.matting.people import People
from services import cutout
from services.base import CACHE, InvalidOption, ignore_progress
from services.cutout import outline, whom
from services.idphoto.place import Scene, look_for_faces
from tests.imaging.face_points import face_points

PHOTO = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
LEFT, RIGHT = (slice(40, 180), slice(60, 100)), (slice(30, 190), slice(150, 200))


def keep(*parts):
    """What an earlier run found and kept: no network is asked."""
    mask = np.zeros(PHOTO.shape[:2], np.uint8)
    for part in parts:
        mask[part] = 255
    return {cutout.OWN: outline._encode_png(People(mask, 1.0), cutout.OWN)}


@pytest.fixture(autouse=True)
def no_faces(monkeypatch):
    monkeypatch.setattr(faces, "find_upright_faces", lambda rgb, network: [])


def run(key="background", cache=None, **chosen):
    service = services.get(key)
    options = service.parse_options(chosen) | {CACHE: cache or keep(LEFT, RIGHT)}
    return service.run(Picture(PHOTO), options, ignore_progress)


@pytest.mark.parametrize(
    ("chosen", "left", "right"),
    [
        ({}, 255, 255),
        ({"whom": "main"}, 0, 255),
        ({"whom": "this", "point": "0.25,0.5"}, 255, 0),
        ({"whom": "this", "point": "0.6,0.5"}, 0, 255),
    ],
)
def test_of_two_people_stays_who_is_asked_for(chosen, left, right):
    result = run(**chosen)
    assert (result.mask[100, 80], result.mask[100, 175]) == (left, right) and result.verdict == ""
    assert np.array_equal(result.picture.pixels[100, 80], PHOTO[100, 80]) == (left == 255)


def test_somebody_else_is_chosen_from_what_was_kept():
    first = run(whom="this", point="0.25,0.5")
    assert run(cache=first.cache, whom="this", point="0.6,0.5").mask[100, 175] == 255
    assert run(cache=first.cache).mask[100, 80] == 255


def test_where_nobody_is_nobody_is_cut_out_and_the_point_is_named():
    with pytest.raises(InvalidOption) as caught:
        run(whom="this", point="0.98,0.02")
    assert caught.value.field == "point"


def test_people_who_cannot_be_told_apart_stay_together_and_that_is_said():
    group = keep((slice(80, 180), slice(60, 240)))
    result = run(cache=group, whom="this", point="0.3,0.6")
    assert result.mask[100, 80] == result.mask[100, 220] == 255
    assert result.verdict == cutout.PEOPLE_TOGETHER
    assert run(cache=group).verdict == ""  # nobody was chosen among them
    for key in ("background", "idphoto"):
        assert cutout.PEOPLE_TOGETHER in services.get(key).touched_up
    touched = Picture(np.dstack([result.mask] * 3))
    assert run(cache=group, whom="this", point="0.3,0.6", mask=touched).verdict == ""


def test_faces_are_given_in_parts_of_the_photo(monkeypatch):
    seen = faces.Face(face_points(320.0, 160.0, 64.0), 3.0, 0.01)
    monkeypatch.setattr(faces, "find_upright_faces", lambda rgb, network: [seen])
    [box] = whom.find_faces(np.zeros((800, 1280, 3), np.uint8))
    middle, half = seen.pose.centre, seen.pose.side / 2
    assert (box.x, box.y) == pytest.approx((middle[0] / 640, middle[1] / 400))
    assert (box.half_width, box.half_height) == pytest.approx((half / 640, half / 400))


def test_a_point_turns_with_a_sideways_photo(monkeypatch):
    for quarters, there in ((0, (0.1, 0.3)), (1, (0.3, 0.9)), (2, (0.9, 0.7)), (3, (0.7, 0.1))):
        monkeypatch.setattr(faces, "find_faces", lambda rgb, network, turned=quarters: ([], turned))
        options = services.get("idphoto").parse_options({"whom": "this", "point": "0.1,0.3"}) | {CACHE: {}}
        scene = look_for_faces(Picture(PHOTO), options)
        assert isinstance(scene, Scene) and scene.options["point"] == pytest.approx(there)


def test_one_of_several_people_is_taken_out(monkeypatch):
    monkeypatch.setattr("services.cutout.outline._load_cached", lambda options: find_both())
    result = run("inpaint", what="this", point="0.25,0.5")
    assert result.mask[100, 80] == 255 and not result.mask[100, 170:].any()
    assert np.array_equal(result.picture.pixels[RIGHT], PHOTO[RIGHT])
    assert not np.array_equal(result.picture.pixels[LEFT], PHOTO[LEFT])


def find_both():
    return People(np.asarray(Image.open(io.BytesIO(keep(LEFT, RIGHT)[cutout.OWN]))), 1.0)
