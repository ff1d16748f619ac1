"""The frame picker: drag, pull, keys, a kept shape, and what a form gets."""

import pytest
from playwright.sync_api import expect

from tests.browser.people import PICTURES, until

READY = "frame-picker.is-ready"
MACRO = "frame_picker('frame', 'Frame', src='/bench/pictures/coffee.jpg', aspect={aspect}, value='{value}')"


@pytest.fixture
def bench(new_bench_page, workbench):
    """Open a page with one frame picker over a picture of 600 × 400."""

    def open_bench(aspect="''", value="", **settings):
        page = new_bench_page(**settings)
        workbench.show(page, "{{ " + MACRO.format(aspect=aspect, value=value) + " }}")
        page.locator(READY).wait_for()
        return page

    return open_bench


def frame(page) -> list[float]:
    return [float(part) for part in page.locator("[name=frame]").input_value().split(",")]


def drag(page, part: str, x: float, y: float) -> None:
    """Drag a part of the frame by (x, y) in parts of the picture."""
    page.locator(".framing-picture").scroll_into_view_if_needed()
    picture, handle = (page.locator(name).bounding_box() for name in (".framing-picture", part))
    start = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + x * picture["width"], start[1] + y * picture["height"], steps=4)
    page.mouse.up()


def test_nothing_is_written_before_somebody_framed_something(bench):
    expect(bench().locator("[name=frame]")).to_have_value("")


def test_the_frame_is_dragged_and_stays_inside(bench):
    page = bench(value="0.2,0.2,0.4,0.4")
    drag(page, ".frame-rect", 0.1, 0.2)
    assert frame(page) == pytest.approx([0.3, 0.4, 0.4, 0.4], abs=0.01)
    drag(page, ".frame-rect", 0.9, 0.9)
    assert frame(page) == pytest.approx([0.6, 0.6, 0.4, 0.4], abs=0.001)


@pytest.mark.parametrize(
    ("corner", "want"),
    [("se", [0.3, 0.3, 0.5, 0.6]), ("nw", [0.4, 0.5, 0.3, 0.2]), ("ne", [0.3, 0.5, 0.5, 0.2])],
)
def test_a_corner_is_pulled_and_the_opposite_one_stays(bench, corner, want):
    page = bench(value="0.3,0.3,0.4,0.4")
    drag(page, f"[data-corner={corner}]", 0.1, 0.2)
    assert frame(page) == pytest.approx(want, abs=0.01)


@pytest.mark.parametrize("corner", ["nw", "ne", "sw", "se"])
def test_a_fixed_shape_is_kept(bench, corner):
    page = bench(aspect="0.75", value="0.3,0.2,0.3,0.6")
    drag(page, f"[data-corner={corner}]", 0.07, 0.02)
    _, _, width, height = frame(page)
    assert width * 600 / (height * 400) == pytest.approx(0.75, rel=0.01)


def test_another_shape_applies_at_once(bench):
    page = bench(value="0.1,0.1,0.5,0.5")
    page.evaluate("document.querySelector('frame-picker').setAttribute('aspect', '2')")
    _, _, width, height = frame(page)
    assert width * 600 / (height * 400) == pytest.approx(2, rel=0.01)


def test_the_shape_follows_the_field_that_chooses_it(new_bench_page, workbench):
    page = new_bench_page()
    sizes = "<select name='size'><option value='tall'>Tall</option><option value='wide'>Wide</option></select>"
    picker = MACRO.format(aspect="''", value="0.3,0.2,0.3,0.6")
    picker = picker.removesuffix(")") + ", aspect_of=('size', {'tall': 0.75, 'wide': 2}))"
    workbench.show(page, sizes + "{{ " + picker + " }}")
    page.locator(READY).wait_for()
    drag(page, ".frame-rect", 0.05, 0.0)
    left, _, width, height = frame(page)
    assert width * 600 / (height * 400) == pytest.approx(0.75, rel=0.01)
    page.locator("[name=size]").select_option("wide")
    expect(page.locator("frame-picker")).to_have_attribute("aspect", "2")
    new_left, _, new_width, new_height = frame(page)
    assert new_width * 600 / (new_height * 400) == pytest.approx(2, rel=0.01)
    assert new_left + new_width / 2 == pytest.approx(left + width / 2, abs=0.01)  # around the same place


def test_the_keyboard_moves_and_resizes_and_is_told(bench):
    page = bench(value="0.2,0.2,0.4,0.4")
    page.locator("frame-rect").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert frame(page) == pytest.approx([0.22, 0.21, 0.41, 0.39], abs=0.001)
    until(page, "document.querySelector('frame-picker [role=status]').textContent.includes('41 % wide')")


def test_a_tilted_frame_is_drawn_tilted_and_stays_so_when_it_is_moved(bench):
    page = bench(value="0.3,0.3,0.3,0.4,6.5")
    assert page.evaluate("getComputedStyle(document.querySelector('frame-rect')).rotate") == "6.5deg"
    page.locator("frame-rect").focus()
    page.keyboard.press("ArrowRight")
    assert frame(page) == pytest.approx([0.31, 0.3, 0.3, 0.4, 6.5], abs=0.001)


def test_a_new_picture_forgets_the_old_frame(bench):
    page = bench(value="0.2,0.2,0.4,0.4")
    page.set_input_files("[name=image]", PICTURES / "astronaut.jpg")
    until(page, "document.querySelector('.framing img').naturalHeight === 512")
    expect(page.locator("[name=frame]")).to_have_value("")


def test_a_finger_drags_the_frame_and_scrolls_the_page_beside_it(bench):
    page = bench(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    style = "getComputedStyle(document.querySelector('{}')).touchAction"
    assert page.evaluate(style.format(".frame-rect")) == "none"
    assert page.evaluate(style.format(".framing-picture")) == "auto"


def test_without_script_the_field_takes_numbers(new_bench_page, workbench):
    page = new_bench_page(java_script_enabled=False)
    workbench.show(page, "{{ " + MACRO.format(aspect="''", value="") + " }}")
    page.get_by_label("Frame").last.fill("0.1,0.1,0.5,0.5")
    expect(page.locator(".framing-view")).to_be_hidden()
