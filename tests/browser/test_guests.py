"""A visitor tries a tool without an account: with a picture that is too large, and without script."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import installation
from tests.browser.people import DONE_MS, PHONE, PICTURES, open_page, wait_until_done
from tests.browser.test_accessibility import axe, faults  # noqa: F401  # a fixture

ROCKET = PICTURES / "rocket.jpg"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with installation(tmp_path_factory.mktemp("guests"), TRY_WITHOUT_ACCOUNT="yes") as site:
        yield site


@pytest.fixture
def large(tmp_path):
    """A picture of twelve megapixels."""
    with Image.open(ROCKET) as picture:
        picture.convert("RGB").resize((4000, 3000)).save(tmp_path / "large.jpg")
    return tmp_path / "large.jpg"


def test_a_visitor_makes_a_picture_smaller_and_gets_a_result(chromium, site, axe, large):  # noqa: F811
    page = open_page(chromium, site.url, color_scheme="dark", reduced_motion="reduce", **PHONE)
    found = faults(page, axe, "/tools/adjust")
    page.get_by_role("button", name="Try it now").click()
    page.wait_for_url("**/guest-*/adjust")
    page.set_input_files("#image", large)
    facts = page.locator("#image-facts")
    expect(facts).to_have_text("This picture has 12 megapixels; without an account 2 can be taken.")
    expect(page.locator(".start")).to_be_disabled()
    page.get_by_role("button", name="Make it smaller here").click()
    expect(facts).to_have_text(re.compile("large.jpg · JPEG · .* · 1632 × 1224"))
    expect(page.locator("#image")).to_be_focused()
    page.fill("[name=brightness]", "1.4")
    page.locator(".start").click()
    page.wait_for_url("**/jobs/*")
    wait_until_done(page)
    expect(page.get_by_text("Share by a link")).to_have_count(0)
    home = page.url.split("/jobs/")[0]
    found += [
        fault for path in (page.url, f"{home}/", f"{home}/history", "/login") for fault in faults(page, axe, path)
    ]
    page.context.close()
    assert not found, "\n".join(found)


def test_a_visitor_s_batch_becomes_no_album_and_asks_for_none(chromium, site):
    page = open_page(chromium, site.url, **PHONE)
    refused = []
    page.on("response", lambda response: response.status >= 400 and refused.append(response.url))
    page.goto("/tools/adjust")
    page.get_by_role("button", name="Try it now").click()
    page.wait_for_url("**/guest-*/adjust")
    page.fill("[name=brightness]", "1.4")
    page.set_input_files("#image", [ROCKET, PICTURES / "coffee.jpg"])
    page.locator(".start").click()
    page.locator("tray-head [data-part=zip]").wait_for(timeout=DONE_MS)
    expect(page.locator("tray-item[data-state=done]")).to_have_count(2)
    page.goto(f"{page.url.rpartition('/')[0]}/history")
    expect(page.locator(".frame")).to_have_count(2)
    page.locator(".frame-select").first.click()
    expect(page.get_by_role("button", name="Download ZIP")).to_be_visible()
    expect(page.get_by_text("album")).to_have_count(0)
    page.context.close()
    assert not refused


def test_without_script_it_is_said_in_words_and_nothing_lies_on_the_file_field(chromium, site, large):
    page = open_page(chromium, site.url, java_script_enabled=False)
    page.goto("/tools/adjust")
    page.get_by_role("button", name="Try it now").click()
    page.wait_for_url("**/guest-*/adjust")
    field, samples = (page.locator(place).bounding_box() for place in ("#image", ".samples"))
    assert field["y"] + field["height"] <= samples["y"]
    page.set_input_files("#image", large)
    page.fill("[name=brightness]", "1.4")
    page.locator(".start").click()
    expect(page.get_by_text("Without an account a picture may have 2 megapixels.").first).to_be_visible()
    page.context.close()
