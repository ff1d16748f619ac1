"""Before and after: the divider, looking closer with both halves locked, and what is fetched when."""

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page, expect

from tests.browser.jumps import jumps, open_slowly
from tests.browser.people import PHONE, PICTURES, frames, still, swipe, until, way

FULL = (3000, 2000)
SLIDER = "document.querySelector('compare-slider')"
PLANES = """[...document.querySelectorAll('.compare-plane')].map((plane) => getComputedStyle(plane).transform)"""
BOXES = """['before', 'after'].map((half) => {
    const {x, y, width, height} = document.querySelector(`.compare-${half} img`).getBoundingClientRect();
    return [x, y, width, height];
})"""
# The pictures have found their places in the frames: a moment after they are there.
MATCH = f"{BOXES}.every((box, i, all) => box.every((edge, j) => Math.abs(edge - all[0][j]) < 0.5))"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A picture and its mirror images in colour, each as a preview of 900 pixels and in full."""
    folder = tmp_path_factory.mktemp("pictures")
    picture = Image.open(PICTURES / "coffee.jpg").convert("RGB").resize(FULL)
    turns = {"before": picture, "after": ImageOps.invert(picture)}
    turns["turned"] = picture.transpose(Image.Transpose.ROTATE_270)
    for name, full in turns.items():
        full.save(folder / f"{name}.jpg", quality=60)
        full.resize((full.width * 3 // 10, full.height * 3 // 10)).save(folder / f"{name}-preview.jpg")
    Image.new("RGB", (295, 413), "grey").save(folder / "small.jpg")
    Image.new("RGBA", (900, 600), (230, 0, 150, 120)).save(folder / "overlay.webp")
    return folder


@pytest.fixture
def bench(new_bench_page, workbench, pictures):
    """Open a page with one comparison; `after` names the picture of the result."""

    def open_bench(after="after", size=FULL, preview="-preview", more="", go=Page.goto, **settings):
        page = new_bench_page(**settings)
        page.bench = workbench
        root = "/bench/pictures/"
        call = f"compare('{root}before-preview.jpg', '{root}{after}{preview}.jpg', {size[0]}, {size[1]}, 'Cup', "
        call += f"'{root}before.jpg', '{root}{after}.jpg', before_width=3000, before_height=2000{more})"
        body = f'<div class="print print-large">{{{{ {call} }}}}</div>' + 60 * "<p>Below</p>"
        workbench.show(page, body, pictures, go)
        until(page, f"{SLIDER}?.range && [...document.querySelectorAll('.compare img')].every((i) => i.naturalWidth)")
        return page

    return open_bench


KINDS = [{"key": key, "title": key.title(), "percent": "50 %"} for key in ("kept", "replaced")]
CHANGE_MAP = {"overlay_url": "/bench/pictures/overlay.webp", "kinds": KINDS}


def press(page, name: str) -> None:
    page.locator(f".compare-tools [data-do={name}]").click()


def zoom(page) -> float:
    return page.evaluate("document.querySelector('zoom-pane').zoom")


def middle(page) -> tuple[float, float]:
    box = page.locator(".compare-box").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_every_key_of_the_range_moves_the_divider_and_the_value_is_told(bench):
    page = bench()
    divider = page.get_by_role("slider", name="Divider")
    divider.focus()
    keys = {"Home": 0, "ArrowRight": 1, "PageUp": 11, "PageDown": 1, "End": 100, "ArrowLeft": 99}
    for key, value in keys.items():
        page.keyboard.press(key)
        expect(divider).to_have_value(str(value))
        expect(divider).to_have_attribute("aria-valuetext", f"{100 - value} % after, {value} % before")


def test_previews_come_first_and_the_full_pictures_only_for_1_to_1(bench):
    page = bench()
    press(page, "pair")
    press(page, "pair")
    assert sorted(page.bench.asked) == ["after-preview.jpg", "before-preview.jpg"]
    press(page, "full")
    until(page, "[...document.querySelectorAll('.compare img')].every((image) => image.naturalWidth === 3000)")
    assert sorted(page.bench.asked)[::2] == ["after-preview.jpg", "before-preview.jpg"]
    until(page, f"{BOXES}.every(([x, y, width]) => Math.abs(width - 3000) < 2)")
    expect(page.locator("[data-do=full]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".compare-percent")).to_have_text("100 %")


def test_the_change_map_comes_when_it_is_asked_for_lies_on_the_result_and_goes_again(bench):
    page = bench(more=f", change_map={CHANGE_MAP}")
    legend, divider = page.locator(".change-legend"), page.locator(".compare-range")
    assert "overlay.webp" not in page.bench.asked and legend.is_hidden()
    button = page.get_by_role("button", name="Change map")
    button.click()
    until(page, "document.querySelector('.compare-changes').naturalWidth === 900")
    expect(legend).to_contain_text("Replaced 50 %")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(divider).to_have_value("0")  # the whole result is seen
    divider.press("+")
    boxes = [page.locator(f".compare-after img >> nth={number}").bounding_box() for number in (0, 1)]
    assert boxes[0] == pytest.approx(boxes[1], abs=1)
    divider.press("c")
    expect(legend).to_be_hidden()
    expect(divider).to_have_value("50")
    expect(page.get_by_alt_text("The change map over the result")).to_be_hidden()


def test_both_halves_are_locked_whatever_enlarges_or_moves_them(bench):
    page = bench()
    page.get_by_role("slider", name="Divider").focus()
    for act in (
        lambda: page.keyboard.press("+"),
        lambda: page.keyboard.press("Shift+ArrowDown"),
        lambda: press(page, "pair"),
        lambda: page.mouse.wheel(0, -300),
        lambda: page.keyboard.press("1"),
    ):
        page.mouse.move(*middle(page))
        act()
        before, after = page.evaluate(PLANES)
        assert before == after
    until(page, "document.querySelector('zoom-pane').zoom > 1")


def test_the_pictures_lie_on_each_other(bench):
    page = bench()
    for key in ("", "+", "1"):
        if key:
            page.locator(".compare-range").press(key)
        until(page, MATCH)


def test_an_enlarged_picture_is_dragged_and_the_divider_still_follows_its_grip(bench):
    page = bench()
    press(page, "full")
    x, y = middle(page)
    before = page.evaluate(PLANES)[0]
    page.mouse.move(x - 200, y)
    page.mouse.down()
    page.mouse.move(x - 260, y - 30, steps=4)
    page.mouse.up()
    until(page, f"{PLANES}[0] !== '{before}'")
    expect(page.locator(".compare-range")).to_have_value("50")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y, steps=4)
    page.mouse.up()
    until(page, "Number(document.querySelector('.compare-range').value) > 55")


def test_fit_shows_the_whole_picture_again(bench):
    page = bench()
    until(page, "Number.parseInt(document.querySelector('.compare-percent').textContent) > 20")
    press(page, "full")
    page.locator(".compare-range").press("0")
    expect(page.locator("[data-do=fit]")).to_have_attribute("aria-pressed", "true")
    assert zoom(page) == 1


def test_before_is_seen_while_a_key_or_the_button_is_held(bench):
    page = bench()
    page.locator(".compare-range").focus()
    shown = page.locator(".compare-after")
    page.keyboard.down("b")
    expect(shown).to_be_hidden()
    page.keyboard.up("b")
    expect(shown).to_be_visible()
    page.locator("[data-do=blink]").hover()
    page.mouse.down()
    expect(shown).to_be_hidden()
    page.mouse.up()
    expect(shown).to_be_visible()


def test_full_screen_and_back(bench):
    page = bench()
    press(page, "screen")
    page.locator("compare-slider.is-screen").wait_for()
    until(page, f"{SLIDER}.getBoundingClientRect().height === innerHeight")
    until(page, f"{MATCH} && {BOXES}.every(([x, y, width, height]) => Math.abs(width / height - 1.5) < 0.015)")
    press(page, "screen")
    page.locator("compare-slider:not(.is-screen)").wait_for()


def test_a_turned_result_lies_on_the_original_turned_with_it(bench):
    page = bench("turned", size=FULL[::-1], more=", turn='90'")
    until(page, MATCH)
    expect(page.locator("compare-slider.is-pair")).to_have_count(0)
    angle = "getComputedStyle(document.querySelector('.compare-before img')).rotate"
    assert page.evaluate(angle) == "90deg"


def test_a_result_of_another_shape_stands_beside_the_original(bench):
    page = bench("small", size=(295, 413), preview="")
    expect(page.locator("compare-slider.is-pair")).to_have_count(1)
    expect(page.locator(".compare-range")).to_be_hidden()
    before, after = (page.locator(f".compare-{half}").bounding_box() for half in ("before", "after"))
    assert before["x"] + before["width"] <= after["x"] and before["height"] == after["height"]


def test_on_a_phone_it_stands_below_the_original_and_both_are_seen(bench):
    page = bench("small", size=(295, 413), preview="", **PHONE)
    until(page, f"{BOXES}.every(([x, y, width, height]) => width > 100 && height > 100)")
    (_, top, _, height), (_, below, _, _) = page.evaluate(BOXES)
    assert top + height <= below


def test_a_smaller_result_of_the_same_shape_still_lies_under_the_divider(bench):
    page = bench(size=(1500, 1000))
    until(page, MATCH)
    expect(page.locator("compare-slider.is-pair")).to_have_count(0)


def test_on_a_phone_the_page_scrolls_over_the_picture_until_it_is_enlarged(bench):
    page = bench(**PHONE)
    action = "getComputedStyle(document.querySelector('.compare-box')).touchAction"
    assert page.evaluate(action) == "pan-y"
    x, y = middle(page)
    swipe(page, way((x, y), 0, -150))
    until(page, "scrollY > 100")
    expect(page.locator(".compare-range")).to_have_value("50")
    still(page)
    page.evaluate("scrollTo(0, 0)")
    still(page)
    swipe(page, way((x - 20, y), -100, 0), way((x + 20, y), 100, 0))
    until(page, f"document.querySelector('zoom-pane').zoom > 1.5 && {action} === 'none'")


def test_on_a_phone_a_finger_moves_the_divider_sideways(bench):
    page = bench(**PHONE)
    swipe(page, way(middle(page), -90, 0))
    until(page, "Number(document.querySelector('.compare-range').value) < 40")


@pytest.mark.parametrize("shape", [{}, {"after": "small", "size": (295, 413), "preview": ""}], ids=["same", "other"])
@pytest.mark.parametrize("settings", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_jumps_when_pictures_and_script_arrive(bench, settings, shape):
    page = bench(**settings, **shape, go=open_slowly)
    until(page, "[...document.querySelectorAll('.compare img')].every((image) => image.complete)")
    frames(page)
    assert jumps(page) == []
