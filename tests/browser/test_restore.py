"""Restore in a real browser: one press, the steps that it took, and what becomes of it without one of them."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import PICTURES, member, start, until, wait_until_done
from tests.browser.test_drawing import stroke


@pytest.fixture(scope="module")
def person(chromium, site):
    with member(chromium, site, "restore@example.com") as page:
        yield page


@pytest.fixture
def old_print(tmp_path):
    """A small print that has faded."""
    image = Image.open(PICTURES / "coffee.jpg").convert("RGB").resize((300, 200))
    faded = np.rint(70 + np.asarray(image) * (0.62, 0.58, 0.45)).astype(np.uint8)
    Image.fromarray(faded).save(tmp_path / "old.png")
    return tmp_path / "old.png"


def test_the_picture_after_a_step_counts_only_where_a_person_paints(person, old_print):
    start(person, "restore", old_print)
    wait_until_done(person)
    fading = person.locator(".run-step").filter(has_text="Fading and yellowing")
    fading.locator("a").click()
    expect(fading.locator("a")).to_have_attribute("aria-current", "true")
    person.locator(".compare-tools").get_by_role("link", name="Only here").click()
    person.locator("drawing-surface.is-ready").wait_for()
    expect(person.locator("[data-version=edited] option:checked")).to_contain_text("Restore, Fading and yellowing")
    stroke(person, (0.1, 0.5), (0.4, 0.5), (0.4, 0.7))
    until(person, "document.querySelector('[name=mask]').files.length === 1")
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    before = np.asarray(Image.open(old_print)).astype(int)
    changed = np.abs(fetch_result(person).astype(int) - before).max(2) > 0
    assert 0.01 < changed.mean() < 0.4 and not changed[:, 220:].any(), "elsewhere the photo stays bit for bit"


def fetch_result(page) -> np.ndarray:
    address = page.locator(".compare").get_attribute("data-full-after")
    return np.asarray(Image.open(io.BytesIO(page.request.get(address).body())).convert("RGB"))


def test_a_person_presses_once_looks_at_a_step_and_leaves_one_out(person, old_print):
    start(person, "restore", old_print)
    first = wait_until_done(person)
    fading = person.locator(".run-step").filter(has_text="Fading and yellowing")
    expect(fading).to_contain_text("The photo was faded")
    restored = fetch_result(person)
    assert np.ptp(restored) > 200
    fading.locator("a").click()
    expect(fading.locator("a")).to_have_attribute("aria-current", "true")
    expect(person.locator(".compare-after img")).to_have_attribute(
        "src", f"/restore@example.com/jobs/{first}/preview?of=step-tone"
    )
    person.locator(".run-steps a[data-step='']").click()
    expect(person.locator(".compare-after img")).to_have_attribute(
        "src", f"/restore@example.com/jobs/{first}/preview?of=result"
    )
    fading.get_by_role("button").click()
    expect(person.locator(".job")).not_to_have_attribute("data-job", first)
    wait_until_done(person)
    expect(fading).to_contain_text("switched off")
    expect(person.locator("#tone")).not_to_be_checked()
