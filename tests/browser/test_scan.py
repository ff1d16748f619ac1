"""A scanned page with three prints becomes three photos, with script and without."""

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import DONE_MS, PHONE, choose, follow, member, open_page, start, wait_until_done
from tests.imaging.scanning.pages import make_page

NAME = "shoebox-scan@example.com"


@pytest.fixture(scope="module")
def person(chromium, site):
    with member(chromium, site, NAME) as page:
        yield page


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.png"
    Image.fromarray(make_page()[0]).save(path)
    return path


def read_corners(page) -> np.ndarray:
    return np.array(page.locator("[name=corners]").input_value().split(","), float).reshape(-1, 4, 2)


def test_a_page_with_three_prints_becomes_three_photos_whose_corners_can_be_dragged(chromium, site, person, page_file):
    start(person, "scan", page_file, upright="keep")
    wait_until_done(person, ".alternatives li:nth-child(3)")
    person.locator("button[data-mode=corners]").first.click()
    outlines = person.locator("corners-picker.is-ready print-outline")
    expect(outlines).to_have_count(3)
    corner = outlines.first.get_by_role("button").first
    expect(corner).to_have_accessible_name("Print 1, corner 1: 11 % from the left, 7 % from the top")
    corner.focus()
    person.keyboard.press("Shift+ArrowRight")
    moved = read_corners(person)
    assert moved[0][0] == pytest.approx(make_page()[1][0][0] / (640, 800) + (0.02, 0), abs=0.005)
    handle, pad = (
        outlines.nth(1).get_by_role("button").nth(2).bounding_box(),
        person.locator(".outlines").bounding_box(),
    )
    middle = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    person.mouse.move(*middle)
    person.mouse.down()
    person.mouse.move(middle[0] + 0.05 * pad["width"], middle[1] + 0.1 * pad["height"], steps=3)
    person.mouse.up()
    assert read_corners(person)[1][2] - moved[1][2] == pytest.approx([0.05, 0.1], abs=0.01)
    person.get_by_role("button", name="Remove this print").click()
    person.get_by_role("button", name="Add a print").click()
    assert len(read_corners(person)) == 3
    person.get_by_role("button", name="Remove this print").click()
    person.locator("form[enctype] .start").click()
    wait_until_done(person, ".alternatives li:nth-child(2)")
    expect(person.locator(".alternatives li")).to_have_count(2)

    still = open_page(
        chromium, site.url, storage_state=person.context.storage_state(), java_script_enabled=False, **PHONE
    )
    still.goto(person.url)
    still.locator(".alternative").nth(1).click()
    expect(still.locator(".alternative").nth(1)).to_have_attribute("aria-pressed", "true")
    follow(still, still.get_by_role("button", name="Make an album of them"))
    expect(still.locator(".frame")).to_have_count(2)
    still.context.close()
    person.goto(f"/{NAME}/albums")
    person.locator("a", has=person.locator(".album-name")).first.click()
    expect(person.locator(".frame-name")).to_have_text(["page 1", "page 2"])
    person.locator("album-progress").wait_for(state="detached", timeout=DONE_MS)


def test_a_page_with_three_prints_becomes_three_restored_photos_in_one_album(person, tmp_path):
    page, _corners = make_page()
    faded = np.rint(60 + page * (0.7, 0.66, 0.55)).astype(np.uint8)
    Image.fromarray(faded).save(tmp_path / "shoebox.png")
    start(person, "scan", tmp_path / "shoebox.png", upright="keep")
    wait_until_done(person, ".alternatives li:nth-child(3)")
    follow(person, person.get_by_role("button", name="Make an album of them"))
    expect(person.locator(".frame-name")).to_have_text(["shoebox 1", "shoebox 2", "shoebox 3"])
    follow(person, person.get_by_role("navigation", name="Pick a tool").get_by_role("link", name="Restore"))
    person.get_by_role("button", name="Start with 3 photos").click()
    person.wait_for_url(lambda url: "tool=" not in url, timeout=DONE_MS)
    person.locator("album-progress").wait_for(state="detached", timeout=DONE_MS)
    expect(person.locator(".frame-stack")).to_have_count(3)
    for number in range(3):
        expect(person.locator(".frame").nth(number)).to_contain_text("Done: Fading and yellowing")


def test_the_outlines_can_be_looked_at_and_moved_before_anything_is_cut_out(person, page_file):
    person.goto("/tools/scan")
    person.set_input_files("[name=image]", page_file)
    choose(person, "upright", "keep")
    person.get_by_role("checkbox", name="Only show what would be cut out").check(force=True)
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    expect(person.locator(".alternatives li")).to_have_count(0)
    person.locator("button[data-mode=corners]").first.click()
    outlines = person.locator("corners-picker.is-ready print-outline")
    expect(outlines).to_have_count(3)
    outlines.first.get_by_role("button").first.focus()
    person.keyboard.press("Shift+ArrowRight")
    person.locator("form[enctype] .start").click()
    wait_until_done(person, ".alternatives li:nth-child(3)")
