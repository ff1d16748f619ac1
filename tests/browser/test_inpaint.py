"""Painting something out of a photo in a real browser: paint, undo, fill, ask for an alternative, download."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.people import PHONE, PICTURES, choose, download, member, until, wait_until_done
from tests.browser.test_drawing import stroke

PHOTO = PICTURES / "coffee.jpg"
NAME = "inpaint@example.com"


@pytest.fixture(scope="module")
def person(chromium, site):
    with member(chromium, site, NAME, viewport={"width": 1280, "height": 1000}) as page:
        yield page


def paint_and_start_job(page) -> None:
    """Put in the photo, paint a wrong stroke, undo it, paint the right one, start; return on the job's page."""
    page.goto("/tools/inpaint")
    page.set_input_files("[name=image]", PHOTO)
    page.locator("drawing-surface.is-ready").wait_for()
    stroke(page, (0.1, 0.1), (0.9, 0.1))
    page.get_by_role("toolbar").locator("[data-do=undo]").click()
    stroke(page, (0.5, 0.7), (0.7, 0.75))
    page.click("form[enctype] .start")
    page.wait_for_url("**/jobs/*")
    wait_until_done(page)


def scratch() -> dict:
    """A mask of one thin line across the photo, as a file."""
    image, out = Image.new("L", Image.open(PHOTO).size), io.BytesIO()
    ImageDraw.Draw(image).line((100, 300, 500, 340), 255, 4)
    image.save(out, "PNG")
    return {"name": "scratch.png", "mimeType": "image/png", "buffer": out.getvalue()}


def find_changes(data: bytes) -> np.ndarray:
    """Return where a downloaded result differs from the photo, bool (H, W)."""
    filled, photo = (np.asarray(Image.open(file).convert("RGB")).astype(int) for file in (io.BytesIO(data), PHOTO))
    return np.abs(filled - photo).max(2) > 0


def test_a_person_paints_something_out_undoes_a_stroke_and_picks_an_alternative(person):
    paint_and_start_job(person)
    expect(person.locator(".job .verdict")).to_contain_text("filled")  # which way did, is said
    first = download(person, "png")
    places = find_changes(first)
    assert places.any() and not places[:100].any()  # the undone stroke took nothing
    assert not places[:, :200].any() and places.mean() < 0.2
    address = person.url
    person.get_by_role("button", name="Another answer").click()
    until(person, f"location.href !== '{address}'")
    wait_until_done(person)
    second = download(person, "png")
    assert second != first
    assert not (find_changes(second) & ~places)[:100].any()  # the same mask, though it was painted only once


def test_several_alternatives_stand_beside_each_other_and_one_is_picked(person):
    person.goto("/tools/inpaint")
    person.set_input_files("[name=image]", PHOTO)
    person.locator("drawing-surface.is-ready").wait_for()
    stroke(person, (0.5, 0.7), (0.7, 0.75))
    choose(person, "answers", "2")
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    first = download(person, "png")
    person.locator(".alternatives button").nth(1).click()
    expect(person.locator(".alternatives button").nth(1)).to_have_attribute("aria-pressed", "true")
    assert download(person, "png") != first


def test_a_scratch_is_left_to_the_network_and_the_alternative_is_one_of_patches(person):
    person.goto("/tools/inpaint")
    expect(person.get_by_role("radio", name="Automatic", exact=True)).to_be_checked()
    person.set_input_files("[name=image]", PHOTO)
    person.locator("drawing-surface.is-ready").wait_for()
    person.set_input_files("#mask", scratch())
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    expect(person.locator(".job .verdict")).to_contain_text("our network filled them")
    first, address = download(person, "png"), person.url
    person.get_by_role("button", name="Another answer").click()
    until(person, f"location.href !== '{address}'")
    wait_until_done(person)
    expect(person.locator(".job .verdict")).to_contain_text("Patches of this photo filled")
    assert download(person, "png") != first


def test_without_a_mask_the_form_says_what_is_missing(person):
    person.goto("/tools/inpaint")
    person.set_input_files("[name=image]", PHOTO)
    person.locator("drawing-surface.is-ready").wait_for()
    person.click("form[enctype] .start")
    person.get_by_text("Please paint over what is to be filled, or choose a mask.").first.wait_for()


