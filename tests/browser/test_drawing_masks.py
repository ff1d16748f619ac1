"""Masks that are more than painted: files, masks to begin with, starting over."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.people import PICTURES, until
from tests.browser.test_drawing import (
    FILLED,
    READY,
    at,
    fill_in,
    press,
    send_and_read_file,
    send_and_read_pixels,
    stroke,
)

FILE = "document.querySelector('[name=mask]').files[0]"
WRITTEN = "!document.querySelector('drawing-file').pending"
KEEP = "drawing('mask', 'Mask', src='/bench/pictures/coffee.jpg', keep=true)"


def paint_all(page) -> None:
    """Draw over all of the picture with the widest brush."""
    page.locator("[data-size]").fill("160")
    rows = [(x, y / 8) for y in range(9) for x in ((0, 1) if y % 2 else (1, 0))]
    stroke(page, (0.5, 0.5), *rows)


def half_mask(path: Path, width: int, height: int) -> Path:
    """Write a mask whose left half is chosen."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    Image.fromarray(mask).save(path)
    return path


def pick(page, path: Path, steps=1) -> None:
    """Choose a mask file and wait until it is on the sheet, as one step of so many."""
    page.set_input_files("[name=mask]", path)
    until(page, f"document.querySelector('drawing-layer').done.length === {steps}")


def test_a_mask_file_is_uploaded_painted_on_and_saved(new_drawing, tmp_path):
    page = new_drawing()
    pick(page, half_mask(tmp_path / "left.png", 600, 400))
    stroke(page, (0.7, 0.2), (0.9, 0.2))
    with page.expect_download() as waiting:
        press(page, "save")
    saved = np.asarray(Image.open(waiting.value.path()))
    assert waiting.value.suggested_filename == "mask.png"
    assert [at(saved, *p)[0] for p in ((0.25, 0.5), (0.75, 0.5), (0.8, 0.2))] == [255, 0, 255]
    assert (send_and_read_pixels(page) == saved).all()


@pytest.fixture
def large(new_drawing, tmp_path):
    """A page with a picture that is larger than what is painted on."""
    page = new_drawing()
    Image.new("RGB", (3000, 2000), "grey").save(tmp_path / "large.jpg")
    page.set_input_files("[name=image]", tmp_path / "large.jpg")
    until(page, "document.querySelector('.drawing-picture').width === 2048")
    page.locator(READY).wait_for()
    return page


def test_a_mask_file_is_sent_as_it_was_picked(large, tmp_path):
    file = half_mask(tmp_path / "fine.png", 3000, 2000)
    pick(large, file)
    until(large, WRITTEN)
    assert send_and_read_file(large) == file.read_bytes()


def test_what_is_painted_on_a_mask_file_counts_until_it_is_undone(large, tmp_path):
    file = half_mask(tmp_path / "fine.webp", 3000, 2000)
    pick(large, file)
    stroke(large, (0.7, 0.2), (0.9, 0.2))
    until(large, f"{FILE}.type === 'image/png'")
    press(large, "undo")
    until(large, f"{FILE}.name === 'fine.webp'")
    press(large, "redo")
    until(large, f"{FILE}.type === 'image/png'")
    for _ in range(2):
        press(large, "undo")
    fill_in(large, 0)
    press(large, "redo")
    assert send_and_read_file(large) == file.read_bytes()


def test_a_painted_mask_file_is_sent_at_the_size_of_the_sheet(large, tmp_path):
    pick(large, half_mask(tmp_path / "fine.png", 3000, 2000))
    stroke(large, (0.7, 0.2), (0.9, 0.2))
    mask = send_and_read_pixels(large)
    assert mask.shape[:2] == (1365, 2048)
    assert [at(mask, *p)[0] for p in ((0.25, 0.5), (0.75, 0.5), (0.8, 0.2))] == [255, 0, 255]


