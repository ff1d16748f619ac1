"""What every service's run says of its result: what was kept, what made it, and what kind of picture it is."""

import hashlib
import json
from functools import cache

import numpy as np
import pytest

import services
from imaging.io.files import decode, encode
from imaging.io.provenance import SOURCE_TYPES
from networks.manifest import read_entries
from services import runtime
from services.base import CACHE, Picture, Result, ignore_progress
from services.running import CACHED_WEIGHTS, measure_result, run_service
from tests.services.test_contract import every_service, options_of, photo, some_mask


@cache
def run(key: str, channels: int) -> Result:
    """A real run on a small picture, once for all tests."""
    service = services.get(key)
    return run_service(service, photo(channels=channels), options_of(service), ignore_progress)


def run_with(key: str, **chosen) -> Result:
    service = services.get(key)
    return run_service(service, photo(), service.parse_options(chosen), ignore_progress)


@every_service
@pytest.mark.parametrize("channels", [3, 4])
def test_what_the_map_calls_kept_is_the_originals_bit_for_bit(service, channels):
    result = run(service.key, channels)
    for picture in (result.picture, *result.alternatives):
        changes = measure_result(result, picture)
        assert changes.shape == picture.pixels.shape[:2]
        if not service.own_size:  # and turned by nothing here: places are the original's own
            assert np.array_equal(result.source, photo(channels=channels).pixels)
        ours, theirs = (
            np.dstack([each, np.full(changes.shape, 255, np.uint8)])[:, :, :4]
            for each in (picture.pixels, result.source)
        )
        assert np.array_equal((ours == theirs).all(axis=2) & (changes != 255), changes == 0)


@every_service
def test_a_result_says_which_tool_options_and_weights_made_it(service):
    result = run(service.key, 3)
    for picture in (result.picture, *result.alternatives):
        (step,) = picture.provenance.steps
        assert step.tool == service.key and set(step.options) == {option.name for option in service.options}
        wanted = {"denoise"} if service.key == "denoise" else set(service.weights)  # the photo has no blocks of JPEG
        assert set(step.weights) >= wanted
        for name, sha256 in step.weights.items():
            folder, _ = runtime.folders.locate(name)
            file = folder / read_entries(folder)[name].file
            assert sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert picture.provenance.source_type == result.source_type in SOURCE_TYPES
        assert decode(encode(picture, "webp")).provenance == picture.provenance


@every_service
def test_there_is_a_sentence_about_what_changed_means(service):
    assert service.changes.endswith(".")


def test_only_the_hole_of_inpaint_is_replaced_and_all_else_kept():
    result = run_with("inpaint", mask=some_mask(), engine="patch", answers=2)
    for picture in (result.picture, *result.alternatives):
        assert np.array_equal(measure_result(result, picture), result.mask)
    assert result.source_type == "compositeSynthetic" and not result.picture.provenance.steps[0].weights
    assert result.picture.provenance.steps[0].options["mask"] is True


@pytest.mark.parametrize(
    ("background", "kind"),
    [
        ("white", "compositeSynthetic"),
        ("transparent", "algorithmicallyEnhanced"),
        ("blurred", "algorithmicallyEnhanced"),
    ],
)
def test_the_person_is_kept_and_what_is_behind_is_replaced_unless_it_is_blurred(background, kind):
    result = run_with("background", background=background, mask=some_mask())
    changes = measure_result(result, result.picture)
    assert result.source_type == kind and not changes[result.mask == 255].any()
    behind = changes[result.mask == 0]
    assert (behind == 255).all() if background != "blurred" else 0 < behind.max() < 255


def test_a_person_who_is_only_moved_is_kept():
    result = run_with("background", background="white", mask=some_mask(), across=10.0)
    changes = measure_result(result, result.picture)
    sure = np.zeros_like(result.mask)
    by = round(0.1 * sure.shape[1])
    sure[:, by:] = result.mask[:, :-by]
    assert (sure == 255).any() and not changes[sure == 255].any() and (changes[sure == 0] == 255).all()


