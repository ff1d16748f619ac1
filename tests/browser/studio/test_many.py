"""Several pictures at once: the tray, what each of them does, and what is wrong with some."""

import io
import re
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import DESK, DONE_MS, PICTURES, ask_api, member

NAME = "tray@example.com"
DEVICES = {
    "desktop": DESK,
    "phone": {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True},
}
THREE = [PICTURES / name for name in ("coffee.jpg", "rocket.jpg", "chelsea.jpg")]


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    with member(chromium, site, NAME) as page:
        yield page.context.storage_state()


@pytest.fixture(params=DEVICES.values(), ids=DEVICES)
def studio(request, new_page, signed_in):
    page = new_page(storage_state=signed_in, **request.param)
    page.goto("/tools/adjust")
    page.fill("[name=brightness]", "1.5")
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= request.param["viewport"]["width"]


@pytest.fixture
def desk(new_page, signed_in):
    page = new_page(storage_state=signed_in, **DESK)
    page.goto("/tools/adjust")
    page.fill("[name=brightness]", "1.5")
    return page


def file(name: str, data: bytes, kind: str = "image/jpeg") -> dict:
    return {"name": name, "mimeType": kind, "buffer": data}


def item(page, name: str):
    return page.locator("tray-item", has_text=name)


def wait_for(page, name: str, state: str) -> None:
    page.locator(f"tray-item[data-state={state}]", has_text=name).wait_for(timeout=DONE_MS)


def newest(page) -> list[dict]:
    """What the server says of the last three jobs."""
    return ask_api(page, "/jobs?limit=3").json()["jobs"]


def test_several_pictures_are_run_one_by_one_and_downloaded_as_one_file(studio):
    studio.set_input_files("#image", THREE)
    expect(studio.locator(".many h2")).to_have_text("3 pictures")
    expect(studio.locator(".start")).to_have_text("Start 3 pictures")
    expect(item(studio, "coffee.jpg").locator(".item-state")).to_have_text("Waits for Start")
    studio.click(".start")
    for path in THREE:
        wait_for(studio, path.name, "done")
    studio.get_by_text("3 of 3 done").wait_for()
    with studio.expect_download() as waiting:
        studio.get_by_role("link", name="Download all").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        names = archive.namelist()
        assert len(names) == 3 and all(Image.open(io.BytesIO(archive.read(name))).size for name in names)
    assert [path.stem for path in THREE] == [re.search(r"adjust-(\w+)", name)[1] for name in sorted(names)]


def test_one_bad_file_never_stops_the_rest(studio):
    good = [file(path.name, path.read_bytes()) for path in THREE[:2]]
    bad = [file("torn.jpg", THREE[2].read_bytes()[:3000]), file("words.txt", b"words", "text/plain")]
    studio.set_input_files("#image", [bad[0], good[0], bad[1], good[1]])
    expect(item(studio, "words.txt")).to_contain_text("not a picture")
    expect(studio.locator(".start")).to_have_text("Start 3 pictures")
    studio.click(".start")
    for name in ("coffee.jpg", "rocket.jpg"):
        wait_for(studio, name, "done")
    wait_for(studio, "torn.jpg", "failed")
    expect(item(studio, "torn.jpg").locator(".item-state")).to_have_text(re.compile(".{20}"))
    expect(studio.locator(".many-summary")).to_have_text("2 of 4 done · 2 failed")


def test_what_was_dropped_one_after_the_other_comes_together(desk):
    desk.set_input_files("#image", THREE[0])
    desk.locator(".drop-main .drop-preview:not([hidden])").wait_for()
    desk.set_input_files("#image", THREE[1:])
    expect(desk.locator("tray-item")).to_have_count(2)
    desk.set_input_files("#image", THREE[0])
    expect(desk.locator("tray-item")).to_have_count(3)
    desk.get_by_role("button", name="Remove rocket.jpg").click()
    expect(desk.locator("tray-item")).to_have_count(2)
    desk.get_by_role("button", name="Take all out").click()
    expect(desk.locator(".many")).to_be_hidden()
    expect(desk.locator(".start")).to_be_disabled()


def test_one_is_cancelled_and_the_others_go_on(desk, paused_queue):
    desk.set_input_files("#image", THREE)
    desk.click(".start")
    for path in THREE:
        wait_for(desk, path.name, "queued")
    with desk.expect_response("**/cancellation"):
        desk.get_by_role("button", name="Cancel rocket.jpg").click()
    wait_for(desk, "rocket.jpg", "cancelled")
    paused_queue()
    for name in ("coffee.jpg", "chelsea.jpg"):
        wait_for(desk, name, "done")
    expect(item(desk, "rocket.jpg")).to_have_attribute("data-state", "cancelled")
    desk.get_by_role("button", name="Try rocket.jpg again").click()
    wait_for(desk, "rocket.jpg", "done")


