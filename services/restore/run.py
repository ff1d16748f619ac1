"""How Restore walks its steps: each gets the picture of the one before, or what an earlier run made of that."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from errors import N_
from imaging.guided_filter import fit_size, resize_area
from imaging.io import metadata, provenance
from imaging.io.check import PREVIEW_SIDE
from imaging.io.errors import TooCostly
from imaging.io.provenance import SOURCE_TYPES
from services import runtime
from services.availability import find_weights_reason
from services.base import (
    CACHE,
    CHANGED,
    FAILED,
    MAX_MEGAPIXELS,
    NOT_NEEDED,
    OFF,
    UNSURE,
    Cancelled,
    Picture,
    Report,
    Result,
    ServiceError,
    StepResult,
)
from services.restore import NOTHING_TO_RESTORE, SERVICE, STEP_FAILED
from services.restore.cached_steps import CachedSteps, Facts, make_name
from services.restore.steps import STEPS, Step
from services.running import describe_options, find_version

logger = logging.getLogger(__name__)

_UNEXPECTED = N_("This step broke off, and the others went on without it.")


@dataclass(frozen=True)
class State:
    """What passes from step to step: the picture, the original's pixel at each of its places, and what was filled.

    source: uint8 (H, W, 3|4); replaced: bool (H, W) or None. name: of the last step that ran, see `cached_steps`.
    source_type: of what the steps made, "" for nothing.
    """

    picture: Picture
    source: np.ndarray
    replaced: np.ndarray | None = None
    name: str = ""
    source_type: str = ""


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Run the steps that are switched on. A step that fails leaves the rest, and the list says so.

    One that is left out may look all the same. Steps whose weights are missing are not there at all. A picture that no
    step changed has no result, only the verdict and the list. What each slow step made is cached: a later run on the
    same original begins where it differs.
    """
    cached = CachedSteps(options.get(CACHE, {}))
    state, told = State(picture, picture.pixels), []
    offered = [step for step in STEPS if _is_offered(step)]
    total = sum(step.cost for step in offered if options[step.key]) or 1
    limits = {name: options[name] for name in (MAX_MEGAPIXELS,) if name in options}
    done = 0.0
    report(0.0, N_("Looking at the picture"))
    for step in offered:
        if not options[step.key]:
            told.append(_look(step, step.choose(options), state, cached, _report_part(report, done / total, 0.0)))
            continue
        ahead = _report_part(report, done / total, step.cost / total)
        state, result = _take_step(step, step.choose(options) | limits, state, cached, options, ahead)
        told.append(result)
        done += step.cost
    report(1.0, N_("Done"))
    return _conclude(state, tuple(told), cached)


def _look(step: Step, own: Mapping[str, Any], state: State, cached: CachedSteps, report: Report) -> StepResult:
    """Return what is told of a step that is left out: where it can, what it would have done. No fault of it counts."""
    if step.look is None:
        return StepResult(step.key, OFF)
    try:
        name = make_name(state.name, ["look", step.key, dict(own), _fingerprint(step)])
        seen = cached.find(name)
        if seen is None:
            with runtime.discard_uses():
                mask = step.look(state.picture, own, report).mask
            seen = Facts("" if mask is None or not mask.any() else _tell_share(mask > 0))
            cached.add(name, seen, None, None)
    except Cancelled:
        raise
    except Exception:
        logger.exception("The step %s of Restore could not look", step.key)
        return StepResult(step.key, OFF)
    return StepResult(step.key, OFF, step.seen, seen.verdict) if seen.verdict else StepResult(step.key, OFF)


def _fingerprint(step: Step) -> list[str]:
    return [runtime.fingerprint_weights(each) for each in step.weights]


def _tell_share(mask: np.ndarray) -> str:
    percent = 100 * mask.mean()
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"


def _is_offered(step: Step) -> bool:
    folders = [runtime.folders.weights, *filter(None, [runtime.folders.imported])]
    return not any(find_weights_reason(name, folders) for name in step.weights)


def _report_part(report: Report, begin: float, length: float) -> Report:
    """Return the report of one step, as a part of the run. That a step is done is not told: the run goes on."""

    def report_part(share: float, stage: str) -> None:
        if share < 1.0:
            report(begin + length * share, stage)

    return report_part


