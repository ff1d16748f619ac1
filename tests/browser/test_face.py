"""What script adds to the pages, in a real browser, and what stays when there is none."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import PHONE, PICTURES, member, start, steady_box, until, wait_until_done

NAME = "face@example.com"
EDGES = """[...document.querySelectorAll('.compare img')].map((image) => {
    const {x, y, width, height} = image.getBoundingClientRect();
    return [x, y, width, height];
})"""


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    """The cookies of a registered person."""
    with member(chromium, site, NAME) as page:
        yield page.context.storage_state()


@pytest.fixture
def studio(new_page, signed_in):
    """A signed-in person in front of Adjust."""
    page = new_page(storage_state=signed_in)
    page.goto("/tools/adjust")
    return page


def test_start_waits_for_a_picture(studio):
    start_button = studio.locator(".start")
    expect(start_button).to_be_disabled()
    studio.set_input_files("[name=image]", PICTURES / "coffee.jpg")
    studio.locator(".drop-preview:not([hidden])").wait_for()
    expect(start_button).to_be_enabled()
    expect(studio.locator(".drop-facts")).to_contain_text("600 × 400")


def test_a_file_that_is_no_picture_is_refused_before_the_upload(studio):
    studio.set_input_files("[name=image]", {"name": "words.txt", "mimeType": "text/plain", "buffer": b"words"})
    expect(studio.locator(".drop-facts")).to_contain_text("not a picture")
    expect(studio.locator(".start")).to_be_disabled()


def test_a_text_that_is_called_a_picture_is_said_to_be_none_as_soon_as_the_server_has_seen_it(studio):
    studio.set_input_files("[name=image]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"words"})
    expect(studio.locator(".drop-facts.field-error")).to_contain_text("not a picture")
    expect(studio.locator(".start")).to_be_disabled()


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
        until(studio, "document.querySelector('[name=image]').files[0]?.name === 'a.png'")
        studio.set_input_files("[name=image]", [])


def test_a_refusal_keeps_the_chosen_picture(studio):
    studio.set_input_files("[name=image]", PICTURES / "coffee.jpg")
    studio.click(".start")
    expect(studio.locator("form-faults .field-error")).to_contain_text("Nothing to change")
    expect(studio.locator(".drop-preview")).to_be_visible()
    expect(studio.locator(".start")).to_be_enabled()


def test_the_brightness_slider_and_its_number_tell_the_same(studio):
    slider = studio.get_by_role("slider", name="Brightness")
    studio.fill("[name=brightness]", "100")
    expect(slider).to_have_value("200")
    slider.focus()
    studio.keyboard.press("Home")
    expect(studio.locator("[name=brightness]")).to_have_value("0.2")


def test_options_appear_when_they_matter(studio):
    studio.goto("/tools/background")
    colour = studio.locator("[name=colour]")
    expect(colour).to_be_hidden()
    studio.locator("[name=background][value=custom]").check(force=True)
    expect(colour).to_be_visible()
    studio.locator("[name=background][value=picture]").check(force=True)
    expect(studio.locator("#background_image-facts")).to_be_visible()
    expect(colour).to_be_hidden()


def test_the_result_appears_in_place(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    studio.evaluate("window.sameDocument = true")
    wait_until_done(studio, "compare-slider")
    assert studio.evaluate("window.sameDocument")


def test_the_divider_follows_keyboard_and_pointer_and_says_where_it_is(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    wait_until_done(studio)
    divider = studio.locator(".compare-range")
    divider.focus()
    for key, value in (("Home", "0"), ("ArrowRight", "1"), ("PageUp", "11"), ("End", "100"), ("ArrowLeft", "99")):
        studio.keyboard.press(key)
        expect(divider).to_have_value(value)
    box = steady_box(studio.locator(".compare-box"))
    studio.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    studio.mouse.down()
    studio.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    studio.mouse.up()
    expect(divider).to_have_value("25")
    expect(divider).to_have_attribute("aria-valuetext", "75 % after, 25 % before")


def test_both_halves_lie_on_each_other(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    wait_until_done(studio, ".compare-after img")
    until(studio, f"{EDGES}.every((box, i, all) => box.join() === all[0].join())")


def test_a_turned_picture_lies_on_the_original_that_is_turned_with_it(studio):
    start(studio, "adjust", PICTURES / "coffee.jpg", transform="90")
    wait_until_done(studio, "compare-slider[data-turn='90']:not(.is-pair)")
    until(studio, f"{EDGES}.every((box, i, all) => box.every((edge, j) => Math.abs(edge - all[0][j]) < 0.5))")
    until(studio, f"{EDGES}.every((box) => box[3] > box[2])")


def test_without_script_before_and_after_are_side_by_side(new_page, signed_in):
    page = new_page(storage_state=signed_in, java_script_enabled=False)
    start(page, "adjust", PICTURES / "coffee.jpg", brightness="1.5")
    wait_until_done(page, ".compare-after img")
    before, after = (page.locator(f".compare-{half} img").bounding_box() for half in ("before", "after"))
    assert before["x"] + before["width"] <= after["x"] and before["y"] == after["y"]


def test_a_chosen_theme_is_kept_and_does_not_flash(new_page):
    page = new_page(color_scheme="light")
    page.goto("/login")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("theme-switch button").click(click_count=2)
    until(page, f"{ground} !== '{light}'")
    page.goto("/register")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("head script[src*='theme.js']:not([type]):not([defer]):not([async])").count() == 1


def test_the_language_button_stays_on_the_page_and_is_remembered(new_page):
    page = new_page()
    page.goto("/login")
    page.click("[name=language][value=zh]")
    expect(page.locator("h1")).to_have_text("登录")
    expect(page).to_have_url(re.compile("/login$"))
    page.goto("/register")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_the_code_button_stays_on_the_page_and_counts_down(new_page):
    page = new_page()
    page.goto("/register")
    page.fill("[name=username]", "countdown@example.com")
    page.click("[formaction]")
    page.locator(".code-status:not(:empty)").wait_for()
    expect(page.locator("[formaction]")).to_be_disabled()
    expect(page.locator("[formaction]")).to_contain_text("Again in")


def test_nothing_on_the_page_moves_for_people_who_ask_for_less_motion(new_page, signed_in):
    page = new_page(storage_state=signed_in, reduced_motion="reduce")
    page.goto("/tools/adjust")
    times = page.evaluate("[...document.querySelectorAll('main *')].map(e => getComputedStyle(e).transitionDuration)")
    assert all(re.fullmatch(r"(0s(, )?)+|0ms", time) for time in times)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_at_a_desk_every_tool_is_seen_in_the_header(new_page, signed_in, locale):
    settings = {"locale": locale, "viewport": {"width": 1440, "height": 900}}
    for page, address in ((new_page(**settings), "/"), (new_page(storage_state=signed_in, **settings), "/history")):
        page.goto(address if address == "/" else f"/{NAME}{address}")
        assert page.evaluate("(row => row.scrollWidth - row.clientWidth)(document.querySelector('.tool-nav'))") <= 0


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_page_is_wider_than_a_phone(new_page, signed_in, locale):
    page = new_page(storage_state=signed_in, locale=locale, **PHONE)
    strangers = new_page(locale=locale, **PHONE)
    pages = [(strangers, a) for a in ("/", "/api/v1/docs", "/login", "/register", "/reset", "/no-such-page")]
    pages += [(page, a) for a in (f"/{NAME}/", "/tools/background", f"/{NAME}/history", f"/{NAME}/account")]
    for visitor, address in pages:
        visitor.goto(address)
        assert visitor.evaluate("document.documentElement.scrollWidth") <= 390, address
