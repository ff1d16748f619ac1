"""ID photos: exact sizes read back from the files, the head where it belongs, honest words where it cannot be."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

import services
from docs import id_sizes
from imaging.idphoto import faces
from imaging.idphoto.heads import find_head
from imaging.io.files import Picture, encode
from services import inference
from services.base import CACHE, InvalidOption, ignore_progress
from services.idphoto import sizes
from tests.imaging.face_points import face_points
from tests.imaging.idphoto.test_heads import person
from tests.services.conftest import replace_networks_for_people

HEIGHT, WIDTH = 1200, 900
ALPHA = person(HEIGHT, WIDTH, head=300, centre=440, crown=220)
MASK = Picture(np.dstack([ALPHA] * 3))
PHOTO = np.random.default_rng(0).integers(0, 120, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def run(picture=Picture(PHOTO, format="jpeg"), cache=None, **chosen):
    service = services.get("idphoto")
    return service.run(picture, service.parse_options(chosen) | {CACHE: cache or {}}, ignore_progress)


def find_drawn_face(rgb, network):
    """The drawn person's face: eyes a little above the middle of the head, in a photo of any size."""
    scale = rgb.shape[0] / HEIGHT
    return [faces.Face(face_points(440 * scale, 376 * scale, 140 * scale), 5.0, 0.01)], 0


@pytest.fixture(autouse=True)
def somebody(monkeypatch):
    """The networks find a drawn person and its face, in the photo and in its mirror image."""
    monkeypatch.setattr(faces, "find_faces", find_drawn_face)

    def found(tensor):
        square = np.asarray(Image.fromarray(ALPHA).resize(tensor.shape[2:])) / np.float32(255)
        return torch.from_numpy(np.stack([square, square[:, ::-1]]))[:, None]

    replace_networks_for_people(monkeypatch, found)


CACHED: dict[str, bytes] = {}


def find_once() -> dict[str, bytes]:
    """Return what a run has found in the photo: another size of it need not look again."""
    if not CACHED:
        CACHED.update(run(size="cn1").cache)
    return dict(CACHED)


def read_back(picture: Picture, format: str) -> tuple[float, float]:
    """Width and height in millimetres as the file says."""
    image = Image.open(io.BytesIO(encode(picture, format)))
    across, down = image.info["dpi"]
    return image.width / float(across) * 25.4, image.height / float(down) * 25.4


@pytest.mark.parametrize("row", sizes.SIZES, ids=lambda row: row.key)
def test_every_size_has_its_millimetres_and_a_head_that_fits_in_it(row):
    assert row.source and row.date[:2] == "20" and len(row.label) > 5
    assert 0 < row.head[0] <= row.head[1] and row.top > 0 and row.head[1] + row.top < row.height
    picture = run(size=row.key, background="white", cache=find_once()).picture
    for format in ("jpeg", "png"):
        assert np.allclose(read_back(picture, format), (row.width, row.height), atol=25.4 / 300 / 2 + 0.01)


def test_pixels_are_millimetres_times_dpi():
    assert run(size="cn1").picture.pixels.shape == (413, 295, 3)
    assert run(size="cnid", dpi="350").picture.pixels.shape == (441, 358, 3)
    assert run(size="us", background="white", dpi="600").picture.pixels.shape == (1200, 1200, 3)


def test_there_are_sizes_of_at_least_twelve_countries_and_the_chinese_ones():
    measures = {(row.key, row.width, row.height) for row in sizes.SIZES}
    assert {("cn1", 25, 35), ("cn2", 35, 49)} <= measures
    assert len([row for row in sizes.SIZES if len(row.key) == 2]) >= 12
    assert len({row.key for row in sizes.SIZES}) == len(sizes.SIZES)


@pytest.mark.parametrize("key", ["cn1", "icao", "us", "nl", "hk"])
def test_the_head_has_the_size_and_the_place_that_the_document_asks_for(key):
    row = sizes.find_size(key)
    result = run(size=key, background="custom", colour="#00ff00", mask=MASK).picture.pixels
    alpha = np.where(result[:, :, 1] > 160, np.uint8(0), np.uint8(255))
    millimetre = result.shape[0] / row.height
    head = find_head(alpha)
    assert head.crown / millimetre == pytest.approx(row.top, abs=1.0)
    assert row.head[0] - 1.5 <= head.height / millimetre <= row.head[1] + 1.5
    assert head.centre / millimetre == pytest.approx(row.width / 2, abs=1.0)


def test_where_a_replaced_background_is_refused_the_photo_is_only_cropped_and_sized():
    result = run(size="gb")
    assert result.verdict != "altered"
    assert result.picture.pixels.max() < 200 and result.picture.pixels.std() > 5  # noise to its corners


