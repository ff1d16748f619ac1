"""Restore: the steps, each on its own; what is cached of them; what is told of them."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import services
from imaging.io import files
from imaging.io.files import Picture
from services import runtime
from services.base import CACHE, STEP_MASK, Cancelled, Result, ServiceError, ignore_progress
from services.restore import cached_steps
from services.restore.steps import STEPS
from services.running import measure_result, run_service

RESTORE = services.get("restore")
PHOTO = Picture(np.random.default_rng(0).integers(60, 190, (40, 60, 3), dtype=np.uint8))


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The keys of the steps that ran, whose work is fast here: add 1, add 2, and fill the upper half."""
    ran: list[str] = []

    def make(step, amount):
        def run(picture, options, report):
            report(0.0, "Working")
            ran.append(step.key)
            rgb, filled = picture.rgb + np.uint8(amount), None
            if step.key == "colour":
                filled = np.zeros(rgb.shape[:2], bool)
                filled[: len(filled) // 2] = True
                rgb = np.where(filled[:, :, None], rgb, picture.rgb)
            return Result(picture.with_rgb(rgb), replaced=filled)

        return replace(step, run=run, weights=(), is_quick=False)

    steps = [make(step, number) for number, step in enumerate(pick("tone", "blur", "colour"), start=1)]
    monkeypatch.setattr("services.restore.run.STEPS", tuple(steps))
    return ran


def pick(*keys: str) -> list:
    return [step for step in STEPS if step.key in keys]


def run(cache=None, report=ignore_progress, **options):
    chosen = RESTORE.parse_options({"colour": True} | options) | {CACHE: dict(cache or {})}
    return run_service(RESTORE, PHOTO, chosen, report)


def states(result) -> dict[str, str]:
    return {step.key: step.state for step in result.steps}


def test_each_step_gets_the_picture_of_the_one_before_and_says_what_it_did(calls):
    result = run()
    assert calls == ["tone", "blur", "colour"]
    assert states(result) == {"tone": "changed", "blur": "changed", "colour": "changed"}
    assert np.array_equal(result.picture.rgb[20:], PHOTO.rgb[20:] + 3)
    assert [step.picture.rgb[0, 0, 0] - PHOTO.rgb[0, 0, 0] for step in result.steps] == [1, 3, 6]
    assert result.steps[2].value == "50 %" and all(step.said for step in result.steps)
    changes = measure_result(result, result.picture)
    assert (changes[:20] == 255).all() and (changes[20:] == 3).all()


def test_a_step_that_is_done_is_not_told_as_the_end_of_the_run(calls):
    told = []
    run(report=lambda share, stage: told.append((share, stage)))
    assert [stage for _, stage in told].index("Done") == len(told) - 1
    assert told == sorted(told, key=lambda each: each[0])


def test_a_run_again_begins_where_it_differs_and_nothing_is_forgotten(calls):
    first = run()
    again = run(first.cache)
    assert calls == ["tone", "blur", "colour"] and np.array_equal(again.picture.pixels, first.picture.pixels)
    assert (measure_result(again, again.picture)[:20] == 255).all()
    without = run(first.cache, colour=False)
    assert len(calls) == 3 and states(without)["colour"] == "off"
    assert np.array_equal(without.picture.rgb, PHOTO.rgb + 3)
    del calls[:]
    other = run(first.cache, blur=False)
    assert calls == ["colour"] and np.array_equal(other.picture.rgb[:20], PHOTO.rgb[:20] + 4)
    run({**first.cache, **other.cache})
    assert calls == ["colour"], "what the run before the last had made is still there"


def test_another_strength_runs_its_step_and_those_after_it(calls):
    first = run()
    del calls[:]
    run(first.cache, blur_strength=0.5)
    assert calls == ["blur", "colour"]


def test_the_cache_keeps_the_latest_pictures_alone(calls, monkeypatch):
    monkeypatch.setattr(cached_steps, "MAX_PICTURES", 3)
    first = run()
    other = run(first.cache, tone_strength=0.5)
    pictures = [name for name in first.cache if len(name) == 24]
    assert set(pictures) <= set(other.dropped) and not set(other.dropped) & set(other.cache)
    damaged = {name: b"x" for name in first.cache}
    assert np.array_equal(run(damaged).picture.pixels, first.picture.pixels)


def test_a_step_that_fails_leaves_the_rest_and_is_told(calls, monkeypatch):
    def fail(picture, options, report):
        raise faults[0]

    faults = [ServiceError("broken", "It broke."), ValueError("no")]
    for said in ("It broke.", None):
        steps = (*pick("tone"), *(replace(step, run=fail, weights=()) for step in pick("blur")))
        monkeypatch.setattr("services.restore.run.STEPS", steps)
        result = run()
        assert states(result) == {"tone": "changed", "blur": "failed"} and result.verdict == "step_failed"
        assert result.picture is not None and (said is None or result.steps[1].said == said)
        del faults[0]


def test_a_cancelled_run_ends_at_once(calls):
    def cancel(share, stage):
        if calls:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(report=cancel)
    assert calls == ["tone"]


def test_a_photo_that_needs_nothing_has_no_result_and_the_list_says_why(monkeypatch):
    monkeypatch.setattr("services.restore.run.STEPS", tuple(pick("tone")))
    fine = Picture(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    result = run_service(RESTORE, fine, RESTORE.parse_options({}) | {CACHE: {}}, ignore_progress)
    assert (result.picture, result.verdict, states(result)) == (None, "nothing_to_restore", {"tone": "not_needed"})
    assert "faded" in result.steps[0].said


def test_a_step_that_could_not_tell_is_not_said_to_be_unneeded(monkeypatch):
    def give(verdict):
        return lambda picture, options, report: Result(None, verdict=verdict)

    scan, damage = (
        replace(step, run=give(verdict), weights=())
        for step, verdict in zip(pick("scan", "damage"), ("print_unsure", "damage_uncertain"), strict=True)
    )
    monkeypatch.setattr("services.restore.run.STEPS", (scan, damage))
    result = run(colour=False)
    assert states(result) == {"scan": "unsure", "damage": "unsure"} and result.picture is None
    monkeypatch.setattr("services.restore.run.STEPS", (replace(scan, run=give("no_print_found")),))
    assert states(run(colour=False)) == {"scan": "not_needed"}


def test_steps_without_weights_are_not_there(monkeypatch, tmp_path):
    monkeypatch.setattr("services.runtime.folders.weights", tmp_path)
    assert list(states(run())) == ["tone"]


def test_a_step_that_is_left_out_still_says_what_it_sees(calls, monkeypatch):
    def look(picture, options, report):
        mask = np.zeros(picture.rgb.shape[:2], np.uint8)
        mask[:10] = 255
        return Result(None, mask, "found")

    def fail(picture, options, report):
        raise ValueError("no")

    for way, value in ((look, "25 %"), (fail, "")):
        steps = (*pick("tone"), *(replace(step, look=way, weights=(), seen="Look.") for step in pick("colour")))
        monkeypatch.setattr("services.restore.run.STEPS", steps)
        result = run(colour=False)
        assert states(result)["colour"] == "off" and result.steps[1].value == value


def test_a_look_is_no_use_of_weights_and_is_not_repeated(calls, monkeypatch):
    looks: list[dict] = []

    def look(picture, options, report):
        runtime.note_use("cpu", "finder", "0" * 64)
        looks.append(dict(options))
        return Result(None, np.full(picture.rgb.shape[:2], 255, np.uint8))

    damage = replace(*pick("damage"), look=look, weights=())
    monkeypatch.setattr("services.restore.run.STEPS", (damage, *pick("tone")))
    first = run(damage=False, damage_marks="faint")
    assert states(first)["damage"] == "off" and first.steps[0].value == "100 %"
    assert first.picture.provenance.steps[0].weights == {}, "the finder made nothing of the result"
    again = run(first.cache, damage=False, damage_marks="faint", tone_strength=0.5)
    assert looks == [{"marks": "faint"}] and again.steps[0] == first.steps[0]
    run(first.cache, damage=False, damage_marks="clear")
    assert len(looks) == 2


def test_the_picture_of_a_step_is_cached_as_a_file_that_says_what_made_it_and_no_more(calls):
    result = run(blur_strength=0.5)
    tone, blur, colour = (files.decode(result.cache[step.cached]) for step in result.steps)
    assert np.array_equal(blur.rgb, PHOTO.rgb + 3) and blur.width == PHOTO.width
    assert [len(each.provenance.steps) for each in (tone, blur, colour)] == [1, 1, 1]
    told = blur.provenance.steps[0].options
    assert (told["tone"], told["blur"], told["blur_strength"], told["colour"]) == (True, True, 0.5, False)
    assert tone.provenance.source_type == "algorithmicallyEnhanced"
    assert colour.provenance.source_type == "compositeWithTrainedAlgorithmicMedia"
    filled = np.asarray(Image.open(io.BytesIO(result.cache[result.steps[2].cached + STEP_MASK])))
    assert (filled[:20] == 255).all() and not filled[20:].any()


def test_the_print_keeps_its_rim_unless_it_is_to_be_cut(calls, monkeypatch):
    seen: list[dict] = []

    def cut(picture, options, report):
        seen.append(dict(options))
        return Result(None, verdict="no_print_found")

    monkeypatch.setattr("services.restore.run.STEPS", (replace(*pick("scan"), run=cut, weights=()), *pick("tone")))
    run()
    run(scan_rim="cut", scan_upright="keep")
    assert seen == [{"rim": "keep", "upright": "faces"}, {"rim": "cut", "upright": "keep"}]


def test_something_must_be_switched_on():
    with pytest.raises(ServiceError):
        RESTORE.parse_options({step.key: False for step in STEPS})


def test_damage_that_is_sure_is_filled_by_default_and_the_rest_is_told(monkeypatch):
    (step,) = pick("damage")
    seen = []

    def run_tool(picture, options, report):
        seen.append(options)
        filled = np.zeros(picture.rgb.shape[:2], bool)
        filled[:10] = True
        return Result(picture.with_rgb(picture.rgb + np.uint8(1)), verdict="sure_damage_filled", replaced=filled)

    monkeypatch.setattr("services.restore.run.STEPS", (replace(step, run=run_tool, weights=()),))
    result = run()
    assert seen[0]["marks"] == "sure" and result.steps[0].value == "25 %" and "Other marks" in result.steps[0].said
    assert run(damage_marks="usual").steps and seen[1]["marks"] == "usual"
