"""The point picker: click, keys, and what a form gets."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import PICTURES, until

MACRO = "{{ point_picker('point', 'The person', src='/bench/pictures/coffee.jpg') }}"


@pytest.fixture
def page(new_bench_page, workbench):
    """A page with one point picker over a picture of 600 × 400."""
    page = new_bench_page()
    workbench.show(page, MACRO)
    page.locator("point-picker.is-ready").wait_for()
    return page


def point(page) -> list[float]:
    return [float(part) for part in page.locator("[name=point]").input_value().split(",")]


def test_a_click_points_keys_move_on_and_another_picture_forgets(page):
    expect(page.locator("[name=point]")).to_have_value("")
    expect(page.locator(".point-mark")).to_be_hidden()
    box = page.locator(".point-pad img").bounding_box()
    page.locator(".point-pad").click(position={"x": 0.25 * box["width"], "y": 0.5 * box["height"]})
    assert point(page) == pytest.approx([0.25, 0.5], abs=0.01)
    expect(page.locator(".point-mark")).to_be_visible()
    before = point(page)
    for key in ("ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert point(page) == pytest.approx([before[0] + 0.01, before[1] - 0.05], abs=0.001)
    until(page, "document.querySelector('point-picker [role=status]').textContent.includes('26 % from the left')")
    page.set_input_files("[name=image]", PICTURES / "astronaut.jpg")
    until(page, "document.querySelector('.framing img').naturalHeight === 512")
    expect(page.locator("[name=point]")).to_have_value("")
    expect(page.locator(".point-mark")).to_be_hidden()


def test_a_typed_point_is_shown_and_without_script_the_field_takes_it_too(page, new_bench_page, workbench):
    page.get_by_label("The person").last.fill("0.5,0.25")
    page.keyboard.press("Tab")
    expect(page.locator(".point-mark")).to_be_visible()
    plain = new_bench_page(java_script_enabled=False)
    workbench.show(plain, MACRO)
    plain.get_by_label("The person").last.fill("0.1,0.9")
    expect(plain.locator(".point-pad")).to_be_hidden()
