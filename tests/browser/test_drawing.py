"""The drawing surface: paint with mouse, fingers, pen and keys, undo, and send with a plain form."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import PHONE, PICTURES, swipe, until, way

READY = "drawing-surface.is-ready"
FILLED = "document.querySelector('[name=mask], [name=hints]').files.length"


def spot(page, x: float, y: float) -> tuple[float, float]:
    """The point of the screen at parts (x, y) of the frame."""
    page.locator(".drawing-frame:visible").scroll_into_view_if_needed()
    box = page.locator(".drawing-frame:visible").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page, *points) -> None:
    places = [spot(page, *point) for point in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def fill_in(page, count=1) -> None:
    until(page, f"{FILLED} === {count}")


def send_and_read_file(page, name="mask") -> bytes:
    """Send the form at once and return the file that came."""
    page.get_by_role("button", name="Send").click()
    page.get_by_text("taken").wait_for()
    return page.bench.sent[name]


def send_and_read_pixels(page, name="mask") -> np.ndarray:
    """Send the form at once and return what came as a picture."""
    return np.asarray(Image.open(io.BytesIO(send_and_read_file(page, name))))


def at(mask: np.ndarray, x: float, y: float):
    value = mask[int(y * mask.shape[0]), int(x * mask.shape[1])]
    return value.tolist()


def press(page, name: str) -> None:
    page.locator(f"[data-do={name}]").click()


def test_what_is_painted_is_sent_as_a_black_and_white_png_of_the_pictures_size(new_drawing):
    page = new_drawing()
    stroke(page, (0.2, 0.5), (0.6, 0.5))
    mask = send_and_read_pixels(page)
    assert mask.shape[:2] == (400, 600)
    assert at(mask, 0.4, 0.5)[:3] == [255, 255, 255] and at(mask, 0.4, 0.9)[:3] == [0, 0, 0]
    assert (mask[..., 3] == 255).all() if mask.shape[2] == 4 else True


def test_nothing_painted_sends_nothing(new_drawing):
    assert send_and_read_file(new_drawing()) == b""


def test_each_stroke_is_undone_and_redone_by_keys_and_buttons(new_drawing):
    page = new_drawing()
    for y in (0.3, 0.7):
        stroke(page, (0.2, y), (0.6, y))
    fill_in(page, 1)
    page.keyboard.press("Control+z")
    press(page, "undo")
    fill_in(page, 0)
    press(page, "redo")
    page.keyboard.press("Control+Shift+Z")
    press(page, "undo")
    mask = send_and_read_pixels(page)
    assert at(mask, 0.4, 0.3)[0] == 255 and at(mask, 0.4, 0.7)[0] == 0


def test_e_erases_and_brackets_change_the_size(new_drawing):
    page = new_drawing()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    size = "Number(document.querySelector('[data-size]').value)"
    before = page.evaluate(size)
    page.keyboard.press("]")
    until(page, f"{size} > {before}")
    page.keyboard.press("[")
    page.keyboard.press("[")
    until(page, f"{size} < {before}")
    page.keyboard.press("e")
    expect(page.locator("[data-do=erase]")).to_have_attribute("aria-pressed", "true")
    stroke(page, (0.6, 0.5), (0.8, 0.5))
    mask = send_and_read_pixels(page)
    assert at(mask, 0.3, 0.5)[0] == 255 and at(mask, 0.7, 0.5)[0] == 0


def test_invert_grow_and_start_over(new_drawing):
    page = new_drawing()
    stroke(page, (0.5, 0.5), (0.51, 0.5))
    count = """() => {
        const paper = document.querySelector('drawing-layer').copy().getContext('2d');
        return paper.getImageData(0, 0, 600, 400).data.filter((value, i) => i % 4 === 3 && value > 127).length;
    }"""
    small = page.evaluate(count)
    press(page, "grow")
    grown = page.evaluate(count)
    assert grown > small
    press(page, "invert")
    assert page.evaluate(count) == pytest.approx(600 * 400 - grown, abs=200)
    press(page, "clear")
    assert page.evaluate(count) == 0
    press(page, "undo")
    assert page.evaluate(count) > 0


def test_hints_keep_their_colour_on_a_transparent_sheet(new_drawing):
    page = new_drawing("drawing('hints', 'Hints', mode='hints', src='/bench/pictures/coffee.jpg')")
    page.locator("[data-colour]").fill("#2f5d9b")
    stroke(page, (0.3, 0.5), (0.3, 0.5))
    page.locator("[data-colour]").fill("#b3382c")
    stroke(page, (0.7, 0.5), (0.7, 0.5))
    hints = send_and_read_pixels(page, "hints")
    assert at(hints, 0.3, 0.5) == [0x2F, 0x5D, 0x9B, 255] and at(hints, 0.7, 0.5) == [0xB3, 0x38, 0x2C, 255]
    assert at(hints, 0.5, 0.1)[3] == 0


def test_the_keyboard_alone_paints(new_drawing):
    page = new_drawing()
    page.locator(f"{READY} .drawing-frame").focus()
    page.keyboard.press("ArrowLeft")
    ring = "frame => getComputedStyle(frame, '::after').borderWidth"
    assert page.locator(f"{READY} .drawing-frame").evaluate(ring) == "3px", "the focus is seen on the whole frame"
    page.keyboard.down(" ")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.up(" ")
    expect(page.locator(".has-crosshair")).to_have_count(1)
    mask = send_and_read_pixels(page)
    assert at(mask, 0.5, 0.5)[0] == 255 and at(mask, 0.5, 0.8)[0] == 0


def test_a_picture_that_is_chosen_is_painted_on_at_a_bounded_size(new_drawing, tmp_path):
    Image.new("RGB", (6000, 4000), "grey").save(tmp_path / "large.jpg")
    page = new_drawing("drawing('mask', 'Mask', src='/bench/pictures/coffee.jpg')")
    page.set_input_files("[name=image]", tmp_path / "large.jpg")
    until(page, "document.querySelector('.drawing-picture').width === 2048")
    page.locator(READY).wait_for()
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    assert send_and_read_pixels(page).shape[:2] == (1365, 2048)


def test_a_new_picture_forgets_what_was_painted_on_the_last_one(new_drawing):
    page = new_drawing()
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    fill_in(page)
    page.set_input_files("[name=image]", PICTURES / "astronaut.jpg")
    fill_in(page, 0)
    until(page, "document.querySelector('drawing-layer').blank")


def test_one_finger_paints_two_enlarge_and_the_page_scrolls_beside(new_drawing):
    page = new_drawing(**PHONE)
    one, two = spot(page, 0.4, 0.5), spot(page, 0.6, 0.5)
    swipe(page, way(one, 60, 0))
    fill_in(page)
    scrolled = page.evaluate("scrollY")
    swipe(page, way(one, -60, 0), way(two, 60, 0))
    until(page, "document.querySelector('zoom-pane').zoom > 1.3")
    assert page.evaluate("scrollY") == scrolled
    assert page.evaluate("document.querySelector('drawing-layer').done.length") == 1
    assert page.evaluate("getComputedStyle(document.querySelector('.drawing-frame')).touchAction") == "none"
    assert page.evaluate("getComputedStyle(document.body).touchAction") == "auto"


def test_pressure_of_a_pen_makes_the_stroke_wider(new_drawing):
    page = new_drawing()
    paint = """(pressure) => {
        const brush = document.querySelector('drawing-brush');
        const box = brush.getBoundingClientRect();
        const at = {pointerId: 9, pointerType: 'pen', pressure, isPrimary: true, bubbles: true, button: 0, buttons: 1,
                    clientX: box.left + box.width / 2, clientY: box.top + box.height / 2};
        brush.setPointerCapture = () => {};
        for (const name of ['pointerdown', 'pointermove', 'pointerup']) brush.dispatchEvent(new PointerEvent(name, at));
        const layer = document.querySelector('drawing-layer');
        const {data} = layer.copy().getContext('2d').getImageData(0, 0, layer.canvas.width, layer.canvas.height);
        layer.undo();
        return data.filter((value, i) => i % 4 === 3 && value > 127).length;
    }"""
    assert page.evaluate(paint, 0.9) > 2 * page.evaluate(paint, 0.2)


def test_the_wheel_enlarges_around_the_pointer_and_strokes_land_under_it(new_drawing):
    page = new_drawing()
    page.locator(f"{READY} .drawing-frame").focus()
    page.mouse.move(*spot(page, 0.25, 0.25))
    for _ in range(3):
        page.mouse.wheel(0, -240)
    until(page, "document.querySelector('zoom-pane').zoom > 3")
    stroke(page, (0.25, 0.25), (0.26, 0.25))
    mask = send_and_read_pixels(page)
    assert at(mask, 0.25, 0.25)[0] == 255 and at(mask, 0.25, 0.35)[0] == 0


def test_without_script_there_is_a_labelled_file_field(new_bench_page, workbench):
    page = new_bench_page(java_script_enabled=False)
    workbench.show(page, "{{ drawing('mask', 'Mask') }}")
    expect(page.get_by_label("Upload a mask")).to_be_visible()
    expect(page.locator(".drawing-tools")).to_be_hidden()
    expect(page.locator(".drawing-wait")).to_be_hidden()
