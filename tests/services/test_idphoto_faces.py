"""The face decides where the head is; what is wrong or unsure about it is said, with a checklist of the document."""

import json

import numpy as np
import pytest

import services
from imaging.idphoto import faces, heads
from imaging.idphoto.heads import find_head
from imaging.idphoto.points import NAMES
from imaging.io.files import Picture
from services import inference
from services.base import MET, NOT_MET, STATES, UNSURE
from services.idphoto import CHECKS, place, sizes
from tests.imaging.face_points import face_points
from tests.imaging.idphoto.test_heads import person
from tests.services.test_idphoto import ALPHA, HEIGHT, MASK, PHOTO, WIDTH, run, somebody

__all__ = ["somebody"]  # a fixture of every test here
FACE = faces.Face(face_points(440, 376, 140), 5.0, 0.01)


def find(monkeypatch, *found: faces.Face, quarters: int = 0) -> None:
    monkeypatch.setattr(faces, "find_faces", lambda rgb, network: (list(found), quarters))


def states(result) -> dict[str, str]:
    return {check.key: check.state for check in result.checks}


def test_the_head_measured_from_the_face_is_as_high_as_the_document_asks_for():
    for key in ("icao", "cn1", "us"):
        result = run(size=key, background="white")
        value = next(check.value for check in result.checks if check.key == "head_height")
        low, high = sizes.find_size(key).head
        assert low <= float(value.split()[0]) <= high and f"({low}–{high} mm)" in value


def test_a_good_photo_has_a_checklist_and_no_verdict():
    result = run(size="cn1", background="white")
    assert result.verdict == ""
    assert {check.state for check in result.checks} <= set(STATES)
    assert list(states(result)) == list(services.get("idphoto").checks)
    assert states(result)["head_height"] == states(result)["one_face"] == states(result)["tilt"] == MET


def test_two_people_are_said(monkeypatch):
    other = faces.Face(face_points(560, 400, 120), 5.0, 0.01)
    find(monkeypatch, FACE, other)
    result = run(size="us", background="keep")
    assert result.picture is not None and result.verdict == "several_faces"
    assert states(result)["one_face"] == NOT_MET
    find(monkeypatch, FACE, faces.Face(face_points(60, 1100, 120), 5.0, 0.01))  # outside of what is cut
    assert run(size="cn1").verdict == ""


@pytest.mark.parametrize(("centre", "crown"), [(660, 300), (215, 190), (640, 200)])
def test_a_head_beside_the_person_that_the_frame_may_cut_off_is_said(centre, crown):
    beside = np.maximum(ALPHA, person(HEIGHT, WIDTH, head=300, centre=centre, crown=crown))
    result = run(size="cn1", background="white", mask=Picture(np.dstack([beside] * 3)))
    assert result.picture is not None and result.verdict == "maybe_several_faces"
    assert states(result)["one_face"] == UNSURE


@pytest.mark.parametrize("across", [680, 200])
def test_somebody_whose_hair_or_shoulder_alone_the_photo_would_show_is_said(monkeypatch, across):
    beside = np.maximum(ALPHA, person(HEIGHT, WIDTH, head=300, centre=across, crown=230))
    find(monkeypatch, FACE, faces.Face(face_points(across, 400, 120), 5.0, 0.01))
    monkeypatch.setattr(heads, "has_another_beside", lambda *_: False)
    result = run(size="cn1", background="white", mask=Picture(np.dstack([beside] * 3)))
    assert result.verdict == "maybe_several_faces" and states(result)["one_face"] == UNSURE


def test_what_may_be_another_face_and_one_that_the_frame_cuts_are_said(monkeypatch):
    find(monkeypatch, FACE, faces.Face(face_points(560, 400, 120), 3.0, 0.01))
    assert run(size="us", background="keep").verdict == "maybe_several_faces"
    find(monkeypatch, FACE, faces.Face(face_points(560, 400, 120), 5.0, 0.01))
    result = run(frame="0.1,0.1,0.5,0.6", size="cn1", background="white")  # ends at 540
    assert result.verdict == "several_faces" and states(result)["one_face"] == NOT_MET


def test_a_photo_without_a_face_is_placed_by_the_outline_and_has_to_be_checked(monkeypatch):
    find(monkeypatch)
    result = run(size="cn1")
    assert result.picture is not None and result.verdict == "no_face_found"
    assert "check the frame" in services.get("idphoto").verdicts["no_face_found"]
    assert states(result)["head_height"] == states(result)["one_face"] == UNSURE


@pytest.mark.parametrize("score, apart", [(0.5, 0.01), (5.0, 0.2)])
def test_an_unsure_face_is_said(monkeypatch, score, apart):
    find(monkeypatch, faces.Face(FACE.points, score, apart))
    result = run(size="cn1")
    assert result.verdict == "head_unsure" and states(result)["head_height"] == UNSURE