def test_damage_is_found_shown_touched_up_and_filled(person):
    person.goto("/tools/inpaint")
    person.set_input_files("[name=image]", scratched())
    choose(person, "what", "damage")
    expect(person.locator("#drawn-mask, #drawn-damage_mask").locator("visible=true")).to_have_count(0)
    person.get_by_role("checkbox", name="Only show what would be filled").check()
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    expect(person.locator("#job-title")).to_have_text("What was found")
    person.locator("#drawn-damage_mask.is-shown drawing-surface.is-ready[start*='/mask']").wait_for()
    expect(person.get_by_role("checkbox", name="Only show what would be filled")).not_to_be_checked()
    stroke(person, (0.1, 0.9), (0.3, 0.9))  # which was missed
    address = person.url
    person.click("form[enctype] .start")
    until(person, f"location.href !== '{address}'")
    wait_until_done(person)
    filled, had = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        for data in (download(person, "png"), scratched()["buffer"])
    )
    changed = (filled != had).any(2)
    height, width = changed.shape
    assert changed[int(height * 0.9), int(width * 0.12) : int(width * 0.28)].mean() > 0.9
    assert changed[40:60, 400:560].any(0).mean() > 0.9  # the scratch, where it crosses the table
    assert changed.mean() < 0.1


def test_a_thing_is_found_with_its_shadow_shown_touched_up_and_filled(person):
    person.goto("/tools/inpaint")
    person.set_input_files("[name=image]", lay_ball())
    person.locator("drawing-surface.is-ready").first.wait_for()
    choose(person, "what", "thing")
    stroke(person, (0.46, 0.46), (0.54, 0.52))
    person.get_by_role("checkbox", name="Its shadow too").check()
    person.get_by_role("checkbox", name="Only show what would be filled").check()
    person.click("form[enctype] .start")
    person.wait_for_url("**/jobs/*")
    wait_until_done(person)
    expect(person.locator(".job .verdict")).to_contain_text("what looks like a shadow too")
    person.locator("#drawn-found_mask.is-shown drawing-surface.is-ready[start*='/mask']").wait_for()
    stroke(person, (0.1, 0.1), (0.3, 0.1))  # which is to stay after all
    person.locator("#drawn-found_mask [data-do=undo]").click()
    stroke(person, (0.1, 0.9), (0.3, 0.9))  # which was missed
    address = person.url
    person.click("form[enctype] .start")
    until(person, f"location.href !== '{address}'")
    wait_until_done(person)
    had = np.asarray(Image.open(io.BytesIO(lay_ball()["buffer"])))
    filled = np.asarray(Image.open(io.BytesIO(download(person, "png"))).convert("RGB"))
    changed = (filled != had).any(2)
    assert changed[130:170, 180:220].mean() > 0.9 and changed[268:272, 50:110].any(0).mean() > 0.9
    assert changed[200:206, 225:245].mean() > 0.9  # the shadow
    assert not changed[:60].any()


def test_on_a_phone_in_chinese_the_thing_is_scribbled_on_and_shown_by_keys(chromium, site):
    with member(chromium, site, "phone-inpaint@example.com", locale="zh-CN", **PHONE) as page:
        page.goto("/tools/inpaint")
        page.set_input_files("[name=image]", lay_ball())
        page.locator("#drawn-mask.is-shown drawing-surface.is-ready").wait_for()
        page.locator("[name=what][value=thing]").check(force=True)
        page.locator("#drawn-mask [role=application]").focus()
        for key in ("Space", "ArrowDown"):  # from the middle of the picture
            page.keyboard.press(key)
        page.locator("[name=find_only][type=checkbox]").focus()
        page.keyboard.press("Space")
        page.locator("form[enctype] .start").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/jobs/*")
        wait_until_done(page)
        expect(page.locator(".job .verdict")).to_contain_text("将会填补这里")
        page.locator("#drawn-found_mask.is-shown drawing-surface.is-ready[start*='/mask']").wait_for()
        box = page.locator("#drawn-found_mask drawing-layer canvas").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def lay_ball() -> dict:
    """A red ball on a grey ground, with its shadow, as a file."""
    grain, out = np.random.default_rng(0).normal(0, 4, (300, 400, 1)), io.BytesIO()
    drawn = Image.new("RGB", (400, 300), (170, 170, 170))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((180, 185, 280, 215), (105, 105, 105))
    pen.ellipse((165, 115, 235, 205), (200, 40, 40))
    pixels = (np.asarray(drawn) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return {"name": "ball.png", "mimeType": "image/png", "buffer": out.getvalue()}


def scratched() -> dict:
    """The photo with a long white scratch, as a file."""
    with Image.open(PHOTO) as image:
        photo, out = image.convert("RGB"), io.BytesIO()
    ImageDraw.Draw(photo).line((20, 44, 580, 56), (250, 250, 250), 3)
    photo.save(out, "PNG")
    return {"name": "print.png", "mimeType": "image/png", "buffer": out.getvalue()}
