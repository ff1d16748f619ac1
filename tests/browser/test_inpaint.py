"""Painting something out of a photo in a real browser: paint, undo, fill, ask for another answer, download."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import from_new_address
from tests.browser.people import PICTURES, choose, download, register, sign_in, until
from tests.browser.test_drawing import stroke

PHOTO = PICTURES / "coffee.jpg"
DONE_MS = 240_000
NAME = "inpaint@example.com"


@pytest.fixture(scope="module")
def member(chromium, site):
    screen = {"width": 1280, "height": 1000}
    context = chromium.new_context(
        base_url=site.url, locale="en-US", viewport=screen, extra_http_headers=from_new_address()
    )
    page = context.new_page()
    register(page, site, NAME)
    sign_in(page, NAME)
    yield page
    context.close()


def painted_job(page) -> None:
    """Put in the photo, paint a wrong stroke, undo it, paint the right one, start; return on the job's page."""
    page.goto("/tools/inpaint")
    page.set_input_files("[name=image]", PHOTO)
    page.locator("drawing-surface.is-ready").wait_for()
    stroke(page, (0.1, 0.1), (0.9, 0.1))
    page.locator("[data-do=undo]").click()
    stroke(page, (0.5, 0.7), (0.7, 0.75))
    page.click("form[enctype] .start")
    page.wait_for_url("**/jobs/*")
    result(page)


def result(page) -> None:
    page.locator("form[action$='/result'] [name=format][value=png]").wait_for(timeout=DONE_MS)


def changed(data: bytes) -> np.ndarray:
    """Return where a downloaded result differs from the photo, bool (H, W)."""
    filled, photo = (np.asarray(Image.open(file).convert("RGB")).astype(int) for file in (io.BytesIO(data), PHOTO))
    return np.abs(filled - photo).max(2) > 0


def test_a_person_paints_something_out_undoes_a_stroke_and_picks_another_answer(member):
    painted_job(member)
    first = download(member, "png")
    places = changed(first)
    assert places.any() and not places[:100].any()  # the undone stroke took nothing
    assert not places[:, :200].any() and places.mean() < 0.2
    address = member.url
    member.get_by_role("button", name="Another answer").click()
    until(member, f"location.href !== '{address}'", 60)
    result(member)
    second = download(member, "png")
    assert second != first
    assert not (changed(second) & ~places)[:100].any()  # the same mask, though it was painted only once


def test_several_answers_stand_beside_each_other_and_one_is_picked(member):
    member.goto("/tools/inpaint")
    member.set_input_files("[name=image]", PHOTO)
    member.locator("drawing-surface.is-ready").wait_for()
    stroke(member, (0.5, 0.7), (0.7, 0.75))
    choose(member, "answers", "2")
    member.click("form[enctype] .start")
    member.wait_for_url("**/jobs/*")
    result(member)
    first = download(member, "png")
    member.locator(".answers button").nth(1).click()
    member.locator(".answers button[aria-pressed=true]").nth(0).wait_for()
    until(member, "document.querySelectorAll('.answers button')[1].ariaPressed === 'true'", 60)
    assert download(member, "png") != first


def test_without_a_mask_the_form_says_what_is_missing(member):
    member.goto("/tools/inpaint")
    member.set_input_files("[name=image]", PHOTO)
    member.locator("drawing-surface.is-ready").wait_for()
    member.click("form[enctype] .start")
    member.get_by_text("Please paint over what is to be filled, or choose a mask.").first.wait_for()