def test_all_are_cancelled_at_once(studio, paused_queue):
    studio.set_input_files("#image", THREE)
    studio.click(".start")
    wait_for(studio, "chelsea.jpg", "queued")
    studio.get_by_role("button", name="Cancel all").click()
    for path in THREE:
        wait_for(studio, path.name, "cancelled")
    expect(studio.locator(".start")).to_be_enabled()


def test_a_second_start_sends_no_picture_again(desk):
    desk.set_input_files("#image", THREE[:2])
    desk.click(".start")
    desk.get_by_text("2 of 2 done").wait_for(timeout=DONE_MS)
    first = {link.get_attribute("href") for link in desk.locator("tray-item [data-part=open]").all()}
    bodies = []
    desk.on("request", lambda r: bodies.append(r.post_data or "") if r.method == "POST" else None)
    desk.fill("[name=brightness]", "0.7")
    desk.click(".start")
    new = "old => [...document.querySelectorAll('tray-item [data-part=open]')].every(a => !old.includes(a.pathname))"
    desk.wait_for_function(new, arg=list(first), timeout=DONE_MS)
    desk.get_by_text("2 of 2 done").wait_for(timeout=DONE_MS)
    assert len(bodies) == 2 and all("from_job" in body and len(body) < 4000 for body in bodies)


def test_a_full_line_makes_the_next_wait_and_a_used_up_day_is_told_at_the_item(desk):
    """The server's own refusals, which a test of one picture at a time would take long to run into."""
    refusals = {
        "line": {"key": "too_many_active_jobs", "message": "Many of your pictures are still waiting."},
        "day": {"key": "too_many_jobs_today", "message": "You have started as many pictures as one day allows."},
    }
    responses = iter([("line", {"Retry-After": "1"}), None, ("day", {}), None])

    def refuse(route):
        response = next(responses) if route.request.method == "POST" else None
        if response is None:
            return route.continue_()
        route.fulfill(status=429, json={"error": refusals[response[0]]}, headers=response[1])

    desk.route("**/tools/adjust/jobs", refuse)
    desk.set_input_files("#image", THREE)
    seen = desk.evaluate_handle(
        """() => {
            const seen = new Set();
            document.querySelector('picture-tray').addEventListener('tray',
                () => document.querySelectorAll('tray-item').forEach((item) => seen.add(item.dataset.state)));
            return seen;
        }"""
    )
    desk.click(".start")
    wait_for(desk, "coffee.jpg", "done")
    wait_for(desk, "rocket.jpg", "failed")
    wait_for(desk, "chelsea.jpg", "done")
    expect(item(desk, "rocket.jpg")).to_contain_text("as one day allows")
    assert "held" in desk.evaluate("seen => [...seen]", seen)


def test_each_result_opens_beside_the_tray(desk):
    desk.set_input_files("#image", THREE[:2])
    desk.click(".start")
    wait_for(desk, "coffee.jpg", "done")
    with desk.context.expect_page() as opened:
        item(desk, "coffee.jpg").get_by_role("link", name="coffee.jpg: Open in a new tab").click()
    opened.value.locator(".job[data-status=done]").wait_for()
    expect(desk.locator("tray-item")).to_have_count(2)


def test_what_was_drawn_on_one_picture_does_not_go_with_the_others(new_page, signed_in, paused_queue):
    page = new_page(storage_state=signed_in, **DESK)
    page.goto("/tools/background")
    page.set_input_files("#image", THREE[0])
    page.locator("mode-bar [data-mode=mask]").click()
    page.locator("#drawn-mask drawing-surface.is-ready").wait_for()
    out = io.BytesIO()
    Image.new("L", (8, 8), 255).save(out, "PNG")
    page.set_input_files("#mask", file("mask.png", out.getvalue(), "image/png"))
    page.set_input_files("#image", THREE)
    expect(page.locator("#drawn-mask")).to_be_hidden()
    page.click(".start")
    for path in THREE:
        wait_for(page, path.name, "queued")
    assert [job["options"]["mask"] for job in newest(page)] == [False] * 3
    page.get_by_role("button", name="Cancel all").click()
    for path in THREE:
        wait_for(page, path.name, "cancelled")
    while any(job["status"] != "cancelled" for job in newest(page)):
        page.wait_for_timeout(200)  # the server hears of it a moment later


def test_what_must_be_painted_is_not_started_with_several(new_page, signed_in):
    page = new_page(storage_state=signed_in, **DESK)
    page.goto("/tools/inpaint")
    page.set_input_files("#image", THREE)
    expect(page.locator(".many-alone")).to_be_visible()
    expect(page.locator(".start")).to_be_disabled()
    page.locator(".chip-person").click()
    expect(page.locator(".many-alone")).to_be_hidden()
    expect(page.locator(".start")).to_be_enabled()
