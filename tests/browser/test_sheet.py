"""The contact sheet and what becomes of a result in a real browser: frames, boxes, stacks, search, steps, copies,
prints and links, at the desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import installation
from tests.browser.people import (
    DESK,
    PHONE,
    PICTURES,
    follow,
    member,
    open_page,
    start,
    wait_until_done,
)

NAME = "archivist@example.com"
screens = pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An installation that allows links."""
    with installation(tmp_path_factory.mktemp("sheet"), SHARE_DAYS="30") as site:
        yield site


@pytest.fixture(scope="module")
def filled(chromium, site):
    """An account with a photo in two versions, a tall one, and one without a result; the addresses of its jobs."""
    with member(chromium, site, NAME) as page:
        jobs = []
        for tool, picture, options in (
            ("adjust", "rocket.jpg", {"brightness": "1.3"}),
            ("adjust", "hopper.jpg", {"brightness": "1.2"}),
            ("colorize", "coffee.jpg", {}),
        ):
            start(page, tool, PICTURES / picture, **options)
            wait_until_done(page)
            jobs.append(page.url)
        page.goto(f"{jobs[0].replace('/jobs/', '/adjust?which=result&from=')}")
        page.locator("#tool [name=brightness]").first.fill("0.8")
        page.click("#tool .start")
        page.wait_for_url("**/jobs/*")
        wait_until_done(page)
        yield page.context.storage_state(), [*jobs, page.url]


@pytest.fixture
def visit(chromium, site, filled):
    """Open pages of that account."""
    pages = []

    def open_screen(screen, **settings):
        pages.append(open_page(chromium, site.url, storage_state=filled[0], **screen, **settings))
        return pages[-1]

    yield open_screen
    for page in pages:
        page.context.close()


def opacity(locator) -> str:
    return locator.evaluate("box => getComputedStyle(box).opacity")


@screens
def test_frames_are_whole_and_stand_under_their_days(visit, screen):
    page = visit(screen)
    page.goto(f"/{NAME}/history")
    expect(page.locator(".sheet-day h2")).to_have_count(1)
    expect(page.locator(".frame")).to_have_count(3)
    tall = page.locator(".frame", has_text="hopper.jpg").locator("img")
    tall.evaluate("image => image.decode()")
    shown, natural = tall.bounding_box(), tall.evaluate("image => image.naturalWidth / image.naturalHeight")
    window = page.locator(".frame", has_text="hopper.jpg").locator(".frame-picture").bounding_box()
    assert abs(shown["width"] / shown["height"] - natural) < 0.05
    assert shown["height"] <= window["height"] + 1 and shown["width"] <= window["width"] + 1
    assert tall.get_attribute("loading") == "lazy"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_on_a_phone_pictures_are_seen_below_the_search(visit):
    page = visit(PHONE)
    page.goto(f"/{NAME}/history")
    search, dates = page.locator(".sheet-search"), page.get_by_label("From")
    assert search.bounding_box()["height"] < 160  # two rows
    assert page.get_by_role("button", name="Search").bounding_box()["y"] < dates.bounding_box()["y"]
    expect(page.locator(".frame-picture").first).to_be_in_viewport(ratio=0.9)


def test_boxes_show_where_the_pointer_or_the_focus_is_and_while_selecting(visit):
    page = visit(DESK)
    page.goto(f"/{NAME}/history")
    boxes = page.locator(".frame-select")
    page.mouse.move(2, 2)
    assert [opacity(box) for box in boxes.all()] == ["0", "0", "0"]
    page.locator(".frame").nth(1).hover()
    assert [opacity(box) for box in boxes.all()] == ["0", "1", "0"]
    page.mouse.move(2, 2)
    boxes.nth(2).locator("input").focus()
    assert opacity(boxes.nth(2)) == "1"
    page.keyboard.press("Space")
    assert [opacity(box) for box in boxes.all()] == ["1", "1", "1"]


@pytest.mark.parametrize("settings", [PHONE, DESK | {"java_script_enabled": False}], ids=["touch", "no-script"])
def test_boxes_always_show_to_a_finger_and_without_script(visit, settings):
    page = visit(settings)
    page.goto(f"/{NAME}/history")
    # Without script nothing can be asked of the style: what is there is clicked.
    page.locator(".frame-select input").first.check()
    page.locator(".selection").get_by_role("button", name="Download ZIP").wait_for()
    if settings is PHONE:
        page.locator(".frame-select input").first.uncheck()
        assert [opacity(box) for box in page.locator(".frame-select").all()] == ["1", "1", "1"]


@pytest.mark.parametrize("settings", [{}, {"java_script_enabled": False}], ids=["script", "no-script"])
def test_a_stack_opens_and_the_sheet_is_searched(visit, settings):
    page = visit(PHONE, **settings)
    page.goto(f"/{NAME}/history")
    follow(page, page.locator(".frame-stack"))
    expect(page.locator("h1")).to_have_text("Versions of one photo")
    expect(page.locator(".frame-name")).to_have_text(["rocket.jpg", "rocket.jpg"])
    follow(page, page.locator(".trail a"))
    page.get_by_label("Name", exact=True).first.fill("HOPPER")
    follow(page, page.get_by_role("button", name="Search"))
    expect(page.locator(".frame-name")).to_have_text(["hopper.jpg"])
    page.get_by_label("From").fill("2001-01-01")
    page.get_by_label("Until").fill("2001-12-31")
    follow(page, page.get_by_role("button", name="Search"))
    expect(page.locator(".empty")).to_contain_text("No picture is like this.")
    follow(page, page.locator(".empty a"))
    expect(page.locator(".frame")).to_have_count(3)