@pytest.fixture
def tilted(monkeypatch):
    """The face is turned clockwise by 6 degrees."""
    angle, middle = np.deg2rad(6), np.array([440.0, 400.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    find(monkeypatch, faces.Face((FACE.points - middle) @ turn.T + middle, 5.0, 0.01))


def test_a_tilted_head_is_set_upright(tilted):
    tilt = next(check for check in run(size="cn1").checks if check.key == "tilt")
    assert (tilt.state, tilt.value) == (MET, "0°")
    framed = run(size="cn1", background="white", frame="0.2,0.1,0.6,0.6")
    assert next(check for check in framed.checks if check.key == "tilt").value == "6°"


def test_a_sideways_photo_is_turned_with_its_mask(monkeypatch):
    upright = run(size="cn1", mask=MASK).picture.pixels
    find(monkeypatch, FACE, quarters=1)
    lying = Picture(np.ascontiguousarray(np.rot90(PHOTO, -1)), format="jpeg")
    mask = Picture(np.dstack([np.ascontiguousarray(np.rot90(ALPHA, -1))] * 3))
    result = run(lying, size="cn1", mask=mask)
    assert np.array_equal(result.picture.pixels, upright) and result.mask.shape == (WIDTH, HEIGHT)


def test_faces_are_kept_for_the_next_size(monkeypatch):
    first = run(size="cn1")
    assert json.loads(first.cache["faces"])["quarters"] == 0
    find(monkeypatch)  # it would find none now
    monkeypatch.setattr(inference.networks, "get", lambda name: pytest.fail("it was asked"))
    assert states(run(size="cn2", cache=first.cache))["one_face"] == MET


def test_faces_that_other_weights_found_are_looked_for_again(monkeypatch):
    asked, find_faces = [], place.search.find_faces
    monkeypatch.setattr(place.search, "find_faces", lambda *given: asked.append(1) or find_faces(*given))
    first = run(size="cn1")
    run(size="cn2", cache=first.cache)
    assert len(asked) == 1
    by_others = first.cache["faces"].replace(b'"made": "', b'"made": "0')
    for data in (by_others, b'{"quarters": 0, "faces": []}'):
        run(size="cn2", cache={**first.cache, "faces": data})
    assert len(asked) == 3


def test_where_it_was_cut_is_kept_for_the_frame_of_the_next_run():
    first = run(size="cn1").cache["frame"].decode()
    again = run(size="cn1", frame=first)
    before, after = ([float(part) for part in text.split(",")] for text in (first, again.cache["frame"].decode()))
    assert after == pytest.approx(before, abs=0.002)
    assert states(again)["head_height"] == MET


def test_the_frame_of_a_straightened_photo_is_tilted_and_cuts_the_same_when_it_is_drawn(tilted):
    first = run(size="cn1", background="white")
    frame = first.cache["frame"].decode()
    assert float(frame.split(",")[4]) == pytest.approx(6, abs=0.1)
    drawn = run(size="cn1", background="white", frame=frame)
    parts = [[float(part) for part in text.split(",")] for text in (frame, drawn.cache["frame"].decode())]
    assert parts[1] == pytest.approx(parts[0], abs=0.001)
    assert np.abs(drawn.picture.pixels.astype(int) - first.picture.pixels).mean() < 2
    assert states(drawn)["head_height"] == MET
    level = run(size="cn1", background="white", frame=frame.rpartition(",")[0])
    assert np.abs(level.picture.pixels.astype(int) - first.picture.pixels).mean() > 4


def test_an_uneven_background_that_is_kept_is_said():
    photo = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    even = run(Picture(photo), size="gb", mask=MASK)
    photo[:, : WIDTH // 2] = 60
    uneven = run(Picture(photo), size="gb", mask=MASK)
    assert states(even)["background"] == MET and states(uneven)["background"] == NOT_MET
    assert uneven.verdict == "rules_not_met" and states(run(size="cn1"))["background"] == MET


def test_a_shadow_on_the_face_is_said():
    found = {}
    for darker in (1.0, 0.8, 0.3):
        photo = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
        photo[:, :440] = 200 * darker
        result = run(Picture(photo), size="cn1", background="white", mask=MASK)
        found[states(result)["light"]] = result.verdict
    assert found == {MET: "", UNSURE: "", NOT_MET: "rules_not_met"}


def test_an_open_mouth_is_said(monkeypatch):
    found = {}
    for gap in (0, 6, 12):
        points = FACE.points.copy()
        points[NAMES.index("lip_lower"), 1] += gap
        find(monkeypatch, faces.Face(points, 5.0, 0.01))
        result = run(size="cn1", background="white")
        found[states(result)["mouth"]] = result.verdict
    assert found == {MET: "", UNSURE: "", NOT_MET: "rules_not_met"}


def test_mouth_and_light_of_an_unsure_face_and_the_eyes_of_every_face_are_for_the_person_to_check(monkeypatch):
    assert states(run(size="cn1"))["eyes"] == UNSURE
    find(monkeypatch, faces.Face(FACE.points, 0.5, 0.01))
    found = states(run(size="cn1"))
    assert found["eyes"] == found["mouth"] == found["light"] == UNSURE
    find(monkeypatch, FACE)
    monkeypatch.setattr(heads, "estimate_head", lambda alpha, points: (find_head(ALPHA), False))  # a hat, say
    assert states(run(size="cn1"))["mouth"] == UNSURE


def test_every_row_has_a_title_and_the_eyes_bounds_are_the_documents():
    assert set(CHECKS) == set(services.get("idphoto").checks)
    value = next(check.value for check in run(size="us", background="white").checks if check.key == "eyes_height")
    assert "(28–35 mm)" in value


def test_a_pattern_on_the_clothes_is_no_face_and_a_face_beside_the_person_no_second_one(monkeypatch):
    pattern = faces.Face(face_points(440, 900, 60), 9.0, 0.01)
    find(monkeypatch, pattern, FACE)
    result = run(size="cn1")
    assert result.verdict == "" and states(result)["one_face"] == states(result)["head_height"] == MET
    find(monkeypatch, pattern)
    assert run(size="cn1").verdict == "no_face_found"
    find(monkeypatch, FACE, faces.Face(face_points(60, 300, 100), 9.0, 0.01))  # a picture on the wall
    assert run(size="cn1", frame="0,0,1,1").verdict != "several_faces"
