"""The whole story in a real browser: sign up with a mailed code, upload, run each tool, compare, download."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import (
    PASSWORD,
    PICTURES,
    download,
    member,
    read_mailed_code,
    register,
    sign_in,
    start,
    wait_until_done,
)

RUNS = {
    "deblur": ("coffee.jpg", {}),
    "colorize": ("chelsea.jpg", {}),
    "background": ("astronaut.jpg", {"background": "blue"}),
    "adjust": ("rocket.jpg", {"brightness": "1.4"}),
}


@pytest.fixture(scope="module")
def person(chromium, site):
    """A registered person's signed-in browser."""
    with member(chromium, site, "story@example.com") as page:
        yield page


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


def grey_copy(picture, folder):
    path = folder / "grey.jpg"
    Image.open(picture).convert("L").save(path, quality=92)
    return path


def shaken_copy(picture, folder):
    """As if the hand had moved by nine pixels: deblur leaves a sharp photo alone."""
    sharp = np.pad(np.asarray(Image.open(picture).convert("RGB")).astype(float), ((0, 0), (4, 4), (0, 0)), "edge")
    moved = np.mean([sharp[:, shift : sharp.shape[1] - 8 + shift] for shift in range(9)], axis=0)
    path = folder / "shaken.jpg"
    Image.fromarray(moved.round().astype(np.uint8)).save(path, quality=95)
    return path


COPIES = {"colorize": grey_copy, "deblur": shaken_copy}


@pytest.mark.parametrize("service", RUNS)
def test_a_person_runs_a_tool_compares_and_downloads(person, service, tmp_path):
    name, options = RUNS[service]
    picture = COPIES[service](PICTURES / name, tmp_path) if service in COPIES else PICTURES / name
    start(person, service, picture, **options)
    wait_until_done(person)
    slider = person.locator("compare-slider input[type=range]")
    before = slider.input_value()
    slider.focus()
    person.keyboard.press("ArrowLeft")
    expect(slider).not_to_have_value(before)
    result = pixels(download(person, "png"))
    original = np.asarray(Image.open(picture).convert("RGB")).astype(float)
    assert result.shape == original.shape
    assert np.abs(result - original).mean() > 0.5
    assert Image.open(io.BytesIO(download(person, "webp"))).format == "WEBP"


def test_history_shows_the_runs_and_forgets_a_deleted_one(person):
    start(person, "adjust", PICTURES / "coffee.jpg", transform="90")
    job = wait_until_done(person, "compare-slider[data-turn='90']")
    person.goto("/story@example.com/history")
    link = person.locator(f"a[href$='{job}']").first
    expect(link).to_be_visible()
    link.click()
    person.locator(".delete > summary").click()
    person.locator("form[action$='/deletion'] button").first.click()
    person.wait_for_url("**/history")
    assert person.goto(f"/story@example.com/jobs/{job}").status == 404


def test_the_same_story_without_script(new_page, site):
    page = new_page(java_script_enabled=False)
    register(page, site, "23456789")
    start(page, "adjust", PICTURES / "rocket.jpg", transform="180")
    wait_until_done(page)  # the page asks again by itself
    assert pixels(download(page, "jpeg")).shape == (427, 640, 3)


def test_a_forgotten_password_is_replaced_by_a_mailed_code(new_page, site):
    page = new_page()
    register(page, site, "forgetful@example.com")
    page.context.clear_cookies()
    page.goto("/reset")
    page.fill("[name=username]", "forgetful@example.com")
    page.fill("[name=code]", read_mailed_code(page, site, "forgetful@example.com"))
    page.fill("[name=password]", "Another-lamp-7")
    page.fill("[name=confirm]", "Another-lamp-7")
    page.click("form[action$='/reset'] button.wide")
    page.wait_for_url("**/login")
    sign_in(page, "forgetful@example.com", "Another-lamp-7")
    assert PASSWORD not in page.content()


def test_every_fault_is_told_beside_its_field(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/register")
    page.fill("[name=username]", "not a name")
    page.fill("[name=code]", "000000")
    page.fill("[name=password]", "short")
    page.fill("[name=confirm]", "other")
    page.locator("form[action$='/register'] button.wide").click()
    for field in ("username", "password", "confirm"):
        box = page.locator(f"[name={field}]")
        expect(box).to_have_attribute("aria-invalid", "true")
        assert page.locator(f"#{box.get_attribute('aria-describedby').split()[-1]}").inner_text().strip()