def _take_step(
    step: Step,
    own: Mapping[str, Any],
    state: State,
    cached: CachedSteps,
    options: Mapping[str, Any],
    report: Report,
) -> tuple[State, StepResult]:
    """Return the state after a step, and what is told of it; a fault of the step is told, too.

    own, options: of the step, and of the whole run.
    """
    try:
        name = make_name(state.name, [step.key, dict(own), _fingerprint(step)])
        made = max(state.source_type, step.source_type, key=("", *SOURCE_TYPES).index)
        found = _reuse(state, name, cached)
        verdict, picture, replaced, source = found or _compute(
            step, own, state, name, cached, lambda picture: _sign(step, picture, made, options), report
        )
        if picture is None:
            told = UNSURE if verdict in step.unsure else NOT_NEEDED
            return replace(state, name=name), StepResult(step.key, told, step.verdicts.get(verdict, ""))
        after = _move_on(replace(state, name=name, source_type=made), _mark(step, picture), replaced, source)
    except Cancelled:
        raise
    except ServiceError as error:
        return state, StepResult(step.key, FAILED, error.message)
    except MemoryError:
        return state, StepResult(step.key, FAILED, TooCostly.message)
    except Exception:
        logger.exception("The step %s of Restore failed", step.key)
        return state, StepResult(step.key, FAILED, _UNEXPECTED)
    return after, _tell(step, verdict, after.picture, replaced, name if cached.holds(name) else "")


def _mark(step: Step, picture: Picture) -> Picture:
    """Return a picture whose EXIF names the program of a step that wants that."""
    return replace(picture, exif=metadata.set_software(picture.exif, step.mark)) if step.mark else picture


def _sign(step: Step, picture: Picture, source_type: str, options: Mapping[str, Any]) -> Picture:
    """Return the picture of a step as its own file is to have it: it says what made it, and not what came after."""
    described = describe_options(SERVICE, options)
    later = STEPS[[each.key for each in STEPS].index(step.key) + 1 :]
    described |= {each.key: False for each in later}
    history = provenance.Step(SERVICE.key, described, runtime.get_used_weights(), find_version())
    return _mark(step, picture).with_step(history, source_type)


# What a step gave: verdict, picture, what was filled, and the source where places moved.
_Given = tuple[str, Picture | None, np.ndarray | None, np.ndarray | None]


def _reuse(state: State, name: str, cached: CachedSteps) -> _Given | None:
    facts = cached.find(name)
    if facts is None:
        return None
    picture, replaced = None, None
    if facts.changed:
        found = cached.read(name, facts, state.picture)
        if found is None:
            return None
        picture, replaced = found
    for each in facts.weights:
        runtime.note_cached_use(each)
    return facts.verdict, picture, replaced, None


def _compute(
    step: Step,
    own: Mapping[str, Any],
    state: State,
    name: str,
    cached: CachedSteps,
    sign: Callable[[Picture], Picture],
    report: Report,
) -> _Given:
    before = set(runtime.get_used_weights())
    result = step.run(state.picture, own, report)
    used = {each for each in runtime.get_used_weights() if each not in before or each in step.weights}
    changed = result.picture is not None
    if not (step.is_quick and changed):
        facts = Facts(result.verdict, tuple(sorted(used)), changed, changed and result.replaced is not None)
        cached.add(name, facts, sign(result.picture) if result.picture else None, result.replaced)
    return result.verdict, result.picture, result.replaced, result.source


def _move_on(state: State, picture: Picture, replaced: np.ndarray | None, source: np.ndarray | None) -> State:
    """Return the state with the picture of a step, and with the source and what was filled moved as it was."""
    filled, own_source = state.replaced, state.source
    if picture.pixels.shape[:2] != state.picture.pixels.shape[:2]:
        factor = picture.height // state.picture.height
        is_enlarged = (picture.height, picture.width) == (factor * state.picture.height, factor * state.picture.width)
        if is_enlarged:
            own_source = _enlarge(own_source, factor)
            filled = None if filled is None else _enlarge(filled, factor)
        elif source is None or filled is not None:
            raise ValueError("a step that moves places must be the first, and say where they were")
    if source is not None and state.source is state.picture.pixels:
        own_source = source
    if replaced is not None:
        filled = replaced if filled is None else filled | replaced
    return State(picture, own_source, filled, state.name, state.source_type)


def _enlarge(pixels: np.ndarray, factor: int) -> np.ndarray:
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _tell(step: Step, verdict: str, picture: Picture, replaced: np.ndarray | None, cached: str) -> StepResult:
    height, width = fit_size(picture.height, picture.width, PREVIEW_SIDE)
    small = picture.with_pixels(resize_area(picture.pixels, (height, width)))
    if replaced is None:
        said, value = step.verdicts.get(verdict, step.said), ""
    else:
        said, value = step.verdicts.get(verdict, step.said), _tell_share(replaced)
    return StepResult(step.key, CHANGED, said, value, small, picture.width, picture.height, cached)


def _conclude(state: State, told: tuple[StepResult, ...], cached: CachedSteps) -> Result:
    states = {each.key: each.state for each in told}
    cache, dropped = cached.finish()
    verdict = STEP_FAILED if FAILED in states.values() else ""
    if CHANGED not in states.values():
        return Result(None, verdict=verdict or NOTHING_TO_RESTORE, steps=told, cache=cache, dropped=dropped)
    return Result(
        state.picture,
        verdict=verdict,
        steps=told,
        cache=cache,
        dropped=dropped,
        source=state.source,
        replaced=state.replaced,
        source_type=state.source_type,
    )