@screens
def test_the_menu_of_a_frame_downloads_the_format_of_the_original(visit, screen):
    page = visit(screen)
    page.goto(f"/{NAME}/history")
    frame = page.locator(".frame", has_text="hopper.jpg")
    frame.locator("summary").click()
    with page.expect_download() as waiting:
        frame.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename == "revive-adjust-hopper.jpg"
    without = page.locator(".frame", has_text="coffee.jpg")
    without.locator("summary").click()
    expect(without.get_by_role("link", name="Download")).to_have_count(0)


@screens
def test_the_steps_of_a_picture_lead_back_and_forward(visit, filled, screen):
    page, first, last = visit(screen), filled[1][0], filled[1][-1]
    page.goto(last)
    steps = page.get_by_role("navigation", name="Steps of this picture")
    expect(steps.locator("li")).to_have_text(["Original", "Adjust", "Adjust"])
    follow(page, steps.get_by_role("link", name="Back one step"))
    assert page.url == first
    follow(page, steps.get_by_role("link", name="Forward one step"))
    assert page.url == last
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_result_is_copied_and_printed_alone(visit, filled):
    page = visit(DESK)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(filled[1][0])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("keep-picture [role=status]")).to_have_text("The picture is copied.")
    kinds = page.evaluate("navigator.clipboard.read().then(items => items.flatMap(item => item.types))")
    assert kinds == ["image/png"]
    page.evaluate("() => { window.print = () => (document.documentElement.dataset.printed = 'yes'); }")
    page.get_by_role("button", name="Print").click()
    expect(page.locator("html")).to_have_attribute("data-printed", "yes")
    assert page.locator(".printed").get_attribute("src").startswith("blob:"), "the full picture"
    page.emulate_media(media="print")
    shown = page.evaluate(
        "() => [...document.body.querySelectorAll('*')].filter(e => e.checkVisibility())"
        ".filter(e => !e.querySelector('.printed')).map(e => e.className)"
    )
    assert shown == ["printed"]


@screens
def test_a_link_is_made_opened_by_a_stranger_and_revoked(chromium, site, visit, filled, screen):
    page = visit(screen)
    page.goto(filled[1][1])
    page.locator(".share summary").click()
    page.get_by_label("The link lasts").select_option("30")
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#new-link")).to_be_focused()
    link = page.locator("#new-link").input_value()
    stranger = open_page(chromium, site.url, **screen)
    stranger.goto(link)
    stranger.get_by_role("img", name="The shared picture").evaluate("image => image.decode()")
    with stranger.expect_download() as waiting:
        stranger.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename == "revive-picture.jpg"
    assert NAME not in stranger.content() and "hopper" not in stranger.content()
    page.reload()
    page.locator(".share summary").click()
    expect(page.locator("#new-link")).to_have_count(0)
    expect(page.locator(".share-links")).to_contain_text("opened once")
    page.locator(".share-links button").first.click()
    expect(page.locator(".share-links li")).to_have_count(0)
    assert stranger.goto(link).status == 404
    stranger.context.close()


def test_the_end_of_a_job_is_told_when_it_was_wanted(visit, filled):
    page = visit(DESK)
    page.context.grant_permissions(["notifications"])
    page.add_init_script(
        """window.told = []; window.asked = 0;
        window.Notification = class extends EventTarget {
          static permission = "default";
          static async requestPermission() { window.asked += 1; return (this.permission = "granted"); }
          constructor(...words) { super(); window.told.push(words); }
        };
        Object.defineProperty(document, "hidden", { get: () => true });"""
    )
    page.goto(filled[1][0])
    say = "(hasResult) => document.dispatchEvent(new CustomEvent('finished', {detail: {news: 'It ended.', hasResult}}))"
    page.evaluate(say, False)
    assert page.evaluate("[asked, told.length]") == [0, 0], "nobody is asked unprompted"
    expect(page).to_have_title(re.compile("^! "))
    page.evaluate("document.querySelector('finish-notice button').click()")
    expect(page.locator("finish-notice button").first).to_have_attribute("aria-pressed", "true")
    page.evaluate(say, True)
    expect(page).to_have_title(re.compile("^✓ "))
    assert page.evaluate("[asked, told.length, told[0][0]]") == [1, 1, "It ended."]


def test_the_tray_shows_results_beside_originals_and_counts_what_has_none(visit):
    page = visit(DESK)
    page.goto("/tools/colorize")
    page.set_input_files("[name=image]", [PICTURES / "hopper.jpg", PICTURES / "coffee.jpg"])
    page.click("form[enctype] .start")
    summary = page.locator(".many-summary")
    expect(summary).to_have_text("0 of 2 done · 2 without a result", timeout=300_000)
    expect(page).to_have_title(re.compile("^! "))
    expect(page.locator("[data-part=zip]")).to_be_hidden()
    expect(page.locator("tray-item .item-result:visible")).to_have_count(0)
    page.goto("/tools/adjust")
    page.set_input_files("[name=image]", [PICTURES / "hopper.jpg", PICTURES / "coffee.jpg"])
    page.locator("#tool [name=brightness]").first.fill("1.2")
    page.click("form[enctype] .start")
    expect(summary).to_have_text("2 of 2 done", timeout=300_000)
    expect(page).to_have_title(re.compile("^✓ "))
    result = page.get_by_role("link", name="The result of hopper.jpg, in a new tab")
    result.locator("img").evaluate("image => image.decode()")
    item = page.locator("tray-item", has_text="hopper.jpg")
    expect(item.locator("img:visible")).to_have_count(2)
    with page.expect_download() as waiting:
        item.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename == "revive-adjust-hopper.jpg"