def test_a_frame_without_anybody_in_it_gives_no_blank_photo():
    result = run(size="cn1", frame="0,0,0.1,0.12")
    assert result.picture is None and result.verdict == "frame_empty"
    assert run(size="cn1", background="keep", frame="0,0,0.1,0.12").picture is not None


def test_that_an_office_will_refuse_the_photo_is_said_whatever_else_there_is_to_say():
    assert run(size="us", background="white", kilobytes="5").verdict == "altered_and_too_many_kilobytes"
    cut = Picture(np.dstack([PHOTO, ALPHA]))
    assert run(cut, size="us").verdict == "altered"


def test_a_background_that_will_be_refused_is_made_with_a_warning():
    result = run(size="gb", background="white")
    assert result.picture is not None and result.verdict == "altered"
    assert "crop and size only" in services.get("idphoto").verdicts["altered"]


def test_a_drawn_frame_is_what_is_shown_and_needs_no_network(monkeypatch):
    monkeypatch.setattr(inference.networks, "get", lambda name: pytest.fail("it was asked"))
    pixels = np.zeros((1000, 1000, 3), np.uint8)
    pixels[100:460, 200:480] = 200  # 280 x 360, as 35 : 45
    result = run(Picture(pixels), size="icao", background="keep", frame="0.2,0.1,0.28,0.36")
    assert (result.picture.pixels > 140).all() and (result.picture.pixels[9:-9, 9:-9] == 200).all()


def test_nobody_and_no_head_are_said_and_no_photo_is_made(monkeypatch):
    monkeypatch.setattr(faces, "find_faces", lambda rgb, network: ([], 0))
    replace_networks_for_people(monkeypatch, lambda tensor: torch.zeros_like(tensor[:, :1]))
    assert (run().picture, run().verdict) == (None, "no_person_found")
    replace_networks_for_people(monkeypatch, lambda tensor: torch.ones_like(tensor[:, :1]))
    assert (run().picture, run().verdict) == (None, "no_head_found")


def test_a_head_too_close_to_the_edge_is_said():
    tight = Picture(PHOTO[:, 300:600])
    mask = Picture(np.dstack([np.ascontiguousarray(ALPHA[:, 300:600])] * 3))
    assert run(tight, size="us", mask=mask, background="keep").verdict == "too_tight"


def test_a_photo_with_too_few_pixels_is_made_and_it_is_said():
    small = Picture(PHOTO[::6, ::6])
    assert run(small, size="cn2").verdict == "enlarged"
    assert run(size="cn1").verdict == ""


@pytest.mark.parametrize("paper, sides", [("5inch", (88.9, 127)), ("6inch", (101.6, 152.4)), ("a4", (210, 297))])
def test_a_sheet_has_the_size_of_its_paper(paper, sides):
    files = {file.name: file for file in run(sheet=paper).files}
    assert files[f"sheet-{paper}.pdf"].data.startswith(b"%PDF")
    image = Image.open(io.BytesIO(files[f"sheet-{paper}.jpg"].data))
    assert image.info["dpi"] == (300, 300)
    assert np.allclose(sorted(side / 300 * 25.4 for side in image.size), sides, atol=0.1)


def test_a_file_within_the_kilobytes_has_the_size_the_dpi_and_no_metadata():
    file = run(size="cn1", kilobytes="25").files[0]
    assert file.name == "photo.jpg" and 10_000 < len(file.data) <= 25_000
    image = Image.open(io.BytesIO(file.data))
    assert image.size == (295, 413) and image.info["dpi"] == (300, 300) and not image.getexif()


def test_a_file_that_cannot_be_so_small_is_left_out_and_that_is_said():
    result = run(size="us", background="keep", kilobytes="5")
    assert result.picture is not None and result.files == () and result.verdict == "too_many_kilobytes"


def test_another_size_of_the_same_photo_does_not_ask_the_network_again(monkeypatch):
    first = run(size="cn1")
    monkeypatch.setattr(inference.networks, "get", lambda name: pytest.fail("it was asked"))
    assert run(size="cn2", background="blue", cache=first.cache).picture.pixels.shape == (579, 413, 3)


def test_the_page_of_sizes_is_made_from_the_table():
    assert id_sizes.PAGE.read_text(encoding="utf-8") == id_sizes.page()


@pytest.mark.parametrize(
    "frame",
    [
        "1,1,0.000001,0.000001",
        "0,0,1,0.0001",
        "nan,0,0.5,0.5",
        "0,0,0.5,nan",
        "0.6,0,0.5,1",
        "0,0,1,1,50",
        "0,0,1,1,2,2",
    ],
)
def test_a_frame_without_room_or_outside_is_refused(frame):
    with pytest.raises(InvalidOption):
        services.get("idphoto").parse_options({"frame": frame})
