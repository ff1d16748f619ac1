"""Only here in a real browser: from a result to its canvas, painted, seen at once, saved as a new version."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import PHONE, PICTURES, download, member, start, until, wait_until_done
from tests.browser.test_drawing import stroke

PHOTO = PICTURES / "coffee.jpg"
NAME = "onlyhere@example.com"
READ = """() => {
  const canvas = document.querySelector('.only-here');
  return [canvas.width, canvas.height, canvas.toDataURL('image/png').split(',')[1]];
}"""


@pytest.fixture(scope="module")
def person(chromium, site):
    with member(chromium, site, NAME, viewport={"width": 1440, "height": 900}) as page:
        yield page


@pytest.fixture(scope="module")
def darker(person) -> str:
    """The address of a job that made the photo much darker."""
    start(person, "adjust", PHOTO, brightness="0.3")
    wait_until_done(person)
    return person.url


@pytest.fixture(scope="module")
def saved(person, darker) -> str:
    """The address of a picture of which the upper left corner is the darker job's."""
    person.goto(darker)
    person.locator(".compare-tools").get_by_role("link", name="Only here").click()
    person.locator("drawing-surface.is-ready").wait_for()
    stroke(person, (0.1, 0.1), (0.2, 0.1))
    until(person, "document.querySelector('[name=mask]').files.length === 1")
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    return person.url


def read_preview(page) -> np.ndarray:
    width, height, data = page.evaluate(READ)
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    assert image.size == (width, height)
    return np.asarray(image).astype(int)


def test_a_result_counts_where_a_person_paints_and_is_saved_as_it_was_seen(person, darker):
    person.goto(darker)
    person.locator(".compare-tools").get_by_role("link", name="Only here").click()
    person.locator("drawing-surface.is-ready").wait_for()
    expect(person.locator(".only-here")).to_be_visible()
    stroke(person, (0.1, 0.5), (0.4, 0.5), (0.4, 0.7))
    until(person, "document.querySelector('[name=mask]').files.length === 1")
    photo = np.asarray(Image.open(PHOTO).convert("RGB")).astype(int)
    seen = read_preview(person)
    assert seen.shape == photo.shape and np.abs(seen - photo)[:, 400:].max() < 60  # a preview of the photo itself
    expect(person.locator(".start")).to_have_text("Save as a new version")
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    saved = np.asarray(Image.open(io.BytesIO(download(person, "png"))).convert("RGB")).astype(int)
    painted = np.abs(saved - photo).max(2) > 0
    assert 0.01 < painted.mean() < 0.3 and not painted[:, 400:].any(), "what was not painted stays bit for bit"
    assert np.abs(saved - seen).mean() < 4 and np.abs(saved - seen)[painted].mean() < 8
    expect(person.locator(".job .changes")).to_contain_text("What you did not paint is the original’s")


def test_one_place_leads_to_it_at_a_desk(person, darker):
    person.goto(darker)
    expect(person.locator("compare-slider:defined").first).to_be_visible()
    assert [link.is_visible() for link in person.get_by_role("link", name="Only here").all()] == [True]


def test_the_keyboard_paints_and_another_version_can_stay_elsewhere(person, darker):
    person.goto(darker)
    person.fill("[name=brightness]", "1")
    person.fill("[name=tint]", "80")
    person.click("form[enctype] .start")
    until(person, f"location.href !== '{darker}'")
    wait_until_done(person)
    person.goto(darker)
    person.locator(".compare-tools").get_by_role("link", name="Only here").focus()
    person.keyboard.press("Enter")
    person.locator("drawing-surface.is-ready").wait_for()
    until(person, "document.querySelector('only-here').edited")
    until(person, "document.querySelector('only-here').timer === null")
    before = read_preview(person)
    person.locator("drawing-brush").focus()
    person.keyboard.press("Space")
    until(person, "document.querySelector('[name=mask]').files.length === 1")
    middle = before.shape[0] // 2, before.shape[1] // 2
    until(person, "document.querySelector('only-here').timer === null")
    assert read_preview(person)[middle].sum() < before[middle].sum() - 30
    person.get_by_label("What stays elsewhere", exact=True).select_option(index=1)
    until(person, "document.querySelector('only-here').elsewhere")
    until(person, "document.querySelector('only-here').timer === null")
    assert np.abs(read_preview(person) - before)[:, -100:].mean() > 5
    person.keyboard.press("Control+z")


@pytest.mark.parametrize("settings", [PHONE, {"viewport": {"width": 1440, "height": 900}}], ids=["phone", "desk"])
def test_its_button_fits_its_words_beside_download(person, site, saved, settings):
    page = person.context.browser.new_page(base_url=site.url, storage_state=person.context.storage_state(), **settings)
    page.goto(saved)
    button = page.locator(".start")
    expect(button).to_have_text("Save as a new version")
    assert button.evaluate("button => [button.scrollWidth <= button.clientWidth, button.clientHeight < 60]") == [
        True,
        True,
    ]
    page.close()


@pytest.mark.parametrize("settings", [PHONE, {"java_script_enabled": False}], ids=["phone", "no script"])
def test_it_fits_a_phone_and_works_without_script(chromium, site, person, darker, settings):
    page = person.context.browser.new_page(base_url=site.url, storage_state=person.context.storage_state(), **settings)
    page.goto(darker)
    page.locator(".touches").get_by_role("link", name="Only here").click()
    if "has_touch" in settings:
        page.locator("drawing-surface.is-ready").wait_for()
        expect(page.locator(".start")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    else:
        mask = np.zeros((40, 60), np.uint8)
        mask[:, :30] = 255
        out = io.BytesIO()
        Image.fromarray(mask).save(out, "PNG")
        page.set_input_files("[name=mask]", {"name": "m.png", "mimeType": "image/png", "buffer": out.getvalue()})
        page.click("form[enctype] .start")
        page.wait_for_url("**/jobs/*")
        wait_until_done(page)
        assert page.locator(".changes").count() == 1
    page.close()
