"""Cut out prints: one picture a print, upright, each compared with its own place on the page."""

import numpy as np
import pytest

import services
from imaging.io.files import Picture
from networks import weights
from services import runtime
from services.base import CACHED_FRAME, ServiceError, ignore_progress
from services.running import measure_result, run_service
from tests.imaging.scanning.pages import add_rim, lay, make_page, read, turn

SERVICE = services.get("scan")


def run(pixels: np.ndarray, **chosen):
    options = SERVICE.parse_options({"upright": "keep", **chosen})
    return run_service(SERVICE, Picture(pixels, dpi=(300.0, 200.0)), options, ignore_progress)


def test_each_print_is_a_picture_and_its_change_map_is_of_its_own_place():
    page, there = make_page()
    result = run(page)
    pictures = [result.picture, *result.alternatives]
    assert (len(pictures), result.verdict) == (3, "")
    for picture, corners in zip(pictures, there, strict=True):
        sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        assert (picture.width, picture.height) == pytest.approx(sides[:2], abs=2)
        assert np.median(measure_result(result, picture)) < 16  # nearly the pixels of the place where it was
    kept = np.array(result.cache[CACHED_FRAME].decode().split(","), float).reshape(3, 4, 2)
    again = run(page, corners=result.cache[CACHED_FRAME].decode())
    assert np.array_equal(again.alternatives[1].pixels.shape, pictures[2].pixels.shape)
    assert np.abs(kept[0] * (640, 800) - there[0]).max() < 2


def test_the_largest_alone_says_that_there_are_more():
    result = run(make_page()[0], prints="largest")
    assert (result.alternatives, result.verdict) == ((), "others_left")
    assert result.picture.width == pytest.approx(280, abs=2)


def test_the_outlines_can_be_looked_at_before_anything_is_cut():
    page, there = make_page()
    result = run(page, find_only=True)
    assert (result.picture, result.verdict) == (None, "prints_found")
    found = result.cache[CACHED_FRAME].decode()
    seen = np.array(found.split(","), float).reshape(3, 4, 2) * (640, 800)
    assert all(np.abs(corners - true).max() < 2 for corners, true in zip(seen, there, strict=True))
    assert len(run(page, find_only=True, corners=found).alternatives) == 2, "given corners are cut out"
    assert run(read("chelsea", 400), find_only=True).verdict == "no_print_found"


def test_a_photo_that_fills_its_frame_stays_as_it_is():
    result = run(read("chelsea", 400))
    assert (result.picture, result.verdict) == (None, "no_print_found")


def test_where_it_is_not_sure_it_says_so_and_keeps_what_may_be_a_print():
    """A sign on a wall among other things."""
    page = np.random.default_rng(0).integers(60, 200, (40, 60, 3), dtype=np.uint8).repeat(10, 0).repeat(10, 1)
    page[:60] = page[-60:] = 150
    page[:, :60] = page[:, -60:] = 150
    lay(page, np.full((100, 150, 3), 250, np.uint8), turn(400, 270, (300, 200), 0))
    page[10:16, 20:580:8] = 20  # things along the edge
    page[30:34, 20:580:6] = 240
    page[350:390, 20:580:8] = 20
    result = run(page)
    assert (result.picture, result.verdict) == (None, "print_unsure")
    assert result.cache[CACHED_FRAME]


def test_the_rim_is_cut_off_when_asked():
    page = np.full((400, 500, 3), 30, np.uint8)
    lay(page, add_rim(read("coffee"), 245, 14), turn(288, 202, (240, 200), 0))
    kept, cut = run(page).picture, run(page, rim="cut").picture
    assert 26 <= kept.width - cut.width <= 36 and 26 <= kept.height - cut.height <= 36


def test_a_print_that_lies_sideways_is_turned_as_its_face_stands(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime.folders, "weights", weights.WEIGHTS)
    page = np.full((640, 640, 3), 90, np.uint8)
    face = read("astronaut", 400)
    lay(page, face, np.roll(turn(face.shape[0], face.shape[1], (320, 320), 2), 1, axis=0))
    result = run(page, upright="faces")
    assert (result.picture.width, result.picture.height) == pytest.approx(face.shape[1::-1], abs=3)
    assert np.abs(np.asarray(result.picture.pixels[20:380, 20:380], float) - face[20:380, 20:380]).mean() < 12
    assert result.picture.dpi == (200.0, 300.0)


@pytest.mark.parametrize(
    "corners",
    ["0,0,1,0,1,1", "0,0,1,0,1,1,0,2", "0,0,1,1,1,0,0,1", "0,0,0,1,1,1,1,0", "a", ",".join(["0,0,1,0,1,1,0,1"] * 25)],
)
def test_corners_that_are_none_are_refused_in_words(corners):
    with pytest.raises(ServiceError) as caught:
        SERVICE.parse_options({"corners": corners})
    assert caught.value.field == "corners"
