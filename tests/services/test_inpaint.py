"""What is painted over is filled; what is not stays as it was, bit for bit."""

import json

import numpy as np
import pytest
import torch

import services
from imaging.io.files import Picture
from networks.dfnet import DFNet
from services import runtime
from services.base import InvalidOption, ignore_progress
from services.cutout.outline import Outline
from services.inpaint import fills
from tests.services.conftest import export_small
from training.common.export import export

INPAINT = services.get("inpaint")
HEIGHT, WIDTH = 80, 110


@pytest.fixture
def small_network(monkeypatch, tmp_path):
    torch.manual_seed(0)
    export("dfnet", "dfnet", {"width": 4}, DFNet(width=4), "none", "dfnet.md", {}, tmp_path)
    monkeypatch.setattr(runtime.folders, "weights", tmp_path)


def photo(channels: int = 3) -> Picture:
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.dstack([down * 2 + 40, across * 2, np.full_like(down, 90)]).astype(np.uint8)
    pixels[30:50, 40:60] = (255, 0, 255)  # what is to be taken out
    return Picture(pixels if channels == 3 else np.dstack([pixels, np.full((HEIGHT, WIDTH), 255, np.uint8)]))


def mask(top: int = 28, bottom: int = 52, left: int = 38, right: int = 62) -> Picture:
    painted = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    painted[top:bottom, left:right] = (200, 30, 0, 255)
    return Picture(painted)


def run(picture: Picture | None = None, **options):
    return INPAINT.run(picture or photo(), INPAINT.parse_options(options), ignore_progress)


def outside(margin: int = 0) -> np.ndarray:
    places = np.ones((HEIGHT, WIDTH), bool)
    places[28 - margin : 52 + margin, 38 - margin : 62 + margin] = False
    return places


def test_what_is_painted_over_is_gone_and_all_else_is_untouched():
    result = run(mask=mask())
    assert not (result.picture.pixels[28:52, 38:62] == (255, 0, 255)).all(2).any()
    assert np.array_equal(result.picture.pixels[outside()], photo().pixels[outside()])
    assert np.array_equal(result.mask > 0, ~outside()) and result.alternatives == ()


