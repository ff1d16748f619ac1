"""The contact sheet in a real browser: filter, select, rename, run again, delete and undo, download, with and without
script, at the desk and on a phone."""

import io
import re
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from tests.browser.people import PICTURES, ask_api, member, sign_in

NAME = "historian@example.com"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
screens = pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture(scope="module")
def registered(chromium, site):
    """An account; each test fills its history anew."""
    with member(chromium, site, NAME):
        return NAME


@pytest.fixture
def sheet(registered, new_page):
    """Open the history with so many finished jobs and nothing else in it."""

    def open_sheet(count: int, **settings):
        page = new_page(**settings)
        sign_in(page, registered)
        empty(page)
        for number in range(count):
            put_in(page, f"frame-{number}.jpg")
        page.goto(f"/{registered}/history")
        return page

    return open_sheet


def token(page) -> str:
    return page.locator("input[name=csrf_token]").first.get_attribute("value")


def empty(page) -> None:
    """Delete for good whatever is there, and what was deleted before."""
    page.goto(f"/{NAME}/history")
    jobs = [job["id"] for job in ask_api(page, "/jobs?limit=100").json()["jobs"]]
    binned = page.locator(".deleted form[action$=erasure] input[name=id]").evaluate_all("all => all.map(i => i.value)")
    for verb, ids in (("deletion", jobs), ("erasure", jobs + binned)):
        fields = "&".join([f"csrf_token={token(page)}", *(f"id={each}" for each in ids)])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if ids:
            assert page.request.post(f"/{NAME}/history/{verb}", data=fields, headers=headers).ok


def put_in(page, name: str, service: str = "adjust", seconds: float = 300) -> str:
    """Upload a picture and wait for its result; return the address of the job."""
    picture = min(PICTURES.glob("*.jpg"), key=lambda path: path.stat().st_size)
    form = {
        "brightness": "1.3",
        "image": {"name": name, "mimeType": "image/jpeg", "buffer": picture.read_bytes()},
    }
    job = ask_api(page, f"/tools/{service}/jobs", "POST", multipart=form).json()
    end = time.monotonic() + seconds
    while (job := ask_api(page, job["url"]).json())["status"] != "done":
        assert job["status"] in ("queued", "running") and time.monotonic() < end, job
        time.sleep(0.1)
    return job["page_url"]


def names(page) -> list[str]:
    return page.locator(".frame-name").all_inner_texts()


def shows(page, *expected: str, seconds: float = 60) -> bool:
    """Wait until these frames, and no others, are there: a form that was sent changes the page when it likes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(Error):  # the page is just going
            if names(page) == list(expected):
                return True
        time.sleep(0.05)
    return False


def open_menu(page, number: int = 0):
    page.locator(".frame-menu summary").nth(number).click()
    return page.locator(".frame-actions").nth(number)


def download_zip(waiting) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def fits(page) -> bool:
    """Say whether nothing makes the page scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@screens
def test_a_selection_is_deleted_and_taken_back(sheet, viewport):
    page = sheet(3, viewport=viewport)
    bar = page.locator(".selection")
    expect(bar).to_be_hidden()
    assert fits(page)
    for number in (0, 2):
        page.locator(".frame-select input").nth(number).check()
    expect(page.locator("[data-part=count]")).to_have_text("2 selected")
    bar.get_by_role("button", name="Delete").click()
    assert shows(page, "frame-1.jpg")
    expect(page.locator(".deleted")).to_contain_text("2 pictures are deleted.")
    assert fits(page)
    page.locator(".deleted").get_by_role("button", name="Undo").click()
    assert shows(page, "frame-2.jpg", "frame-1.jpg", "frame-0.jpg")
    expect(page.locator(".deleted")).to_have_count(0)