def test_a_mask_file_that_was_changed_meanwhile_is_picked_again(new_drawing, tmp_path):
    page = new_drawing()
    pick(page, half_mask(tmp_path / "mask.png", 600, 400))
    until(page, WRITTEN)
    Image.new("L", (600, 400), 255).save(tmp_path / "mask.png")
    pick(page, tmp_path / "mask.png", 2)
    assert send_and_read_file(page) == (tmp_path / "mask.png").read_bytes()


def test_a_mask_file_does_not_go_with_another_picture(new_drawing, tmp_path):
    page = new_drawing()
    pick(page, half_mask(tmp_path / "mask.png", 600, 400))
    until(page, WRITTEN)
    page.set_input_files("[name=image]", PICTURES / "astronaut.jpg")
    fill_in(page, 0)
    until(page, "document.querySelector('drawing-layer').blank")


@pytest.fixture
def started(new_drawing, tmp_path):
    """Open a page whose drawing begins with a mask of the left half."""

    def open_started(keep: bool):
        half_mask(tmp_path / "start.png", 60, 40)
        Image.open(PICTURES / "coffee.jpg").save(tmp_path / "coffee.jpg")
        addresses = "src='/bench/pictures/coffee.jpg', start='/bench/pictures/start.png'"
        return new_drawing(f"drawing('mask', 'Mask', {addresses}, keep={str(keep).lower()})", tmp_path)

    return open_started


def test_a_mask_to_begin_with_says_what_stays(started):
    page = started(keep=True)
    stroke(page, (0.7, 0.5), (0.8, 0.5))
    press(page, "erase")
    stroke(page, (0.2, 0.5), (0.3, 0.5))
    mask = send_and_read_pixels(page)
    assert [at(mask, *p)[0] for p in ((0.1, 0.1), (0.9, 0.1), (0.75, 0.5), (0.25, 0.5))] == [255, 0, 255, 0]


def test_start_over_goes_back_to_the_mask_to_begin_with(started):
    page = started(keep=True)
    stroke(page, (0.7, 0.5), (0.8, 0.5))
    fill_in(page)
    press(page, "clear")
    fill_in(page, 0)  # the server still has that mask
    stroke(page, (0.7, 0.9), (0.8, 0.9))
    mask = send_and_read_pixels(page)
    assert [at(mask, *p)[0] for p in ((0.1, 0.1), (0.9, 0.1), (0.75, 0.5), (0.75, 0.9))] == [255, 0, 0, 255]


@pytest.mark.parametrize("keep", [True, False])
def test_a_mask_to_begin_with_that_is_erased_is_sent_empty(started, keep):
    page = started(keep)
    press(page, "erase")
    paint_all(page)
    assert (send_and_read_pixels(page)[..., :3] == 0).all()


def test_without_a_mask_to_begin_with_only_what_is_painted_stays(new_drawing):
    page = new_drawing(KEEP)
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    mask = send_and_read_pixels(page)
    assert at(mask, 0.5, 0.5)[0] == 255 and at(mask, 0.5, 0.1)[0] == 0


def test_start_over_without_a_mask_to_begin_with_sends_none(new_drawing):
    page = new_drawing(KEEP)
    press(page, "clear")
    until(page, WRITTEN)
    assert page.evaluate(FILLED) == 0
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    fill_in(page)
    press(page, "clear")
    fill_in(page, 0)
    press(page, "undo")
    fill_in(page)
    press(page, "redo")
    assert send_and_read_file(page) == b""


def test_all_that_is_removed_by_hand_is_sent(new_drawing):
    page = new_drawing(KEEP)
    stroke(page, (0.3, 0.5), (0.7, 0.5))
    press(page, "erase")
    paint_all(page)
    assert (send_and_read_pixels(page)[..., :3] == 0).all()


def test_what_is_too_old_to_be_undone_is_still_sent(new_drawing):
    page = new_drawing()
    stroke(page, (0.4, 0.5), (0.6, 0.5))
    page.evaluate("""() => {
        const layer = document.querySelector('drawing-layer');
        for (let step = 0; step < 100; step++) layer.perform(() => {});
        while (layer.done.length) layer.undo();
    }""")
    assert at(send_and_read_pixels(page), 0.5, 0.5)[0] == 255