def test_a_grown_mask_reaches_so_far_with_a_soft_edge_and_no_further():
    picture = Picture(np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
    result = run(picture, mask=mask(), grow=6)
    assert np.array_equal(result.picture.pixels[outside(6)], picture.pixels[outside(6)])
    changed = (result.picture.pixels != picture.pixels).any(2)
    assert changed[22:28, 38:62].mean() > 0.8
    moved = np.abs(result.picture.pixels.astype(int) - picture.pixels).mean(2)
    assert moved[22, 38:62].mean() < moved[26, 38:62].mean() / 1.5


def test_without_a_mask_it_asks_for_one_before_any_work():
    with pytest.raises(InvalidOption) as caught:
        INPAINT.parse_options({})
    assert caught.value.field == "mask"


@pytest.mark.parametrize("value", [0, 255])
def test_a_mask_that_is_empty_or_covers_everything_is_refused(value):
    with pytest.raises(InvalidOption) as caught:
        run(mask=Picture(np.full((HEIGHT, WIDTH, 3), value, np.uint8)))
    assert caught.value.field == "mask" and caught.value.message.endswith(".")


def test_an_inverted_mask_keeps_what_was_painted():
    result = run(mask=mask(10, 70, 10, 90), invert="1")
    assert np.array_equal(result.picture.pixels[10:70, 10:90], photo().pixels[10:70, 10:90])
    assert np.array_equal(result.mask > 0, mask(10, 70, 10, 90).alpha == 0)


def with_clear_pixel(colours: np.ndarray) -> Picture:
    """An opaque picture with one transparent pixel."""
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[3, 5] = 0
    return Picture(np.dstack([colours, alpha]))


def test_one_clear_pixel_in_a_black_and_white_mask_does_not_wipe_the_photo():
    black_and_white = np.dstack([np.where(outside(), np.uint8(0), np.uint8(255))] * 3)
    assert np.array_equal(run(mask=with_clear_pixel(black_and_white)).mask > 0, ~outside())


def test_a_copy_of_the_photo_with_a_hole_fills_the_hole_alone():
    copy = np.dstack([photo().pixels, np.where(outside(), np.uint8(255), np.uint8(0))])
    assert np.array_equal(run(mask=Picture(copy)).mask > 0, ~outside())


def test_a_mask_over_nearly_all_of_the_photo_is_refused_in_words():
    with pytest.raises(InvalidOption) as caught:
        run(mask=with_clear_pixel(np.full((HEIGHT, WIDTH, 3), 200, np.uint8)))
    assert caught.value.field == "mask" and "nearly all" in caught.value.message


def test_a_faint_mask_is_told_to_be_too_faint():
    faint = mask().pixels.copy()
    faint[..., 3] //= 5
    with pytest.raises(InvalidOption) as caught:
        run(mask=Picture(faint))
    assert "too faint" in caught.value.message


@pytest.mark.parametrize("invert", ["", "1"])
def test_a_faint_mask_over_nearly_all_of_the_photo_is_told_to_be_too_faint(invert):
    faint = np.where(np.arange(WIDTH) < WIDTH - 2, 155 if invert else 5, 255 if invert else 0).astype(np.uint8)
    with pytest.raises(InvalidOption, match="too faint"):
        run(mask=Picture(np.tile(faint[None, :, None], (HEIGHT, 1, 3))), invert=invert)


def test_several_alternatives_differ_and_come_back_by_their_number():
    noise = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    both = run(Picture(noise), mask=mask(), answers=2)
    second = run(Picture(noise), mask=mask(), answer=2)
    assert len(both.alternatives) == 1
    assert not np.array_equal(both.picture.pixels, both.alternatives[0].pixels)
    assert np.array_equal(both.alternatives[0].pixels, second.picture.pixels)


def test_what_transparency_hides_is_not_copied_into_the_picture():
    picture = photo(channels=4)
    pixels = picture.pixels.copy()
    pixels[:, 70:] = (0, 255, 0, 0)
    result = run(Picture(pixels), mask=mask())
    assert not (result.picture.pixels[28:52, 38:62, :3] == (0, 255, 0)).all(2).any()
    assert np.array_equal(result.picture.alpha, pixels[:, :, 3])


def test_the_person_is_found_and_taken_out(monkeypatch):
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[30:50, 40:60] = 255
    found = Outline(alpha, {})
    monkeypatch.setattr("services.inpaint.run.find_outline", lambda picture, options, report: found)
    result = run(what="person", grow=1)
    assert not (result.picture.pixels[30:50, 40:60] == (255, 0, 255)).all(2).any()
    assert np.array_equal(result.picture.pixels[outside(3)], photo().pixels[outside(3)])


def test_without_a_person_there_is_no_picture_and_a_reason(monkeypatch, tmp_path):
    export_small(tmp_path, everybody=False)
    monkeypatch.setattr(runtime.folders, "weights", tmp_path)
    result = run(what="person")
    assert result.picture is None and INPAINT.verdicts[result.verdict]


def test_a_network_fills_as_well_where_its_weights_are(small_network, tmp_path):
    result = run(mask=mask(), engine="dfnet", answers=3)
    assert np.array_equal(result.picture.pixels[outside()], photo().pixels[outside()])
    assert not (result.picture.pixels[30:50, 40:60] == (255, 0, 255)).all(2).any()
    assert result.alternatives == ()  # it knows only one
    assert json.loads((tmp_path / "manifest.json").read_text())["dfnet"]["network"] == "dfnet"


SCRATCH, THING = (slice(10, 13), slice(5, 100)), (slice(28, 52), slice(38, 62))


def paint(*parts: tuple[slice, slice]) -> Picture:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for part in parts:
        pixels[part] = 255
    return Picture(pixels)


def noise() -> Picture:
    return Picture(np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))


