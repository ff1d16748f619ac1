"""One run of a tool on one input after another, or on several at once. One bad file never ends the run."""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import Any

from command_line import translate
from imaging.change_map import encode_map
from imaging.io import files
from imaging.io.errors import ForeignFormat
from imaging.io.files import Picture
from imaging.io.outputs import OutputExists, Outputs
from revive.console import DECLINED, DONE, FAILED, SKIPPED, End, PlainLines, escape_unprintable
from revive.inputs import Input
from revive.options import describe_error
from revive.result import FORMATS
from revive.targets import SUFFIX_OF, Target
from services.base import CHANGED, MET, STATES, Cancelled, File, Report, Result, Service
from services.base import FAILED as STEP_FAILED
from services.running import measure_result, run_service


@dataclass(frozen=True)
class Task:
    """What one call of a command does to each of its pictures.

    `is_single`: the person named one file, and no folder. `skip_existing`: leave what has its output already.
    `change_map`, `mask`: write them beside each picture; a mask also where there is no picture.
    """

    service: Service
    options: dict[str, Any]
    target: Target
    metadata: str
    quality: int
    max_megapixels: float
    is_single: bool
    skip_existing: bool
    change_map: bool = False
    mask: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def makes_mask_only(self) -> bool:
        """Whether a run is to show what another would work on: its mask is all that is written."""
        looks = (each.once and each.matters(self.options) and self.options[each.name] for each in self.service.options)
        return self.mask and any(looks)


def run_batch(task: Task, inputs: Sequence[Input], at_once: int, console: PlainLines) -> list[End]:
    """Run the task on these inputs, `at_once` of them in parallel; return what became of each.

    An interrupt from the keyboard ends the runs that are under way, and is raised again.
    """
    console.start(len(inputs))
    ends = []
    with ThreadPoolExecutor(at_once) as pool:
        futures = {pool.submit(_process, task, each, number, console): number for number, each in enumerate(inputs)}
        try:
            for future in as_completed(futures):
                ends.append(future.result())
                console.end(futures[future], ends[-1])
        except BaseException:
            task.stop.set()
            console.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    console.finish(ends)
    return ends


def _process(task: Task, source: Input, number: int, console: PlainLines) -> End:
    """Run the service on one input and write its outputs.

    A file that is no picture is skipped where it is one of many, and fails where the person named it alone.
    """

    def report(share: float, stage: str = "") -> None:
        if task.stop.is_set():
            raise Cancelled
        console.progress(number, share)

    started = time.monotonic()
    try:
        end = _run(task, source, report)
    except OutputExists as error:
        stays = _("{name} exists already. It is an input and stays.")
        told = stays if error.is_input else _("{name} exists already. --overwrite replaces it.")
        end = _end(source, FAILED, told.format(name=escape_unprintable(error.path)))
    except ForeignFormat as error:
        message = translate(error.message)
        if task.is_single:
            end = _end(source, FAILED, message)
        else:
            end = _end(source, SKIPPED, f"{message} " + _("Skipped."))
    except Exception as error:
        end = _end(source, FAILED, describe_error(error))
    return End(**vars(end) | {"seconds": time.monotonic() - started})


def _run(task: Task, source: Input, report: Report) -> End:
    report(0.0, "")
    service = task.service
    if task.skip_existing and (task.target.has_output(source) or task.makes_mask_only and task.target.has_mask(source)):
        return _end(source, SKIPPED, _("Its output exists already. Skipped."))
    content = _read_content(source)
    picture = files.decode(content, task.max_megapixels)
    notes = tuple(_describe_stretched_masks(service, task.options, picture))
    if (pages := files.probe(content, task.max_megapixels).pages) > 1:
        notes += (_("holds {count} pictures. Only the largest one was taken.").format(count=pages),)
    result = run_service(service, picture, task.options, report)
    notes += tuple(_describe_checks(service, result, all_rows=task.is_single))
    steps = _tell_steps(service, result)
    told = (each for each in steps if each["sentence"] and (task.is_single or each["state"] in (CHANGED, STEP_FAILED)))
    notes += tuple(f"{each['title']}: {each['sentence']}" for each in told)
    message = translate(service.verdicts.get(result.verdict, ""))
    if result.picture is None and not (task.mask and result.mask is not None):
        return End(str(source.path), _name(source), DECLINED, message, result.verdict, notes, steps=steps)
    if result.picture is None and task.skip_existing and task.target.has_mask(source):
        return _end(source, SKIPPED, _("Its output exists already. Skipped."))
    outputs = _write(task, source, result)
    return End(str(source.path), _name(source), DONE, message, result.verdict, notes, outputs, steps=steps)


