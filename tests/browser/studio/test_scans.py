"""Scans that the browser cannot show: the server makes a copy to look at and to paint on."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import DESK, PICTURES, member

COFFEE = PICTURES / "coffee.jpg"


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    """The cookies of a registered person."""
    with member(chromium, site, "scans@example.com") as page:
        yield page.context.storage_state()


def test_a_scan_that_the_browser_cannot_show_is_seen_and_painted_on(new_page, signed_in, tmp_path):
    Image.open(COFFEE).save(tmp_path / "scan.tif")
    page = new_page(storage_state=signed_in, **DESK)
    page.goto("/tools/inpaint")
    page.set_input_files("#image", tmp_path / "scan.tif")
    page.locator("#drawn-mask drawing-surface.is-ready").wait_for()  # which opens once the server has decoded it
    page.locator("mode-bar [data-mode='']").click()
    page.locator("#tool .drop-main .drop-preview:not([hidden])").wait_for()
    expect(page.locator("#image-facts")).to_contain_text("scan.tif · TIFF")
    expect(page.locator("#image-facts")).not_to_contain_text("cannot show")
    page.locator("mode-bar [data-mode=mask]").click()
    page.locator("#drawn-mask drawing-surface.is-ready").wait_for()
    assert page.evaluate("document.querySelector('.drawing-picture').width") == 600
