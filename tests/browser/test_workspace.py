"""The workspace of a tool: one picture that fills the window, all that is done with it in reach, nothing lost."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import PHONE, PICTURES, frames, member, start, swipe, until, wait_until_done, way
from tests.browser.test_drawing import stroke

NAME = "workspace@example.com"
COFFEE = PICTURES / "coffee.jpg"
SIZES = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "laptop": {"viewport": {"width": 1280, "height": 720}},
    "phone": PHONE,
}
SHARE = 0.7  # of the window's height
# What is seen of the picture: its place, whichever mode shows it, and the places that are shown twice.
PLACES = """['.drawing-pane', '.framing-view', '.compare-view', '.bath', '.drop-main photo-preview'].flatMap((name) =>
    [...document.querySelectorAll(name)].filter((e) => e.checkVisibility({visibilityProperty: true})))"""
MARGIN = 16  # pixels around the picture that are grey


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    with member(chromium, site, NAME) as page:
        yield page.context.storage_state()


@pytest.fixture
def open_tool(new_page, signed_in):
    """Open a tool with a picture in it."""

    def open_tool(tool, picture=COFFEE, size="desk", **settings):
        page = new_page(storage_state=signed_in, **SIZES[size], **settings)
        page.goto(f"/tools/{tool}")
        if picture:
            page.set_input_files("#image", picture)
            page.locator(".workspace.has-picture").wait_for()
        return page

    return open_tool


@pytest.fixture
def portrait(tmp_path):
    """A picture as upright as a phone."""
    Image.open(COFFEE).crop((150, 0, 350, 400)).save(tmp_path / "tall.jpg")
    return tmp_path / "tall.jpg"


def check_place(page) -> None:
    """The picture is shown once and has most of the window; the page does not scroll."""
    heights = page.evaluate(f"{PLACES}.map((place) => place.getBoundingClientRect().height)")
    window = page.evaluate("[innerHeight, innerWidth]")
    assert len(heights) == 1, heights
    assert heights[0] + MARGIN >= SHARE * window[0], heights
    root = "document.documentElement.scroll{} <= innerHeight * {} + innerWidth * {}"
    assert page.evaluate(root.format("Height", 1, 0)) and page.evaluate(root.format("Width", 0, 1))


def in_view(locator) -> bool:
    """Say whether all of an element is in the window and nothing lies over it."""
    return locator.evaluate(
        """(e) => {
            const {left, top, right, bottom} = e.getBoundingClientRect();
            const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
            return inside && e.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
        }"""
    )


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_fills_the_window_and_what_comes_next_stays_in_view(open_tool, portrait, size):
    page = open_tool("adjust", portrait, size)
    page.evaluate("document.querySelector('tool-form').scrollTo(0, 0)")
    check_place(page)
    shown = page.locator(".drop-preview").first.evaluate("e => Math.min(e.height, e.width * 2) / innerHeight")
    assert shown >= SHARE
    assert in_view(page.locator(".start"))
    page.fill("[name=brightness]", "1.4")
    page.evaluate("document.querySelector('tool-form').scrollTo(0, 99999)")
    assert in_view(page.locator(".start"))
    page.locator(".start").evaluate("e => e.click()")
    wait_until_done(page, "compare-slider")
    check_place(page)
    for top in (99999, 0):
        page.evaluate(f"document.querySelector('tool-form').scrollTo(0, {top})")
        assert in_view(page.locator(".start")) and in_view(page.locator(".job-acts button"))
    with page.expect_download() as waiting:
        page.locator(".job-acts button").evaluate("e => e.click()")
    assert Image.open(waiting.value.path()).format == "JPEG"


def test_the_field_for_the_picture_gets_the_focus_and_nothing_scrolls(open_tool):
    page = open_tool("restore", None)
    page.locator("#main").focus()
    while page.evaluate("document.activeElement.id") != "image":
        page.keyboard.press("Tab")
    frames(page)
    assert page.evaluate("document.querySelector('.workspace').scrollTop") == 0


@pytest.mark.parametrize("size", SIZES)
def test_inpaint_shows_the_photo_once_with_the_brush_at_hand(open_tool, size):
    page = open_tool("inpaint", size=size)
    page.locator("drawing-surface.is-ready").wait_for()
    check_place(page)
    assert in_view(page.locator(".start"))
    bar = page.locator("#drawn-mask .drawing-bar").bounding_box()
    canvas = page.locator("#drawn-mask .drawing-frame").bounding_box()
    assert bar["height"] <= 48 and bar["y"] + bar["height"] <= canvas["y"] + 1
    for act in ("paint", "erase", "undo", "redo", "clear", "invert", "save"):
        expect(page.locator(f"#drawn-mask .drawing-bar [data-do={act}]")).to_be_visible()
    expect(page.locator("#drawn-mask .drawing-bar #mask")).to_be_visible()
    page.locator("mode-bar [data-mode='']").click()
    check_place(page)
    expect(page.locator("#drawn-mask")).to_be_hidden()
    page.locator(".chip-person").evaluate("e => e.querySelector('input').click()")
    expect(page.locator("mode-bar [data-mode=mask]")).to_be_hidden()


def test_keys_work_wherever_the_focus_is(open_tool):
    page = open_tool("inpaint")
    page.locator("drawing-surface.is-ready").wait_for()
    page.focus(".start")
    page.keyboard.press("e")
    expect(page.locator("[data-do=erase]:visible")).to_have_attribute("aria-pressed", "true")
    page.focus("[name=grow]")
    page.keyboard.press("e")  # typed, or nothing: the field is a number's
    expect(page.locator("[data-do=erase]:visible")).to_have_attribute("aria-pressed", "true")


def test_s_keeps_the_focus_and_takes_back_what_it_did(open_tool):
    page = open_tool("adjust")
    page.fill("[name=brightness]", "1.3")
    page.click(".start")
    wait_until_done(page, "compare-slider")
    slider = page.locator("compare-slider")
    for focus in (".compare-range", ".start"):
        page.focus(focus)
        for pressed in ("true", "false"):
            page.keyboard.press("s")
            expect(page.locator("[data-do=pair]")).to_have_attribute("aria-pressed", pressed)
            assert page.evaluate("document.activeElement !== document.body")
    page.keyboard.down("b")
    expect(slider.locator(".compare-after")).to_be_hidden()
    page.keyboard.up("b")
    expect(slider.locator(".compare-after")).to_be_visible()


def test_what_is_painted_and_chosen_outlives_a_reload_and_leaving_asks(open_tool):
    page = open_tool("inpaint")
    page.locator("drawing-surface.is-ready").wait_for()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.fill("[name=grow]", "7")
    stroke(page, (0.2, 0.5), (0.6, 0.5))
    until(page, "document.querySelector('#mask').files.length === 1")
    page.wait_for_timeout(800)  # it is kept a moment later
    page.reload()
    assert asked == ["beforeunload"]
    until(page, "document.querySelector('#mask').files.length === 1")
    assert page.evaluate("document.querySelector('drawing-surface').isNews")
    expect(page.locator("#image-facts")).to_contain_text("coffee.jpg")
    expect(page.locator("[name=grow]")).to_have_value("7")
    page.goto("/tools/inpaint")  # another visit begins anew
    expect(page.locator(".workspace.has-picture")).to_have_count(0)


def test_a_reload_brings_the_tray_back_with_its_jobs(open_tool, paused_queue):
    page = open_tool("adjust", None)
    page.set_input_files("#image", [COFFEE, PICTURES / "rocket.jpg"])
    page.fill("[name=brightness]", "1.4")
    page.wait_for_timeout(800)
    page.reload()
    expect(page.locator("tray-item[data-state=waiting]")).to_have_count(2)
    expect(page.locator("[name=brightness]")).to_have_value("1.4")
    page.click(".start")
    expect(page.locator("tray-item[data-state=queued]")).to_have_count(2)
    page.wait_for_timeout(800)
    page.reload()
    expect(page.locator("tray-item[data-state=queued]")).to_have_count(2)
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator("tray-item[data-state=cancelled]")).to_have_count(2)


def test_a_file_may_be_dropped_anywhere(open_tool):
    page = open_tool("colorize", None)
    drop = """([selector, name]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(9)], name, {type: 'image/png'}));
        const all = {bubbles: true, cancelable: true, dataTransfer: transfer};
        document.querySelector(selector).dispatchEvent(new DragEvent('drop', all));
    }"""
    page.evaluate(drop, [".site-header", "anywhere.png"])
    until(page, "document.querySelector('#image').files[0]?.name === 'anywhere.png'")
    page.evaluate(drop, ["[data-option=reference] .drop-area", "other.png"])
    until(page, "document.querySelector('#reference').files[0]?.name === 'other.png'")
    assert page.evaluate("document.querySelector('#image').files[0].name") == "anywhere.png"


def test_on_a_phone_a_finger_scrolls_over_the_result_and_moves_the_divider_only_sideways(open_tool):
    page = open_tool("adjust", size="phone")
    page.fill("[name=brightness]", "1.3")
    page.locator(".start").evaluate("e => e.click()")
    wait_until_done(page, "compare-slider")
    box = page.locator(".compare-box").bounding_box()
    place = box["x"] + 90, box["y"] + box["height"] * 0.7
    swipe(page, way(place, 12, -220))
    until(page, "document.querySelector('tool-form').scrollTop > 60")
    expect(page.locator(".compare-range")).to_have_value("50")
    page.evaluate("document.querySelector('tool-form').scrollTo(0, 0)")
    page.wait_for_timeout(500)
    swipe(page, way(place, 150, 6))
    until(page, "document.querySelector('.compare-range').value > 55")


def test_the_sheet_of_a_phone_comes_up_over_the_picture_and_goes(open_tool):
    page = open_tool("adjust", size="phone", reduced_motion="reduce")
    button = page.locator("options-sheet a")
    for is_up in ("true", "false"):
        button.evaluate("e => e.click()")
        expect(button).to_have_attribute("aria-expanded", is_up)
    page.locator("[name=brightness]").focus()  # the keyboard brings it up too
    assert in_view(page.locator("[name=brightness]"))


def test_above_the_sheet_one_sees_what_the_options_do(open_tool):
    page = open_tool("adjust", size="phone", reduced_motion="reduce")
    page.locator("options-sheet a").evaluate("e => e.click()")
    page.locator(".is-sheet-up").wait_for()
    page.fill("[name=brightness]", "1.5")
    page.locator(".is-live > .live canvas").wait_for()
    seen, field = (page.locator(place).bounding_box() for place in (".live canvas", "[name=brightness]"))
    assert seen["height"] > 150 and seen["y"] + seen["height"] <= field["y"]


def test_while_a_picture_is_sent_the_focus_stays_in_the_form(open_tool):
    page = open_tool("adjust")
    page.route("**/api/v1/tools/adjust/jobs", lambda route: None)  # it never gets there
    page.locator(".start").focus()
    page.keyboard.press("Enter")
    expect(page.locator("upload-line")).to_be_focused()
    page.locator("upload-line").get_by_role("button", name="Cancel").press("Enter")
    expect(page.locator(".start")).to_be_focused()


def test_dabs_go_onto_the_coloured_result_and_keep_the_variant(new_page, signed_in, tmp_path):
    Image.open(COFFEE).convert("L").resize((240, 160)).save(tmp_path / "grey.jpg")
    page = new_page(storage_state=signed_in, **SIZES["desk"])
    start(page, "colorize", tmp_path / "grey.jpg")
    first = wait_until_done(page)
    page.locator(".alternatives button").nth(2).click()
    page.locator(".alternatives [value='2'][aria-pressed=true]").wait_for()
    page.get_by_role("link", name="Dab colours on it").click()
    surface = page.locator("#drawn-hints drawing-surface")
    expect(surface).to_have_attribute("src", page.locator(".compare-after img").get_attribute("src"))
    page.locator("#drawn-hints drawing-surface.is-ready").wait_for()
    stroke(page, (0.3, 0.4), (0.5, 0.4))
    page.click(".start")
    page.wait_for_function("id => (document.querySelector('.job')?.dataset.job ?? id) !== id", arg=first)
    wait_until_done(page, ".alternatives [value='2'][aria-pressed=true]")


def test_the_frame_shows_where_the_head_belongs(open_tool):
    page = open_tool("idphoto", PICTURES / "astronaut.jpg")
    page.locator("mode-bar [data-mode=frame]").click()
    page.locator("frame-picker.is-ready").wait_for()
    check_place(page)
    frame, crown, chin = (page.locator(f".frame-{name}").bounding_box() for name in ("rect", "crown", "chin"))
    assert (crown["y"] - frame["y"]) / frame["height"] == pytest.approx(3 / 35, abs=0.02)
    assert (chin["y"] - frame["y"]) / frame["height"] == pytest.approx(24.5 / 35, abs=0.02)
