"""One call of a tool's command: its inputs, its target, its options, and the exit status."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

from command_line import translate
from imaging.io.formats import DEFAULT_QUALITY
from revive.batch import Task, run_batch
from revive.console import DECLINED, FAILED, End, PlainLines, choose_console
from revive.inputs import STANDARD, Input, has_folders, list_inputs
from revive.options import read_options
from revive.targets import check_target, choose_target
from services import runtime
from services.availability import find_unavailable_reason
from services.base import Service

WATCH_SECONDS = 1.0
# What tells one state of a file from another; None for one that is gone.
Stamps = dict[Path, tuple[int, int] | None]


@dataclass(frozen=True)
class Call:
    """What the person asked for. `raw` and `settings` are the tool's options, see `read_options`.

    `folders` are those of the weights; `format` is "png", "jpeg", "webp" or "".
    """

    inputs: Sequence[str]
    output: str | None
    raw: Mapping[str, Any]
    folders: Sequence[Path]
    max_megapixels: float
    settings: Sequence[str] = ()
    metadata: str = "keep"
    overwrite: bool = False
    format: str = ""
    quality: int = DEFAULT_QUALITY
    recursive: bool = False
    skip_existing: bool = False
    jobs: int = 1
    watch: bool = False
    as_json: bool = False
    change_map: bool = False
    write_mask: bool = False


def run_tool(service: Service, call: Call) -> int:
    """Run the tool and return the exit status: 1 where an input got no output, though it was a picture; else 0.

    Raises click.UsageError and click.ClickException where there is a fault in the call, before any work.
    """
    if reason := find_unavailable_reason(service, call.folders):
        raise click.ClickException(translate(reason))
    runtime.configure(*call.folders)
    options = read_options(service, call.raw, call.settings, call.folders, call.max_megapixels)
    is_single = len(call.inputs) == 1 and not has_folders(call.inputs)
    target = choose_target(_find_output(call, is_single), not is_single, call.format, call.overwrite)
    leave_out = target.path if target.is_folder else None
    inputs = list_inputs(call.inputs, call.recursive, leave_out)
    check_target(target, call.inputs, call.overwrite or call.skip_existing)
    rules = call.metadata, call.quality, call.max_megapixels, is_single, call.skip_existing
    task = Task(service, options, target, *rules, change_map=call.change_map, mask=call.write_mask)
    console = choose_console(call.as_json, target.path is None)
    _share_processors(call.jobs)
    if call.watch:
        ends = _watch(task, call, console)
    else:
        target.prepare(inputs)
        ends = run_batch(task, inputs, call.jobs, console)
    return int(any(end.status in (FAILED, DECLINED) for end in ends))


def _find_output(call: Call, is_single: bool) -> str:
    """Return what `--output` names, or standard output for a picture from standard input."""
    output = call.output or (STANDARD if list(call.inputs) == [STANDARD] else None)
    if output is None:
        raise click.UsageError(_("Say where the pictures go: -o FOLDER/, -o FILE.png, or -o - for standard output."))
    if len(call.inputs) > 1 and Path(output).is_file():
        raise click.UsageError(_("Several inputs need a folder for their outputs, and OUTPUT is a file."))
    if call.watch and (is_single or output == STANDARD):
        raise click.UsageError(_("--watch needs a folder to watch, and a folder for the outputs."))
    if call.overwrite and call.skip_existing:
        raise click.UsageError(_("Choose one of --overwrite and --skip-existing."))
    if output == STANDARD and (call.change_map or call.write_mask):
        raise click.UsageError(_("--change-map and --write-mask need a file or a folder as OUTPUT."))
    if output == STANDARD and call.as_json:
        raise click.UsageError(_("Standard output takes either the picture or --json."))
    if output == STANDARD and sys.stdout.isatty():
        raise click.UsageError(_("A picture is not written to a terminal: use > FILE.png or -o FILE.png."))
    return output


def _share_processors(jobs: int) -> None:
    """Give each of several runs at once its part of the processors, where the environment says nothing about it."""
    if jobs > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))


def _watch(task: Task, call: Call, console: PlainLines) -> list[End]:
    """Work on the files of the folders, and on each that comes or changes, until Ctrl-C.

    What is under way then is finished; a second Ctrl-C breaks it off.
    """
    seen: Stamps = {}
    finished: Stamps = {}
    ends: list[End] = []
    with _interrupt_as_event() as interrupt:
        while not interrupt.is_set():
            inputs = list_inputs(call.inputs, call.recursive, task.target.path)
            stamps = {each.path: _stamp(each.path) for each in inputs}
            fresh = [each for each in inputs if _is_fresh(each, stamps, seen, finished)]
            seen = stamps
            if fresh:
                task.target.prepare(inputs)
                ends += run_batch(task, fresh, call.jobs, console)
                finished |= {each.path: stamps[each.path] for each in fresh}
            else:
                interrupt.wait(WATCH_SECONDS)
    return ends


@contextmanager
def _interrupt_as_event() -> Iterator[threading.Event]:
    """Set the event at the first Ctrl-C, wherever the process is at that moment; the second one ends the context."""
    interrupt = threading.Event()

    def note(*_: object) -> None:
        interrupt.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        with suppress(KeyboardInterrupt):
            yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


def _is_fresh(source: Input, stamps: Stamps, seen: Stamps, finished: Stamps) -> bool:
    """Say whether a file waits for its run: it is not finished as it is, and nobody wrote to it since the last look."""
    stamp = stamps[source.path]
    return stamp is not None and finished.get(source.path) != stamp and seen.get(source.path) == stamp


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