def fill_noise(*parts: tuple[slice, slice], **options):
    """Fill these parts of a photo of noise, where no two ways give the same."""
    return run(noise(), mask=paint(*parts), **options)


def same(one, other, part: tuple[slice, slice]) -> bool:
    return np.array_equal(one.picture.pixels[part], other.picture.pixels[part])


def test_left_to_itself_it_fills_scratches_with_the_network_and_things_with_patches(small_network):
    thin, thick = fill_noise(SCRATCH), fill_noise(THING)
    assert thin.verdict == "filled_by_network" and thick.verdict == "filled_with_patches"
    assert same(thin, fill_noise(SCRATCH, engine="dfnet"), SCRATCH)
    assert same(thick, fill_noise(THING, engine="patch"), THING)


def test_in_one_mask_each_piece_is_filled_in_its_own_way(small_network):
    both = fill_noise(SCRATCH, THING)
    assert both.verdict == "filled_by_both"
    assert same(both, fill_noise(SCRATCH, THING, engine="dfnet"), SCRATCH)
    assert not same(both, fill_noise(SCRATCH, THING, engine="patch"), SCRATCH)
    known = np.ones((HEIGHT, WIDTH), bool)
    known[SCRATCH] = known[THING] = False
    assert np.array_equal(both.picture.pixels[known], noise().pixels[known])


def test_what_lies_under_the_thing_does_not_show_in_the_scratch_beside_it(small_network):
    changed = noise().pixels.copy()
    changed[THING] = (255, 0, 255)
    beside = (slice(25, 27), slice(38, 62))
    pictures = [run(one, mask=paint(beside, THING)).picture.pixels for one in (noise(), Picture(changed))]
    assert np.array_equal(*pictures)


def test_the_alternative_for_a_thing_and_a_scratch_leaves_the_scratch(small_network):
    first, second = fill_noise(SCRATCH, THING), fill_noise(SCRATCH, THING, answer=2)
    assert same(first, second, SCRATCH) and not same(first, second, THING)
    assert second.verdict == "filled_by_both"


def test_the_alternative_for_a_scratch_is_one_of_patches(small_network):
    first, second = fill_noise(SCRATCH), fill_noise(SCRATCH, answer=2)
    assert second.verdict == "filled_with_patches" and not same(first, second, SCRATCH)
    assert same(second, fill_noise(SCRATCH, engine="patch"), SCRATCH)
    both = fill_noise(SCRATCH, answers=2)
    assert both.verdict == "filled_by_either" and same(both, first, SCRATCH)
    assert np.array_equal(both.alternatives[0].pixels, second.picture.pixels)


def test_without_the_network_patches_fill_everything_and_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime.folders, "weights", tmp_path)
    result = fill_noise(SCRATCH)
    assert result.verdict == "filled_with_patches" and same(result, fill_noise(SCRATCH, engine="patch"), SCRATCH)


def test_every_verdict_is_a_sentence_and_a_way_that_was_chosen_needs_none():
    assert all(sentence.endswith(".") for sentence in INPAINT.verdicts.values())
    assert set(fills.VERDICTS) < set(INPAINT.verdicts)
    assert run(mask=mask(), engine="patch").verdict == ""


def test_every_way_of_filling_is_a_choice_and_only_those_with_alternatives_ask_how_many():
    options = {option.name: option for option in INPAINT.options}
    assert [choice.value for choice in options["engine"].choices] == [one.key for one in fills.ENGINES]
    assert len({one.key for one in fills.ENGINES}) == len(fills.ENGINES)
    assert options["answers"].shown_when == ("engine", tuple(one.key for one in fills.ENGINES if one.varied))


@pytest.mark.parametrize(
    "options, following",
    [
        ({"answer": 3, "answers": 2}, ("answer", "5")),
        ({"engine": "patch"}, ("answer", "2")),
        ({"engine": "dfnet"}, None),
        ({"engine": "gone"}, None),
    ],
)
def test_another_alternative_is_offered_where_there_is_one(options, following):
    assert INPAINT.another(options) == following
