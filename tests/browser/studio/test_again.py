"""What is done with a result in the studio: an alternative, another mask, dabs of colour, a run all the same."""

import io
import json
import sqlite3
from contextlib import closing

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.people import DESK, PICTURES, member, wait_until_done

NAME = "again@example.com"
DEVICES = {
    "desktop": DESK,
    "phone": {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    with member(chromium, site, NAME) as page:
        yield page.context.storage_state()


@pytest.fixture(params=DEVICES.values(), ids=DEVICES)
def page(request, new_page, signed_in):
    page = new_page(storage_state=signed_in, **request.param)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= request.param["viewport"]["width"]


def rows(site, query: str, *values) -> list[tuple]:
    with closing(sqlite3.connect(site.instance / "revive.db", timeout=60, isolation_level=None)) as database:
        return database.execute(query, values).fetchall()


def start_job(page) -> str:
    """Press Start; return the id of the job that comes onto the stage."""
    page.click(".start")
    return page.locator(".job").get_attribute("data-job")


def mask() -> dict:
    """A mask over a corner of a picture of 120 x 80, as a file."""
    image = Image.new("L", (120, 80))
    ImageDraw.Draw(image).rectangle((80, 50, 100, 65), fill=255)
    out = io.BytesIO()
    image.save(out, "PNG")
    return {"name": "mask.png", "mimeType": "image/png", "buffer": out.getvalue()}


def small_picture() -> dict:
    out = io.BytesIO()
    Image.open(PICTURES / "coffee.jpg").resize((120, 80)).save(out, "JPEG")
    return {"name": "small.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_another_alternative_is_picked_in_place(page):
    page.goto("/tools/inpaint")
    page.set_input_files("#image", small_picture())
    page.locator("drawing-surface.is-ready").wait_for()
    page.set_input_files("#mask", mask())
    page.fill("[name=answers]", "2")
    start_job(page)
    job = wait_until_done(page)
    page.evaluate("window.sameDocument = true")
    shown = page.locator(".job .compare-after img").get_attribute("src")
    page.locator(".alternative[aria-pressed=false]").click()
    page.locator(".alternative[value='1'][aria-pressed=true]").wait_for()
    expect(page.locator(".job .compare-after img")).not_to_have_attribute("src", shown)
    expect(page.locator(".job")).to_have_attribute("data-job", job)
    assert page.evaluate("window.sameDocument")


def test_a_mask_is_remembered_for_the_next_run_unless_one_says_no(page, site, paused_queue):
    page.goto("/tools/inpaint")
    page.set_input_files("#image", small_picture())
    page.locator("drawing-surface.is-ready").wait_for()
    page.set_input_files("#mask", mask())
    first = start_job(page)
    page.reload()
    expect(page.locator("[data-former=mask]")).to_be_visible()
    page.locator("mode-bar [data-mode=mask]").click()
    page.locator("drawing-surface.is-ready[start*='/uploads/mask']").wait_for()
    page.click(".start")
    page.wait_for_function("id => (document.querySelector('.job')?.dataset.job ?? id) !== id", arg=first)
    second = page.locator(".job").get_attribute("data-job")
    assert json.loads(rows(site, "SELECT options FROM jobs WHERE id = ?", second)[0][0])["mask"] == "mask.png"
    page.reload()
    page.locator("[data-former=mask] input").check()
    page.click(".start")
    expect(page.locator("[data-option=mask] .field-error")).to_contain_text("paint over")


def test_a_reference_is_shown_counts_again_and_can_be_taken_away(page, site, paused_queue):
    page.goto("/tools/colorize")
    page.set_input_files("#image", PICTURES / "chelsea.jpg")
    clear = page.locator("[data-option=reference] photo-clear button")
    expect(clear).to_be_hidden()
    page.set_input_files("#reference", PICTURES / "coffee.jpg")
    expect(page.locator("#reference-facts")).to_contain_text("coffee.jpg")
    first = start_job(page)
    assert json.loads(rows(site, "SELECT options FROM jobs WHERE id = ?", first)[0][0])["reference"] == "reference.jpg"
    clear.click()
    expect(page.locator("#reference")).to_be_focused()
    expect(clear).to_be_hidden()
    expect(page.locator("[data-former=reference] input")).to_be_checked()
    page.click(".start")
    page.wait_for_function("id => (document.querySelector('.job')?.dataset.job ?? id) !== id", arg=first)
    second = page.locator(".job").get_attribute("data-job")
    assert json.loads(rows(site, "SELECT options FROM jobs WHERE id = ?", second)[0][0])["reference"] is None


def test_dabs_of_colour_go_with_the_run(page, site, paused_queue):
    page.goto("/tools/colorize")
    page.set_input_files("#image", PICTURES / "coffee.jpg")
    page.locator("mode-bar [data-mode=hints]").click()
    page.locator("#drawn-hints drawing-surface.is-ready").wait_for()
    brush = page.locator("#drawn-hints .drawing-frame")
    brush.focus()
    for key in ("ArrowRight", "Space", "ArrowDown"):
        page.keyboard.press(key)
    job = start_job(page)
    assert json.loads(rows(site, "SELECT options FROM jobs WHERE id = ?", job)[0][0])["hints"]
    hints = Image.open(io.BytesIO(page.request.get(f"/{NAME}/jobs/{job}/uploads/hints").body()))
    assert hints.mode == "RGBA" and 0 < sum(alpha > 0 for alpha in hints.getchannel("A").getdata()) < 20_000


def test_what_a_tool_declined_is_run_all_the_same(page, site, paused_queue):
    page.goto("/tools/adjust")
    page.set_input_files("#image", PICTURES / "rocket.jpg")
    page.fill("[name=brightness]", "1.2")
    job = start_job(page)
    declined = "UPDATE jobs SET service='deblur', status='done', verdict='no_motion_blur', options='{}' WHERE id = ?"
    rows(site, declined, job)
    page.goto(f"/{NAME}/jobs/{job}")
    expect(page.locator(".verdict")).to_contain_text("No motion blur")
    expect(page.locator(".job")).to_have_attribute("data-news", "There is no result. The page says why.")
    page.get_by_role("button", name="Run anyway").click()
    page.wait_for_function("id => (document.querySelector('.job')?.dataset.job ?? id) !== id", arg=job)
    again = page.locator(".job").get_attribute("data-job")
    service, options, parent = rows(site, "SELECT service, options, parent_id FROM jobs WHERE id = ?", again)[0]
    assert (service, parent, json.loads(options)["anyway"]) == ("deblur", job, True)
    expect(page.locator("[name=anyway][type=checkbox]")).to_be_checked()


def test_finished_files_are_listed_and_downloaded(page):
    page.goto("/tools/idphoto")
    page.set_input_files("#image", PICTURES / "astronaut.jpg")
    page.locator("[name=sheet][value='6inch']").check(force=True)
    page.click(".start")
    wait_until_done(page)
    with page.expect_download() as waiting:
        page.locator(".finished a", has_text="PDF").click()
    assert waiting.value.suggested_filename.endswith(".pdf")
