"""What a command tells: plain lines, a progress bar with the remaining time on a terminal, or JSON lines."""

import json
import sys
import threading
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

DONE, SKIPPED, DECLINED, FAILED = "done", "skipped", "declined", "failed"
# Steps of the progress bar for each picture.
STEPS = 1000
CLEAR_LINE = "\r\x1b[K"


@dataclass(frozen=True)
class End:
    """What became of one input: its `path`, "-" for standard input, and its `name` for people.

    `status`: DONE; SKIPPED, there was nothing to do; DECLINED, the service rightly made no picture; or FAILED.
    `message` says why, `notes` are further sentences, `outputs` the files that were written,
    `steps` what is told of each step of a run that has several.
    """

    path: str
    name: str
    status: str
    message: str = ""
    verdict: str = ""
    notes: tuple[str, ...] = ()
    outputs: tuple[Path, ...] = ()
    steps: tuple[dict[str, str], ...] = ()
    seconds: float = 0.0


class PlainLines:
    """One line for each picture: on standard output what is done, on standard error the rest.

    `done_to_error`: standard output is taken by the picture itself.
    """

    def __init__(self, done_to_error: bool = False):
        self._done_to_error = done_to_error

    def start(self, count: int) -> None:
        """Begin with so many pictures."""

    def progress(self, index: int, share: float) -> None:
        """Take note that this share of a picture is done, 0 to 1. Called from any thread."""

    def end(self, index: int, end: End) -> None:
        """Tell what became of a picture."""
        for note in end.notes:
            click.echo(f"{end.name} {note}", err=True)
        if end.status == DONE:
            outputs = ", ".join(map(escape_unprintable, end.outputs)) or _("standard output")
            said = f" ({end.message})" if end.message else ""
            click.echo(f"{end.name} -> {outputs}{said}", err=self._done_to_error)
        else:
            click.echo(f"{end.name}: {end.message}", err=True)

    def stop(self) -> None:
        """Leave the terminal as it was: the run was interrupted."""

    def finish(self, ends: list[End]) -> None:
        """Tell how many are done."""
        statuses = [end.status for end in ends]
        skipped = statuses.count(SKIPPED)
        told = _("{done} of {count} pictures done.").format(done=statuses.count(DONE), count=len(ends) - skipped)
        told += " " + _("{count} skipped.").format(count=skipped) if skipped else ""
        click.echo(told, err=self._done_to_error)


class ProgressBar(PlainLines):
    """Plain lines above a progress bar on standard error, with the time that is left."""

    def __init__(self, done_to_error: bool = False):
        super().__init__(done_to_error)
        self._lock = threading.Lock()
        self._bar: Any = None

    def start(self, count: int) -> None:
        self._shares, self._ended = [0.0] * count, 0
        self._bar = click.progressbar(length=count * STEPS, file=sys.stderr, show_eta=True, label=self._label())
        self._bar.render_progress()

    def progress(self, index: int, share: float) -> None:
        with self._lock:
            self._shares[index] = max(self._shares[index], min(share, 1.0))
            self._bar.update(int(sum(self._shares) * STEPS) - self._bar.pos)

    def end(self, index: int, end: End) -> None:
        self.progress(index, 1.0)
        with self._lock:
            click.echo(CLEAR_LINE, err=True, nl=False)
            super().end(index, end)
            self._ended += 1
            self._bar.label = self._label()  # another label, so that the bar is drawn again below the new line
            self._bar.render_progress()

    def stop(self) -> None:
        self._bar.render_finish()

    def finish(self, ends: list[End]) -> None:
        self.stop()
        super().finish(ends)

    def _label(self) -> str:
        return _("{done} of {count}").format(done=self._ended, count=len(self._shares))


class JsonLines(PlainLines):
    """One JSON object a line for each picture."""

    def end(self, index: int, end: End) -> None:
        fields = {
            "input": end.path,
            "status": end.status,
            "outputs": [str(path) for path in end.outputs],
            "verdict": end.verdict,
            "message": end.message,
            "notes": list(end.notes),
            "steps": list(end.steps),
            "seconds": round(end.seconds, 3),
        }
        click.echo(json.dumps(fields))

    def finish(self, ends: list[End]) -> None:
        """Print nothing more: a program can count the lines."""


def choose_console(as_json: bool, picture_to_output: bool) -> PlainLines:
    """Return the console that suits standard output and error as they are."""
    if as_json:
        return JsonLines()
    if sys.stderr.isatty():
        return ProgressBar(picture_to_output)
    return PlainLines(picture_to_output)


def escape_unprintable(path: Path) -> str:
    """Return the name of a file for the terminal: what is not printable is escaped, so that no name forges a line."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in path.name
    )