def _read_content(source: Input) -> bytes | Path:
    """Return a file's path, or what comes through standard input or a pipe, which can be read only once."""
    if source.is_standard:
        return sys.stdin.buffer.read()
    return source.path.read_bytes() if source.path.is_fifo() else source.path


def _write(task: Task, source: Input, result: Result) -> tuple[Path, ...]:
    """Write what a run gave, and return the paths.

    Alternatives are NAME-2 and so on, finished files NAME-<file>; a change map has the name of its picture with
    "-changes", and a mask "-mask".
    """
    if task.target.path is None:
        assert result.picture is not None  # neither change map nor mask is asked for there
        stream = sys.stdout.buffer
        stream.write(_encode(task, result.picture, task.target.format or files.choose_format(result.picture)))
        stream.flush()
        return ()
    folder, stem = task.target.place_of(source)
    outputs = task.target.outputs_of(source)
    pictures = _name_pictures(task.target, result, outputs, folder, stem)
    encoded = {path: _encode(task, each, FORMATS[path.suffix.lower()]) for path, each in pictures.items()}
    if task.change_map:
        for path, picture in pictures.items():
            map_path = folder / f"{outputs.extend(path.stem, 'changes')}.png"
            encoded[map_path] = encode_map(measure_result(result, picture))
    if task.mask and result.mask is not None:
        encoded[folder / f"{outputs.extend(stem, 'mask')}.png"] = files.encode_grey(result.mask)
    encoded |= name_files(result.files, outputs, folder, stem)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(outputs.write(encoded))


def _encode(task: Task, picture: Picture, format: str) -> bytes:
    return files.encode(picture, format, task.quality, task.metadata)


def _name_pictures(target: Target, result: Result, outputs: Outputs, folder: Path, stem: str) -> dict[Path, Picture]:
    """Return path -> picture of the result and its alternatives; nothing where there is no picture."""
    if result.picture is None or target.path is None:
        return {}
    format = target.format or files.choose_format(result.picture)
    suffix = SUFFIX_OF[format] if target.is_folder else target.path.suffix
    pictures = {folder / f"{stem}{suffix}": result.picture}
    for number, alternative in enumerate(result.alternatives, start=2):
        pictures[folder / f"{outputs.extend(stem, str(number))}{suffix}"] = alternative
    return pictures


def name_files(finished: Sequence[File], outputs: Outputs, folder: Path, stem: str) -> dict[Path, bytes]:
    """Return path -> data of finished files; those of one name and several kinds, such as sheets, keep one stem."""
    names = [Path(file.name) for file in finished]
    stems = {each: outputs.extend(stem, each) for each in dict.fromkeys(name.stem for name in names)}
    paths = (folder / f"{stems[name.stem]}{name.suffix}" for name in names)
    return {path: file.data for path, file in zip(paths, finished, strict=True)}


def _describe_checks(service: Service, result: Result, all_rows: bool) -> Iterator[str]:
    """Yield the rows of a result's checklist; of many pictures only those that are not met for sure."""
    for check in result.checks:
        if all_rows or check.state != MET:
            said = ", ".join(filter(None, (check.value, translate(STATES[check.state]))))
            yield f"{translate(service.checks[check.key])}: {said}"


def _tell_steps(service: Service, result: Result) -> tuple[dict[str, str], ...]:
    """Return what the steps of a run did: key, title, state, sentence and value of each."""
    return tuple(
        {
            "key": step.key,
            "title": translate(service.steps[step.key]),
            "state": step.state,
            "sentence": translate(step.said).replace("{value}", step.value) if step.said else "",
            "value": step.value,
        }
        for step in result.steps
    )


def _describe_stretched_masks(service: Service, options: dict[str, Any], picture: files.Picture) -> Iterator[str]:
    """Say of each mask that is not of the picture's shape, to a pixel, what becomes of it."""
    for option in service.options:
        mask = options[option.name] if option.kind in ("mask", "hints") else None
        if mask and abs(mask.width * picture.height - mask.height * picture.width) > max(mask.width, mask.height):
            told = _("is {size} pixels, {option} {other}: it is stretched over the picture.")
            size, other = (f"{each.width} x {each.height}" for each in (picture, mask))
            yield told.format(size=size, option=f"--{option.name}", other=other)


def _end(source: Input, status: str, message: str) -> End:
    return End(str(source.path), _name(source), status, message)


def _name(source: Input) -> str:
    if source.is_standard:
        return _("standard input")
    return "/".join(escape_unprintable(Path(part)) for part in (source.folder / source.path.name).parts)
