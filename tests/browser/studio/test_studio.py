"""The studio in a real browser: one picture, run after run, with the result in place."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import DESK, PICTURES, download, member, steady_box, until, wait_until_done

NAME = "studio@example.com"
PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
COFFEE = PICTURES / "coffee.jpg"


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    """The cookies of a registered person."""
    with member(chromium, site, NAME) as page:
        yield page.context.storage_state()


@pytest.fixture(params=[DESK, PHONE], ids=["desktop", "phone"])
def studio(request, new_page, signed_in):
    """A signed-in person in front of Adjust, at a desk and with a phone."""
    page = new_page(storage_state=signed_in, **request.param)
    page.goto("/tools/adjust")
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= request.param["viewport"]["width"]


@pytest.fixture
def desk(new_page, signed_in):
    """The same, at a desk only."""
    page = new_page(storage_state=signed_in, **DESK)
    page.goto("/tools/adjust")
    return page


def put(page, picture=COFFEE, brightness="1.5") -> None:
    page.set_input_files("#image", picture)
    page.locator("#tool .drop-main .drop-preview:not([hidden])").wait_for()
    page.fill("[name=brightness]", brightness)


def run(page) -> str:
    """Press Start and wait for the result of this run; return the id of its job."""
    before = page.evaluate("document.querySelector('.job')?.dataset.job ?? ''")
    page.click(".start")
    page.wait_for_function("id => (document.querySelector('.job')?.dataset.job ?? '') !== id", arg=before)
    return wait_until_done(page)


def collect_sent_bodies(page) -> list[bytes]:
    """Collect the bodies of what the form sends from now on."""
    bodies = []
    page.on("request", lambda r: bodies.append(r.post_data_buffer or b"") if r.method == "POST" else None)
    return bodies


def test_the_chosen_picture_is_shown_at_once_with_its_size_and_format(studio):
    put(studio)
    for word in ("coffee.jpg", "JPEG", "600 × 400", "80 kB"):
        expect(studio.locator("#image-facts")).to_contain_text(word)


def test_a_format_that_the_browser_cannot_show_is_named_and_taken(studio, tmp_path):
    Image.open(COFFEE).save(tmp_path / "scan.tif")
    studio.route("**/preview", lambda route: route.abort())
    studio.set_input_files("#image", tmp_path / "scan.tif")
    studio.locator(".drop-blank:not([hidden])").wait_for()
    expect(studio.locator(".drop-format")).to_have_text("TIFF")
    expect(studio.locator("#image-facts")).to_contain_text("cannot show this format")
    studio.fill("[name=brightness]", "1.5")
    run(studio)
    expect(studio.locator(".job compare-slider")).to_be_visible()


def test_only_a_phone_offers_to_take_a_photo(new_page, signed_in):
    for device, shown in ((PHONE, True), (DESK, False)):
        page = new_page(storage_state=signed_in, **device)
        page.goto("/tools/adjust")
        camera = page.locator(".drop-camera input")
        expect(camera).to_be_visible(visible=shown)
        expect(camera).to_have_attribute("capture", "environment")
    camera = page.locator(".drop-camera input")
    camera.set_input_files(COFFEE)
    page.locator(".drop-main .drop-preview:not([hidden])").wait_for()
    expect(page.locator(".start")).to_be_enabled()


def test_the_result_comes_in_place_and_the_address_goes_along(studio):
    studio.evaluate("window.sameDocument = true")
    put(studio)
    job = run(studio)
    expect(studio).to_have_url(re.compile(f"/jobs/{job}$"))
    assert studio.evaluate("window.sameDocument")
    expect(studio.locator("[name=brightness]")).to_have_value("1.5")
    expect(studio.locator("#image-facts")).to_contain_text("coffee.jpg")
    expect(studio.locator("[data-part=news]")).to_have_text("Your picture is ready.")
    expect(studio).to_have_title(re.compile("^✓"))
    studio.reload()
    expect(studio.locator(".job[data-status=done] compare-slider")).to_be_visible()
    expect(studio.locator("[name=brightness]")).to_have_value("1.5")


def test_a_job_that_is_done_before_its_page_comes_is_told_all_the_same(desk):
    def when_done(route):
        response = route.fetch()
        while 'data-status="done"' not in response.text():
            response = route.fetch()
        route.fulfill(response=response)

    desk.route("**/jobs/*", when_done)
    put(desk)
    run(desk)
    expect(desk.locator("[data-part=news]")).to_have_text("Your picture is ready.")
    expect(desk).to_have_title(re.compile("^✓"))


def test_a_second_run_sends_no_picture_again(studio):
    put(studio)
    first = run(studio)
    bodies = collect_sent_bodies(studio)
    studio.fill("[name=brightness]", "0.6")
    second = run(studio)
    assert second != first and len(bodies[0]) < 4000
    assert first.encode() in bodies[0]


def test_the_page_of_an_old_job_runs_it_once_more(studio):
    put(studio)
    first = run(studio)
    studio.goto(f"/{NAME}/jobs/{first}")
    expect(studio.locator(".start")).to_have_text("Start again")
    studio.locator("[name=transform][value='180']").check(force=True)
    assert run(studio) != first


def test_going_back_finds_the_run_before(desk):
    put(desk)
    first = run(desk)
    desk.fill("[name=brightness]", "0.6")
    run(desk)
    desk.go_back()
    desk.locator(f".job[data-job='{first}']").wait_for()
    desk.go_back()
    desk.locator(".job").wait_for(state="detached")
    expect(desk.locator(".drop-main .drop-preview")).to_be_visible()


def test_another_picture_clears_the_stage(desk):
    put(desk)
    run(desk)
    desk.set_input_files("#image", PICTURES / "rocket.jpg")
    desk.locator(".job").wait_for(state="detached")
    expect(desk).to_have_url(re.compile("/adjust$"))
    run(desk)
    expect(desk.locator(".job-name")).to_have_text("rocket.jpg")
    expect(desk.locator(".job-facts")).not_to_contain_text("made from")


def test_a_picture_whose_job_was_deleted_meanwhile_is_simply_sent_again(desk):
    put(desk)
    first = run(desk)
    desk.evaluate(
        """async (url) => {
            const body = new FormData(document.querySelector('#tool'));
            await fetch(url, {method: 'POST', body});
        }""",
        f"/{NAME}/jobs/{first}/deletion",
    )
    desk.fill("[name=brightness]", "0.7")
    assert run(desk) != first


def test_the_result_is_sent_to_another_tool(studio):
    put(studio)
    job = run(studio)
    studio.locator(".next-tools a", has_text="Deblur").click()
    studio.wait_for_url("**/deblur?from=*")
    expect(studio.locator("[name=from_job]")).to_have_value(job)
    expect(studio.locator("[name=from_which]")).to_have_value("result")
    expect(studio.locator(".drop-main .drop-preview")).to_be_visible()
    expect(studio.locator(".start")).to_be_enabled()


def test_the_download_has_the_format_and_quality_that_were_chosen(studio):
    put(studio)
    run(studio)
    fine = download(studio, "jpeg")
    studio.get_by_text("Quality and privacy").click()
    studio.fill("[name=quality]", "20")
    studio.get_by_label("Leave out what the camera wrote").check()
    coarse = download(studio, "jpeg")
    assert Image.open(io.BytesIO(coarse)).format == "JPEG" and len(coarse) < len(fine) / 2
    assert Image.open(io.BytesIO(download(studio, "webp"))).format == "WEBP"


def test_a_fault_stands_beside_its_field_and_goes_when_it_is_mended(studio):
    put(studio)
    studio.evaluate("document.querySelector('[name=brightness]').removeAttribute('max')")
    studio.fill("[name=brightness]", "2000")
    studio.click(".start")
    fault, field = studio.locator(".option-number .field-error"), studio.locator("#brightness")
    expect(fault).to_contain_text("out of range")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", re.compile("brightness-error"))
    expect(field).to_be_focused()
    field.fill("1.4")
    expect(fault).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", re.compile(""))


def test_a_job_that_waits_is_cancelled_in_place_and_tried_again(studio, paused_queue):
    put(studio)
    studio.evaluate("window.sameDocument = true")
    studio.click(".start")
    waiting = studio.locator(".job[data-status=queued]")
    expect(waiting).to_contain_text("Number 1 in line")
    expect(waiting).to_contain_text("paused the queue")
    waiting.get_by_role("button", name="Cancel").click()
    studio.locator(".job[data-status=cancelled]").wait_for()
    expect(studio.locator("#job-title")).to_be_focused()
    studio.get_by_role("button", name="Try again").click()
    waiting.wait_for()
    paused_queue()
    wait_until_done(studio)
    assert studio.evaluate("window.sameDocument")


def test_start_and_the_result_are_reached_and_told_without_a_mouse(desk):
    desk.set_input_files("#image", COFFEE)
    desk.focus("[name=brightness]")
    desk.keyboard.press("Control+A")
    desk.keyboard.type("1.3")
    desk.keyboard.press("Enter")
    wait_until_done(desk)
    until(desk, "document.activeElement.closest('job-stage') !== null")
    reached = set()
    for _ in range(14):
        desk.keyboard.press("Tab")
        reached.add(desk.evaluate("document.activeElement.value || document.activeElement.textContent.trim()"))
    assert {"jpeg", "png", "webp"} <= reached


def test_a_mask_is_touched_up_on_the_result_and_the_run_goes_again(new_page, signed_in):
    page = new_page(storage_state=signed_in, **DESK)
    page.goto("/tools/background")
    page.set_input_files("#image", PICTURES / "astronaut.jpg")
    first = run(page)
    page.get_by_role("link", name="Touch up the mask").click()
    page.locator("#drawn-mask drawing-surface.is-ready[start*='/mask']").wait_for()
    page.locator("#drawn-mask [data-do=erase]").click()
    box = steady_box(page.locator("#drawn-mask .drawing-frame"))
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.35, steps=5)
    page.mouse.up()
    masks = [page.get_by_alt_text("The mask, white on black").get_attribute("src")]
    page.click(".start")
    page.wait_for_function("id => (document.querySelector('.job')?.dataset.job ?? id) !== id", arg=first)
    wait_until_done(page)
    masks.append(page.get_by_alt_text("The mask, white on black").get_attribute("src"))
    before, after = (mask_at(page, address) for address in masks)
    assert before[150, 256] > 200 and after[150, 256] < 60
    assert np.abs(before[400:, :200] - after[400:, :200]).max() < 3


def mask_at(page, address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page.request.get(address).body())).convert("L")).astype(int)


def test_every_part_of_the_page_has_a_name(desk):
    put(desk)
    run(desk)
    for button in desk.locator("main :is(button, a, input:not([type=hidden]))").all():
        if button.is_visible():
            name = button.evaluate(
                "e => e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim() || e.alt || ''"
            )
            assert name or button.get_attribute("aria-labelledby"), button.evaluate("e => e.outerHTML")


def test_another_language_leads_back_to_the_result(desk):
    put(desk)
    job = run(desk)
    desk.click("button[name=language][value=zh]")
    desk.locator("html[lang=zh-CN]").wait_for(state="attached")
    expect(desk).to_have_url(re.compile(f"/jobs/{job}$"))
    expect(desk.locator(".job")).to_have_attribute("data-job", job)
    desk.click("button[name=language][value=en]")
    desk.locator("html[lang=en]").wait_for(state="attached")
