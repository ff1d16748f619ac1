"""The preview in the studio while a control moves: undo and redo, and what is saved is what was shown."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.people import DESK, DONE_MS, PICTURES, download, member, steady_box, until, wait_until_done

NAME = "live@example.com"
READ = "document.querySelector('.live canvas').toDataURL()"
LIVE = "document.querySelector('tool-form').classList.contains('is-live')"


@pytest.fixture(scope="module")
def studio(chromium, site):
    """A signed-in person."""
    with member(chromium, site, NAME, **DESK) as page:
        yield page


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photo without loss, so that the browser and the server decode the same."""
    path = tmp_path_factory.mktemp("photo") / "coffee.png"
    with Image.open(PICTURES / "coffee.jpg") as image:
        image.resize((240, 161)).save(path)
    return path


def read_preview(page) -> np.ndarray:
    """Return the preview, int (H, W, 4), once the last change is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return decode(base64.b64decode(page.evaluate(READ).split(",")[1]))


def decode(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


def save(page) -> bytes:
    """Press Download while a preview is shown, and return the file of the job that this has made."""
    with page.expect_download(timeout=DONE_MS) as waiting:
        page.click(".download-form [name=format][value=png]")
    return Path(waiting.value.path()).read_bytes()


def test_adjust_shows_it_at_once_undoes_and_saves_what_was_shown(studio, photo):
    studio.goto("/tools/adjust")
    studio.set_input_files("#image", photo)
    preview = studio.locator(".live canvas")
    expect(studio.locator(".live")).to_be_hidden()
    studio.fill("[name=contrast]", "1.5")
    expect(preview).to_be_visible()
    studio.wait_for_timeout(600)  # a pause ends a step of the history
    studio.locator("[name=transform][value='90']").check(force=True)
    until(studio, "document.querySelector('.live canvas').width === 161")
    studio.keyboard.press("Control+z")
    until(studio, "document.querySelector('.live canvas').width === 240")
    expect(studio.locator("[name=contrast]")).to_have_value("1.5")
    studio.click("edit-history [data-do=undo]")
    expect(studio.locator("[name=contrast]")).to_have_value("1")
    expect(studio.locator("edit-history [data-do=undo]")).to_have_attribute("aria-disabled", "true")
    until(studio, f"!{LIVE}")
    for _ in range(2):
        studio.keyboard.press("Control+Shift+z")
    expect(studio.locator("[name=transform][value='90']")).to_be_checked()
    shown = read_preview(studio)
    studio.click(".start")
    wait_until_done(studio, "compare-slider")
    until(studio, f"!{LIVE}")
    assert np.array_equal(decode(download(studio, "png")), shown)
    # Nothing was saved with these options yet: Download has that done first.
    studio.fill("[name=brightness]", "1.4")
    until(studio, LIVE)
    shown = read_preview(studio)
    assert np.array_equal(decode(save(studio)), shown)
    until(studio, f"!{LIVE}")


def test_a_background_a_place_and_a_shadow_are_shown_at_once_and_saved_as_shown(studio, photo, tmp_path):
    """The small copies of the result are stored with loss: a level or two on average, more along the person's edge."""
    mask = np.zeros((161, 240), np.uint8)
    mask[30:130, 60:180] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    studio.goto("/tools/background")
    studio.set_input_files("#image", photo)
    studio.set_input_files("#mask", tmp_path / "mask.png")
    studio.click(".start")
    wait_until_done(studio, "compare-slider")
    for chosen, more in (("blue", {}), ("gradient", {"colour_to": "#204060"}), ("blurred", {"blur": "6"})):
        studio.locator(f"[name=background][value={chosen}]").check(force=True)
        for name, value in more.items():
            studio.fill(f"[name={name}]", value)
        until(studio, LIVE)
        shown = read_preview(studio)[:, :, :3]
        assert np.abs(shown - decode(save(studio))[:, :, :3]).mean() < 2.5, chosen
    chips = "[...document.querySelectorAll('[data-option=background] .chip')]"
    places = f"{chips}.map((chip) => [chip.offsetLeft, chip.offsetTop, chip.offsetWidth])"
    before = studio.evaluate(places)
    studio.locator("[name=background][value=slate]").check(force=True)
    assert studio.evaluate(places) == before  # what is chosen takes no more room
    studio.fill("[name=shadow]", "60")
    studio.click(".modes [data-mode=place]")
    canvas = steady_box(studio.locator(".live canvas"))
    start = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    studio.mouse.move(*start)
    studio.mouse.down()
    studio.mouse.move(start[0] + 0.2 * canvas["width"], start[1] - 0.1 * canvas["height"], steps=4)
    studio.mouse.up()
    moved = [float(studio.locator(f"[name={name}]").input_value()) for name in ("across", "down")]
    assert moved == pytest.approx([20, -10], abs=0.5)
    studio.get_by_role("slider", name="Size of the person").press("ArrowLeft")
    assert studio.locator("[name=scale]").input_value() == "99"
    shown = read_preview(studio)[:, :, :3]
    assert np.abs(shown - decode(save(studio))[:, :, :3]).mean() < 2.5
    assert studio.locator(".modes [data-mode='']").get_attribute("aria-pressed") == "true"
    studio.click(".modes [data-mode=place]")  # the preview is shown, and yet nothing is new
    until(studio, LIVE)
    expected = studio.url
    download(studio, "png")
    assert studio.url == expected


def test_the_saturation_of_a_colouring_shows_at_once_and_the_variant_stays(studio):
    """The chroma's copy has a WebP's loss; what was chosen as variant stays chosen."""
    studio.goto("/tools/colorize")
    studio.set_input_files("#image", PICTURES / "cameraman.jpg")
    studio.click(".start")
    wait_until_done(studio, "compare-slider")
    studio.click("button.alternative >> nth=2")
    expect(studio.locator("button.alternative >> nth=2")).to_have_attribute("aria-pressed", "true")
    until(studio, f"!{LIVE}")
    studio.fill("[name=saturation]", "1.6")
    until(studio, LIVE)
    shown = read_preview(studio)[:, :, :3]
    before = studio.url
    assert np.abs(shown - decode(save(studio))[:, :, :3]).mean() < 3
    assert studio.url != before
    expect(studio.locator("button.alternative >> nth=2")).to_have_attribute("aria-pressed", "true")


def test_the_strength_of_denoise_shows_at_once_and_is_saved_as_shown(studio, photo, tmp_path):
    """The small copy of the result is stored with loss."""
    with Image.open(photo) as image:
        pixels = np.asarray(image.convert("RGB"))
    noise = np.random.default_rng(5).normal(0, 20, pixels.shape)
    Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8)).save(tmp_path / "noisy.png")
    studio.goto("/tools/denoise")
    studio.set_input_files("#image", tmp_path / "noisy.png")
    studio.fill("[name=strength]", "0.9")
    studio.click(".start")
    wait_until_done(studio, "compare-slider")
    until(studio, f"!{LIVE}")
    studio.fill("[name=strength]", "0.3")
    until(studio, LIVE)
    shown, before = read_preview(studio)[:, :, :3], studio.url
    assert np.abs(shown - decode(save(studio))[:, :, :3]).mean() < 2.5
    assert studio.url != before
    until(studio, f"!{LIVE}")
    studio.locator("#anyway").evaluate("box => box.click()")
    until(studio, f"!{LIVE}")  # this asks the network
