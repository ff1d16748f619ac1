"""An ID photo in a real browser: from the upload to the printed sheet, its millimetres read back from the files."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.conftest import from_new_address
from tests.browser.people import PICTURES, download, register, sign_in, start


@pytest.fixture(scope="module")
def member(chromium, site):
    context = chromium.new_context(base_url=site.url, locale="en-US", extra_http_headers=from_new_address())
    page = context.new_page()
    register(page, site, "idphoto@example.com")
    sign_in(page, "idphoto@example.com")
    yield page
    context.close()


def millimetres(data: bytes) -> tuple[float, float]:
    image = Image.open(io.BytesIO(data))
    across, down = (float(value) for value in image.info["dpi"])
    return image.width / across * 25.4, image.height / down * 25.4


def test_a_person_makes_an_id_photo_and_a_sheet_to_print(member):
    start(member, "idphoto", PICTURES / "astronaut.jpg", size="cn2", background="blue", sheet="5inch")
    member.locator("form[action$='/result'] [name=format][value=jpeg]").wait_for(timeout=180_000)
    photo = download(member, "jpeg")
    assert millimetres(photo) == pytest.approx((35, 49), abs=0.1)
    corner = Image.open(io.BytesIO(photo)).convert("RGB").getpixel((3, 3))
    assert corner == pytest.approx((67, 142, 219), abs=6)
    with member.expect_download() as waiting:
        member.locator("a[href$='sheet-5inch.jpg']").click()
    assert sorted(millimetres(Path(waiting.value.path()).read_bytes())) == pytest.approx([88.9, 127], abs=0.1)
    assert member.locator("a[href$='sheet-5inch.pdf']").count() == 1
