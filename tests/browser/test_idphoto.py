"""An ID photo in a real browser: from the upload to the printed sheet, its millimetres read back from the files."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import PICTURES, choose, download, member, start, wait_until_done


@pytest.fixture(scope="module")
def person(chromium, site):
    with member(chromium, site, "idphoto@example.com") as page:
        yield page


def millimetres(data: bytes) -> tuple[float, float]:
    image = Image.open(io.BytesIO(data))
    across, down = (float(value) for value in image.info["dpi"])
    return image.width / across * 25.4, image.height / down * 25.4


def test_a_person_makes_an_id_photo_and_a_sheet_to_print(person):
    start(person, "idphoto", PICTURES / "astronaut.jpg", size="cn2", background="blue", sheet="5inch")
    wait_until_done(person)
    photo = download(person, "jpeg")
    assert millimetres(photo) == pytest.approx((35, 49), abs=0.1)
    corner = Image.open(io.BytesIO(photo)).convert("RGB").getpixel((3, 3))
    assert corner == pytest.approx((67, 142, 219), abs=6)
    with person.expect_download() as waiting:
        person.locator("a[href$='sheet-5inch.jpg']").click()
    assert sorted(millimetres(Path(waiting.value.path()).read_bytes())) == pytest.approx([88.9, 127], abs=0.1)
    expect(person.locator("a[href$='sheet-5inch.pdf']")).to_have_count(1)


def test_the_colour_of_the_background_may_be_typed_as_a_code(person):
    person.goto("/tools/idphoto")
    choose(person, "background", "custom")
    colour, code = person.locator("[name=colour]"), person.locator("colour-code input[type=text]")
    expect(code).to_have_value("#ffffff")
    code.fill("438EDB")
    expect(colour).to_have_value("#438edb")
    code.fill("#abc")
    code.blur()
    expect(colour).to_have_value("#aabbcc")
    expect(code).to_have_value("#aabbcc")


def test_what_is_no_code_of_a_colour_makes_way_for_the_colour(person):
    person.goto("/tools/idphoto")
    choose(person, "background", "custom")
    code = person.locator("colour-code input[type=text]")
    code.fill("sky")
    code.blur()
    expect(code).to_have_value("#ffffff")
    expect(person.locator("[name=colour]")).to_have_value("#ffffff")
