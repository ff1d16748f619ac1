"""What script adds to the pages, in a real browser, and what stays when there is none."""

import pytest

from tests.browser.conftest import from_new_address
from tests.browser.people import PICTURES, register, sign_in, start

NAME = "face@example.com"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    """The cookies of a registered person."""
    context = chromium.new_context(base_url=site.url, locale="en-US", extra_http_headers=from_new_address())
    page = context.new_page()
    register(page, site, NAME)
    sign_in(page, NAME)
    yield context.storage_state()
    context.close()


@pytest.fixture
def studio(new_page, signed_in):
    """A signed-in person in front of Adjust."""
    page = new_page(storage_state=signed_in)
    page.goto("/tools/adjust")
    return page


def test_start_waits_for_a_picture(studio):
    start_button = studio.locator(".start")
    assert start_button.is_disabled()
    studio.set_input_files("[name=image]", PICTURES / "coffee.jpg")
    studio.locator(".drop-preview:not([hidden])").wait_for()
    assert start_button.is_enabled()
    assert "600 × 400" in studio.locator(".drop-facts").inner_text()


def test_a_file_that_is_no_picture_is_refused_before_the_upload(studio):
    studio.set_input_files("[name=image]", {"name": "words.txt", "mimeType": "text/plain", "buffer": b"words"})
    assert "not a picture" in studio.locator(".drop-facts").inner_text()
    assert studio.locator(".start").is_disabled()


def test_a_dropped_and_a_pasted_picture_are_taken(studio):
    give = """([selector, name]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(9)], 'a.png', {type: 'image/png'}));
        const data = name === 'paste' ? {clipboardData: transfer} : {dataTransfer: transfer};
        const kind = name === 'paste' ? ClipboardEvent : DragEvent;
        document.querySelector(selector).dispatchEvent(new kind(name, {bubbles: true, cancelable: true, ...data}));
    }"""
    for event in (".drop-area", "drop"), ("body", "paste"):
        studio.evaluate(give, list(event))
        assert studio.evaluate("document.querySelector('[name=image]').files[0].name") == "a.png"
        studio.set_input_files("[name=image]", [])


def test_a_refusal_keeps_the_chosen_picture(studio):
    studio.set_input_files("[name=image]", PICTURES / "coffee.jpg")
    studio.click(".start")
    trouble = studio.locator("form-faults .field-error")
    trouble.wait_for()
    assert "Nothing to change" in trouble.inner_text()
    assert studio.locator(".drop-preview").is_visible()
    assert studio.locator(".start").is_enabled()


def test_the_brightness_slider_and_its_number_tell_the_same(studio):
    slider = studio.locator("log-slider input[type=range]")
    studio.fill("[name=brightness]", "100")
    assert slider.input_value() == "200"
    slider.focus()
    studio.keyboard.press("Home")
    assert studio.locator("[name=brightness]").input_value() == "0.2"


def test_options_appear_when_they_matter(studio):
    studio.goto("/tools/background")
    colour = studio.locator("[name=colour]")
    assert not colour.is_visible()
    studio.locator("[name=background][value=custom]").check(force=True)
    assert colour.is_visible()
    studio.locator("[name=background][value=picture]").check(force=True)
    assert not colour.is_visible() and studio.locator("#background_image-facts").is_visible()


def test_the_result_appears_in_place(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    studio.evaluate("window.sameDocument = true")
    studio.locator("compare-slider").wait_for()
    assert studio.evaluate("window.sameDocument")


def test_the_divider_follows_keyboard_and_pointer_and_says_where_it_is(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    divider = studio.locator(".compare-range")
    divider.wait_for()
    divider.focus()
    for key, value in (("Home", "0"), ("ArrowRight", "1"), ("PageUp", "11"), ("End", "100"), ("ArrowLeft", "99")):
        studio.keyboard.press(key)
        assert divider.input_value() == value
    box = studio.locator(".compare-box").bounding_box()
    studio.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    studio.mouse.down()
    studio.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    studio.mouse.up()
    assert divider.input_value() == "25"
    assert divider.get_attribute("aria-valuetext") == "75 % after, 25 % before"


def test_both_halves_lie_on_each_other(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    studio.locator(".compare-range").wait_for()
    boxes = [studio.locator(f".compare-{half} img").bounding_box() for half in ("before", "after")]
    assert boxes[0] == boxes[1]


def test_a_turned_picture_lies_on_the_original_that_is_turned_with_it(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", transform="90")
    studio.locator("compare-slider[data-turn='90']:not(.is-pair)").wait_for()
    edges = """() => [...document.querySelectorAll('.compare img')].map((image) => {
        const {x, y, width, height} = image.getBoundingClientRect();
        return [x, y, width, height];
    })"""
    before, after = studio.evaluate(edges)
    assert before == pytest.approx(after, abs=0.5) and after[3] > after[2]


def test_without_script_before_and_after_are_side_by_side(new_page, signed_in):
    page = new_page(storage_state=signed_in, java_script_enabled=False)
    start(page, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    page.locator(".compare-after img").wait_for()
    before, after = (page.locator(f".compare-{half} img").bounding_box() for half in ("before", "after"))
    assert before["x"] + before["width"] <= after["x"] and before["y"] == after["y"]


def test_a_chosen_theme_is_kept_and_does_not_flash(new_page):
    page = new_page(color_scheme="light")
    page.goto("/login")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("theme-switch button").click(click_count=2)
    assert page.evaluate(ground) != light
    page.goto("/register")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("head script[src*='theme.js']:not([type]):not([defer]):not([async])").count() == 1


def test_the_language_button_stays_on_the_page_and_is_remembered(new_page):
    page = new_page()
    page.goto("/login")
    page.click("[name=language][value=zh]")
    assert page.url.endswith("/login") and page.locator("h1").inner_text() == "登录"
    page.goto("/register")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_the_code_button_stays_on_the_page_and_counts_down(new_page):
    page = new_page()
    page.goto("/register")
    page.fill("[name=username]", "countdown@example.com")
    page.click("[formaction]")
    page.locator(".code-answer:not(:empty)").wait_for()
    assert page.locator("[formaction]").is_disabled()
    assert "Again in" in page.locator("[formaction]").inner_text()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_page_is_wider_than_a_phone(new_page, signed_in, locale):
    page = new_page(storage_state=signed_in, locale=locale, **PHONE)
    strangers = new_page(locale=locale, **PHONE)
    pages = [(strangers, a) for a in ("/", "/login", "/register", "/reset", "/no-such-page")]
    pages += [(page, a) for a in (f"/{NAME}/", "/tools/background", f"/{NAME}/history", f"/{NAME}/account")]
    for visitor, address in pages:
        visitor.goto(address)
        assert visitor.evaluate("document.documentElement.scrollWidth") <= 390, address
