"""The whole story in a real browser: sign up with a mailed code, upload, run each tool, compare, download."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import from_new_address
from tests.browser.people import PASSWORD, PICTURES, download, register, sign_in, start

RUNS = {
    "deblur": ("coffee.jpg", {}),
    "colorize": ("chelsea.jpg", {}),
    "background": ("astronaut.jpg", {"background": "blue"}),
    "adjust": ("rocket.jpg", {"brightness": "1.4"}),
}


@pytest.fixture(scope="module")
def member(chromium, site):
    """A registered person's signed-in browser."""
    context = chromium.new_context(base_url=site.url, locale="en-US", extra_http_headers=from_new_address())
    page = context.new_page()
    register(page, site, "story@example.com")
    sign_in(page, "story@example.com")
    yield page
    context.close()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


def grey_copy(picture, folder):
    path = folder / "grey.jpg"
    Image.open(picture).convert("L").save(path, quality=92)
    return path


def shaken_copy(picture, folder):
    """As if the hand had moved by nine pixels: deblur leaves a sharp photo alone."""
    sharp = np.pad(np.asarray(Image.open(picture).convert("RGB")).astype(float), ((0, 0), (4, 4), (0, 0)), "edge")
    moved = np.mean([sharp[:, shift: sharp.shape[1] - 8 + shift] for shift in range(9)], axis=0)
    path = folder / "shaken.jpg"
    Image.fromarray(moved.round().astype(np.uint8)).save(path, quality=95)
    return path


COPIES = {"colorize": grey_copy, "deblur": shaken_copy}


@pytest.mark.parametrize("service", RUNS)
def test_a_person_runs_a_tool_compares_and_downloads(member, service, tmp_path):
    name, options = RUNS[service]
    picture = COPIES[service](PICTURES / name, tmp_path) if service in COPIES else PICTURES / name
    start(member, service, picture, **options)
    slider = member.locator("compare-slider input[type=range]")
    slider.wait_for(timeout=120_000)
    before = slider.input_value()
    slider.focus()
    member.keyboard.press("ArrowLeft")
    assert slider.input_value() != before
    result = pixels(download(member, "png"))
    original = np.asarray(Image.open(picture).convert("RGB")).astype(float)
    assert result.shape == original.shape
    assert np.abs(result - original).mean() > 0.5
    assert Image.open(io.BytesIO(download(member, "webp"))).format == "WEBP"


def test_history_shows_the_runs_and_forgets_a_deleted_one(member):
    start(member, "adjust", PICTURES / "coffee.jpg", transform="90")
    member.locator("compare-slider[data-turn='90']").wait_for()
    job = member.url
    member.goto("/story@example.com/history")
    link = member.locator(f"a[href$='{job.split('/jobs/')[1]}']").first
    assert link.is_visible()
    link.click()
    member.locator(".delete > summary").click()
    member.locator("form[action$='/deletion'] button").first.click()
    assert member.goto(job).status == 404


def test_the_same_story_without_script(new_page, site):
    page = new_page(java_script_enabled=False)
    register(page, site, "23456789")
    sign_in(page, "23456789")
    start(page, "adjust", PICTURES / "rocket.jpg", transform="180")
    for _ in range(240):
        page.reload()
        if page.locator("form[action$='/result']").count():
            break
        page.wait_for_timeout(500)
    assert pixels(download(page, "jpeg")).shape == (427, 640, 3)


def test_a_forgotten_password_is_replaced_by_a_mailed_code(new_page, site):
    page = new_page()
    register(page, site, "forgetful@example.com")
    page.goto("/reset")
    page.fill("[name=username]", "forgetful@example.com")
    page.click("[formaction$='/reset/code']")
    page.fill("[name=code]", site.newest_code("forgetful@example.com"))
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
        assert box.get_attribute("aria-invalid") == "true"
        assert page.locator(f"#{box.get_attribute('aria-describedby').split()[-1]}").inner_text().strip()
