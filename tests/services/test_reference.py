"""Colours like those of a reference picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import services
from imaging.colorizing.matching import Matches, match_colours
from imaging.io import files
from imaging.io.files import Picture
from services import inference, runtime
from services.base import CACHE, InvalidOption, ignore_progress
from services.colorize import guess
from services.colorize.reference import match_reference
from tests.services.test_colorize import dab

SERVICE = services.get("colorize")
PICTURES = Path(__file__).parents[2] / "docs" / "demo" / "pictures"


@pytest.fixture(scope="module")
def coffee():
    """A cup of coffee in colour, uint8 (80, 120, 3)."""
    return np.asarray(Image.fromarray(files.decode(PICTURES / "coffee.jpg").rgb).resize((120, 80)))


@pytest.fixture(scope="module")
def grey(coffee):
    return np.asarray(Image.fromarray(coffee).convert("L").convert("RGB"))


def run(photo: np.ndarray, reference: np.ndarray | Picture | None = None, cache: dict | None = None, **chosen):
    if isinstance(reference, np.ndarray):
        reference = Picture(reference)
    options = SERVICE.parse_options(chosen | ({"reference": reference} if reference else {}))
    return SERVICE.run(Picture(photo), options | {CACHE: cache or {}}, ignore_progress)


def chroma_error(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(guess.to_lab(found)[..., 1:] - guess.to_lab(wanted)[..., 1:]).mean())


def test_a_photo_gets_its_own_colours_back_from_the_coloured_print_of_it(coffee, grey):
    plain, guided = run(grey), run(grey, coffee)
    assert guided.verdict == ""
    assert chroma_error(guided.picture.rgb, coffee) < 0.35 * chroma_error(plain.picture.rgb, coffee)
    assert np.abs(guess.to_lab(guided.picture.rgb)[..., 0] - guess.to_lab(grey)[..., 0]).max() < 1.5  # chroma only


def test_the_calm_variant_is_paler_and_the_vivid_one_stronger(coffee, grey):
    result = run(grey, coffee)
    natural, calm, vivid = (
        np.ptp(each.rgb.astype(int), axis=2).mean() for each in (result.picture, *result.alternatives)
    )
    assert calm < natural < vivid


def test_a_reference_with_nothing_in_common_leaves_the_colours_and_says_so(grey):
    hues = np.zeros((100, 100, 3), np.uint8)
    hues[:50], hues[50:] = (200, 60, 60), (60, 90, 200)
    result = run(grey, hues)
    assert result.verdict == "nothing_matched" and result.verdict in SERVICE.verdicts
    assert np.array_equal(result.picture.pixels, run(grey).picture.pixels)


def _sepia(grey: np.ndarray) -> np.ndarray:
    return np.clip(grey * np.array((1.1, 0.97, 0.75)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("fade", [lambda grey: grey, _sepia, lambda grey: np.full((1, 1, 3), 90, np.uint8)])
def test_a_reference_without_colours_is_refused_in_words(grey, fade):
    with pytest.raises(InvalidOption) as caught:
        run(grey, fade(grey))
    assert caught.value.field == "reference" and "no colours of its own" in caught.value.message


def test_a_reference_that_is_transparent_all_over_is_refused(coffee, grey):
    nothing = np.dstack([coffee, np.zeros(coffee.shape[:2], np.uint8)])
    with pytest.raises(InvalidOption):
        run(grey, nothing)


def test_hidden_colours_of_transparent_places_are_not_taken(coffee, grey):
    half = np.dstack([coffee, np.full(coffee.shape[:2], 255, np.uint8)])
    half[:, 60:] = (0, 255, 0, 0)
    greenest = np.array((-0.78, 0.75))
    found = match_reference(Picture(grey), Picture(half))
    assert np.abs(found.chroma - greenest).sum(2).min() > 0.3


@pytest.mark.parametrize("size", [(2, 3), (3, 900), (1500, 2000)])
def test_references_of_any_size_are_taken(coffee, grey, size):
    reference = np.asarray(Image.fromarray(coffee).resize(size[::-1], Image.Resampling.NEAREST))
    reference = np.where(np.arange(size[1])[:, None] % 2, reference, reference[..., ::-1])
    assert run(grey, reference, variants="0").picture.pixels.shape == grey.shape


@pytest.mark.parametrize("shape", [(1, 1), (3, 400)])
def test_photos_of_any_size_can_have_one(coffee, shape):
    assert run(np.full((*shape, 3), 120, np.uint8), coffee, variants="0").picture.pixels.shape[:2] == shape


def test_another_reference_does_not_ask_for_another_guess(coffee, grey, monkeypatch):
    kept = dict(run(grey, coffee, variants="0").cache)
    monkeypatch.setattr(guess, "_predict", lambda *_: pytest.fail("asked"))
    again = run(grey, np.ascontiguousarray(coffee[:, ::-1]), cache=kept)
    assert dict(again.cache).keys() == kept.keys()


def test_a_dab_lies_over_the_colours_of_the_reference(grey, coffee):
    flat = np.array(grey)
    flat[20:45, 10:35] = 140
    result = run(flat, coffee, hints=dab((30, 30, 220)), variants="0")
    at = result.picture.rgb[40, 30].astype(int)
    assert at[2] > at[0] + 60


def mark(top: int, left: int, side: int) -> Picture:
    """Opaque paint on a transparent sheet of the size of the coffee."""
    sheet = np.zeros((80, 120, 4), np.uint8)
    sheet[top : top + side, left : left + side] = 9, 9, 200, 255
    return Picture(sheet)


def test_only_the_marked_things_of_a_reference_give_their_colours(coffee, grey):
    plain = run(grey, variants="0").picture.rgb
    taken = run(grey, coffee, reference_places=mark(50, 18, 10), variants="0")
    assert taken.verdict == "colours_taken" and taken.mask.shape == grey.shape[:2] and 0 < taken.mask.mean() < 128
    there = np.s_[50:60, 18:28]
    assert taken.mask[there].mean() > 128
    assert chroma_error(taken.picture.rgb[there], coffee[there]) < 0.5 * chroma_error(plain[there], coffee[there])
    moved = np.abs(taken.picture.rgb.astype(int) - plain).max(2)
    assert moved[there].mean() > 4 * moved[taken.mask == 0].mean()


def test_a_place_that_looks_like_what_was_not_marked_takes_nothing():
    """Four things, each with features of its own: the reference shows the first two, of which one is marked."""
    noise = np.random.default_rng(0).normal(0, 0.05, (2, 8, 8, 4)).astype(np.float32)
    things, shown = np.eye(4, dtype=np.float32), np.repeat([[0, 1]], 4, 1)
    reference = things[np.broadcast_to(shown, (8, 8))] + noise[0]
    photo = things[np.broadcast_to(np.repeat([[1, 2]], 4, 1), (8, 8))] + noise[1]
    photo[:3, :3] = things[0]
    red = np.full((8, 8, 2), 0.5, np.float32)
    marked = np.broadcast_to(shown == 0, (8, 8))
    found = match_colours([photo], [reference], red, np.ones((8, 8), bool), marked)
    assert (found.confidence[:3, :3] > 0.5).all() and not found.confidence[3:, :4].any() and not found.is_empty
    photo[:3, :3] = things[1]
    assert match_colours([photo], [reference], red, np.ones((8, 8), bool), marked).is_empty


def test_where_none_of_the_marked_things_is_seen_nothing_is_changed(coffee, grey, monkeypatch):
    nothing = Matches(np.zeros((8, 12), np.float32), np.zeros((8, 12, 2), np.float32))
    monkeypatch.setattr("services.colorize.run.match_reference", lambda *pictures: nothing)
    result = run(grey, coffee, reference_places=mark(50, 18, 10))
    assert (result.picture, result.verdict) == (None, "nothing_alike") and "guess" in result.cache


def test_places_without_a_reference_or_without_paint_are_refused(coffee, grey):
    for faulty, field in (({}, "reference"), ({"reference": Picture(coffee)}, "reference_places")):
        with pytest.raises(InvalidOption) as refused:
            run(grey, reference_places=Picture(np.zeros((80, 120, 4), np.uint8)), **faulty)
        assert refused.value.field == field


def test_other_networks_colours_can_have_a_reference_too(coffee, grey, monkeypatch):
    class Network:
        multiple_of, minimum_side = 16, 32

        def __call__(self, tensor, method="forward"):
            return tensor.new_zeros(1, 6, *tensor.shape[2:])

    real = inference.networks.get
    monkeypatch.setattr(inference.networks, "get", lambda name: Network() if "deoldify" in name else real(name))
    monkeypatch.setattr(runtime, "fingerprint_weights", lambda name: 64 * "0")
    result = run(grey, coffee, network="deoldify-artistic", render_factor="7", variants="0")
    assert chroma_error(result.picture.rgb, coffee) < 0.5 * chroma_error(grey, coffee)
