"""Adjust in the browser while a control moves, against what the server computes."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import services
from imaging.adjusting import shape
from imaging.io.files import Picture
from services.base import ignore_progress
from tests.browser.people import PICTURES

DRAW = """async ([address, wanted]) => {
  const { drawShaped } = customElements.get("adjust-shape");
  const { applyTables, makeTables } = customElements.get("adjust-tones");
  const image = Object.assign(new Image(), { src: address });
  await image.decode();
  const [source, canvas] = [0, 0].map(() => document.createElement("canvas"));
  Object.assign(source, { width: image.naturalWidth, height: image.naturalHeight });
  source.getContext("2d").drawImage(image, 0, 0);
  drawShaped(canvas, source, wanted);
  applyTables(canvas, makeTables(wanted));
  return canvas.toDataURL();
}"""


EXACT = [
    {"brightness": 1.7},
    {"contrast": 1.6},
    {"temperature": 65, "tint": -30},
    {"brightness": 1.3, "contrast": 0.4, "temperature": -100, "tint": 100},
    *({"transform": way} for way in ("90", "180", "270", "mirror_horizontal", "mirror_vertical")),
    {"transform": "90", "crop": [0.1, 0.25, 0.5, 0.333]},
]
TURNED = [
    {"straighten": 3},
    {"straighten": -7.3},
    {"straighten": 20},
    {"straighten": 3.1, "crop": [0.2, 0.2, 0.5, 0.4], "transform": "270"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A photo without loss, so that two decoders see the same; its sides are odd and even."""
    folder = tmp_path_factory.mktemp("pictures")
    with Image.open(PICTURES / "coffee.jpg") as image:
        image.crop((0, 0, 599, 400)).save(folder / "coffee.png")
    return folder


@pytest.fixture
def compare(new_bench_page, workbench, folder):
    """Return by how much the preview differs from the server's result, int (H, W, 3)."""
    page = new_bench_page()
    workbench.show(page, "", folder)
    with Image.open(folder / "coffee.png") as image:
        photo = Picture(np.asarray(image))
    adjust = services.get("adjust")

    def differ(wanted: dict) -> np.ndarray:
        url = page.evaluate(DRAW, ["/bench/pictures/coffee.png", wanted])
        with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
            shown = np.asarray(image.convert("RGB")).astype(int)
        raw = wanted | ({"crop": ",".join(map(str, wanted["crop"]))} if "crop" in wanted else {})
        made = adjust.run(photo, adjust.parse_options(raw), ignore_progress).picture.pixels
        assert shown.shape == made.shape
        return np.abs(shown - made)

    return differ


def test_every_control_of_adjust_is_compared():
    names = {option.name for option in services.get("adjust").options}
    assert {name for wanted in EXACT + TURNED for name in wanted} == names
    transform = next(option for option in services.get("adjust").options if option.name == "transform")
    compared = {wanted.get("transform") for wanted in EXACT + TURNED}
    assert compared - {None} == {choice.value for choice in transform.choices} - {"none"}


def test_colours_turns_and_crops_are_the_servers_own_to_the_last_value(compare):
    """Both look the colours up in the same tables, and turning by a quarter only moves pixels: no tolerance."""
    for wanted in EXACT:
        assert compare(wanted).max() == 0, wanted


def test_a_straightened_preview_differs_by_its_interpolation_alone(compare, monkeypatch):
    """The browser interpolates linearly, the server with a cubic: on fine grain they differ by two levels on average.

    With the server's interpolation made linear they agree to half a level, so the places are the same; a turn by
    0.3 degrees more, on this photo, differs by five to ten levels on average.
    """
    for wanted in TURNED:
        assert compare(wanted).mean() < 2.2, wanted
    monkeypatch.setattr(shape, "RESAMPLING", Image.Resampling.BILINEAR)
    for wanted in TURNED:
        assert compare(wanted).mean() < 0.5, wanted