def test_a_cut_out_from_the_cache_names_both_networks_too():
    service, first = services.get("background"), run_with("background")
    again = run_service(service, photo(), service.parse_options({}) | {CACHE: first.cache}, ignore_progress)
    steps = [result.picture.provenance.steps[0] for result in (first, again)]
    assert steps[0].weights.keys() == {"background", "people"} and steps[0].weights == steps[1].weights


def test_what_adjust_only_moves_is_kept_and_what_it_interpolates_is_changed():
    moved = run_with("adjust", transform="90", crop="0.1,0.1,0.5,0.5")
    assert not measure_result(moved, moved.picture).any()
    assert np.array_equal(moved.picture.pixels, np.rot90(photo().pixels, -1)[9:54, 6:36])
    straight = run_with("adjust", straighten=5.0)
    changes = measure_result(straight, straight.picture)
    assert (changes > 0).mean() > 0.9 and changes.max() < 255
    ours, theirs = straight.source.reshape(-1, 3), photo().pixels.reshape(-1, 3)
    assert set(map(bytes, ours)) <= set(map(bytes, theirs))  # compared with pixels that are the original's own
    assert straight.source_type == "humanEdits"


def test_the_new_background_of_an_id_photo_is_replaced():
    result = run_with("idphoto", frame="0,0,1,1", background="white", mask=some_mask())
    changes = measure_result(result, result.picture)
    assert 0.2 < (changes == 255).mean() < 0.8 and result.source_type == "compositeSynthetic"
    plain = run_with("idphoto", frame="0,0,1,1", background="keep")
    assert (measure_result(plain, plain.picture) != 255).all() and plain.source_type == "algorithmicallyEnhanced"
    assert not plain.picture.provenance.steps[0].weights  # no network was asked


def test_colorize_keeps_the_lightness_of_what_it_colours():
    grey = Picture(np.repeat(np.arange(0, 250, 2, dtype=np.uint8)[None, :, None], 40, 0).repeat(3, 2))
    service = services.get("colorize")
    result = run_service(service, grey, service.parse_options({}), ignore_progress)
    weights = np.array([0.2126, 0.7152, 0.0722])
    before, after = ((each / 255.0) ** 2.2 @ weights for each in (grey.pixels, result.picture.pixels))
    assert np.abs(before ** (1 / 3) - after ** (1 / 3)).max() < 0.03
    assert measure_result(result, result.picture).any() and service.guesses_colours


def test_a_chain_of_tools_grows_and_says_the_most_that_was_done():
    first = run("colorize", 3)
    service = services.get("adjust")
    second = run_service(service, first.picture, options_of(service), ignore_progress).picture.provenance
    assert [step.tool for step in second.steps] == ["colorize", "adjust"]
    assert second.source_type == "compositeWithTrainedAlgorithmicMedia"


def test_a_run_that_uses_what_an_earlier_one_cached_names_the_weights_of_that_one():
    service, first = services.get("colorize"), run("colorize", 3)
    told = dict(first.picture.provenance.steps[0].weights)
    assert json.loads(first.cache[CACHED_WEIGHTS]) == told and set(told) == {"colorize"}
    again = run_service(service, photo(), options_of(service) | {CACHE: first.cache}, ignore_progress)
    assert again.picture.provenance.steps[0].weights == told
    old = {name: data for name, data in first.cache.items() if name != CACHED_WEIGHTS}
    unknown = run_service(service, photo(), options_of(service) | {CACHE: old}, ignore_progress)
    assert unknown.picture.provenance.steps[0].weights == {"colorize": ""}
    broken = {**old, CACHED_WEIGHTS: b'{"colorize": "\\u00e9"'}
    assert run_service(service, photo(), options_of(service) | {CACHE: broken}, ignore_progress).picture


def test_a_run_without_a_picture_has_nothing_to_compare():
    declined = run_with("colorize")
    assert declined.picture is None and declined.source is None