@screens
def test_one_frame_is_renamed_run_again_and_deleted_for_good(sheet, viewport):
    page = sheet(2, viewport=viewport)
    menu = open_menu(page)
    menu.locator("input[name=title]").fill("Grandma, 1950")
    menu.get_by_role("button", name="Rename").click()
    assert shows(page, "Grandma, 1950", "frame-0.jpg")
    menu = open_menu(page)
    assert fits(page)
    menu.get_by_role("link", name="Run again").click()
    page.wait_for_url(re.compile(r"/adjust\?.*from="))
    expect(page.locator("[name=brightness]").first).to_have_value("1.3")
    page.goto(f"/{NAME}/history")
    open_menu(page).get_by_role("button", name="Delete").click()
    expect(page.locator(".deleted")).to_contain_text("Grandma, 1950 is deleted.")
    page.get_by_role("button", name="Delete for good").click()
    page.locator(".deleted").wait_for(state="detached")
    assert shows(page, "frame-0.jpg")


@screens
def test_a_selection_and_everything_come_as_a_zip(sheet, viewport):
    page = sheet(3, viewport=viewport)
    page.locator(".frame-select input").nth(1).check()
    page.select_option(".selection select", "jpeg")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download ZIP").click()
    ((name, data),) = download_zip(waiting).items()
    assert name.endswith("adjust-frame-1.jpg") and data.startswith(b"\xff\xd8")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all as ZIP").click()
    assert len(download_zip(waiting)) == 3


def test_keys_select_a_range_and_clear_it(sheet):
    page = sheet(4, viewport=DESK)
    boxes = page.locator(".frame-select input")
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator(".frame-select input:checked")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator(".frame-select input:checked")).to_have_count(0)
    page.get_by_role("button", name="Select all").click()
    expect(page.locator("[data-part=count]")).to_have_text("4 selected")


def test_a_menu_closes_by_escape_and_gives_the_focus_back(sheet):
    page = sheet(2, viewport=DESK)
    page.locator(".frame-select input").first.check()
    open_menu(page, 1)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".frame-menu[open]")).to_have_count(0)
    expect(page.locator(".frame-menu summary").nth(1)).to_be_focused()
    assert page.locator(".frame-select input:checked").count() == 1, "Escape closed the menu, no more"
    open_menu(page, 0)
    page.locator("h1").click()
    expect(page.locator(".frame-menu[open]")).to_have_count(0)


def test_the_sheet_is_filtered_by_tool_and_says_when_none_is_there(sheet):
    page = sheet(1, viewport=DESK)
    page.locator(".filters").get_by_role("link", name="Adjust").click()
    page.wait_for_url("**service=adjust")
    assert shows(page, "frame-0.jpg")
    page.locator(".filters").get_by_role("link", name="Deblur").click()
    page.wait_for_url("**service=deblur")
    expect(page.locator(".empty")).to_contain_text("No picture of this tool is here.")
    assert shows(page)


def test_numbers_belong_to_the_frame_and_not_to_its_place(sheet):
    page = sheet(2, viewport=DESK)
    before = page.locator(".frame-number").all_inner_texts()
    open_menu(page, 1).get_by_role("button", name="Delete").click()
    page.wait_for_selector(".deleted")
    expect(page.locator(".frame-number")).to_have_text(before[:1])
    assert int(before[0]) == int(before[1]) + 1


@screens
def test_without_script_all_of_it_works(sheet, viewport):
    page = sheet(2, viewport=viewport, java_script_enabled=False)
    expect(page.locator(".selection")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    page.get_by_text("Please select some pictures first.").wait_for()
    page.goto(f"/{NAME}/history")
    page.locator(".frame-select input").nth(0).check()
    page.locator(".selection").get_by_role("button", name="Delete").click()
    assert shows(page, "frame-0.jpg")
    page.locator(".deleted").get_by_role("button", name="Undo").click()
    assert shows(page, "frame-1.jpg", "frame-0.jpg")
    page.locator(".frame-menu summary").nth(1).click()
    page.locator(".frame-actions").nth(1).locator("input[name=title]").fill("Uncle")
    page.locator(".frame-actions").nth(1).get_by_role("button", name="Rename").click()
    assert shows(page, "frame-1.jpg", "Uncle")


def test_an_empty_sheet_leads_to_the_tools(sheet):
    page = sheet(0, viewport=PHONE)
    page.locator(".empty a").click()
    page.wait_for_url(f"**/{NAME.replace('@', '*')}/")
