"""The files that a command works on: named ones, those of folders and patterns, or standard input."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

import click

# The name that stands for standard input and output.
STANDARD = "-"


@dataclass(frozen=True)
class Input:
    """One file to work on. `folder`: where its outputs go below the output folder; "." unless subfolders are searched.

    `path` is "-" for standard input.
    """

    path: Path
    folder: Path = Path()

    @property
    def is_standard(self) -> bool:
        return str(self.path) == STANDARD


def list_inputs(arguments: Sequence[str], recursive: bool = False, leave_out: Path | None = None) -> list[Input]:
    """Return the inputs in the order of the arguments, those of a folder by name, each file once.

    Hidden files of a folder are left out, and so is all that lies in the folder `leave_out`, which is the output's.
    Raises click.UsageError where an argument names nothing.
    """
    found: dict[Path, Input] = {}
    for argument in arguments:
        for each in _expand(argument, recursive, leave_out):
            found.setdefault(each.path if each.is_standard else each.path.resolve(), each)
    return list(found.values())


def has_folders(arguments: Sequence[str]) -> bool:
    """Say whether the arguments name folders or patterns, whose number of files is not known beforehand."""
    return any(Path(argument).is_dir() or _is_pattern(argument) for argument in arguments)


def _expand(argument: str, recursive: bool, leave_out: Path | None) -> Iterator[Input]:
    if argument == STANDARD or Path(argument).is_file() or Path(argument).is_fifo():
        yield Input(Path(argument))
    elif Path(argument).is_dir():
        yield from _walk_files(Path(argument), recursive, leave_out)
    elif matches := _list_matches(argument):
        for match in matches:
            if Path(match).is_dir():
                yield from _walk_files(Path(match), recursive, leave_out) if recursive else ()
            else:
                yield Input(Path(match))
    else:
        raise click.UsageError(_("There is no file or folder {name!r}.").format(name=argument))


def _list_matches(pattern: str) -> list[str]:
    """Return the files and folders that match, sorted. A pipe would be waited for, so it must be named itself."""
    found = sorted(glob.glob(pattern, recursive=True))
    return [match for match in found if Path(match).is_file() or Path(match).is_dir()]


def _walk_files(root: Path, recursive: bool, leave_out: Path | None) -> Iterator[Input]:
    left_out = leave_out.resolve() if leave_out else None
    for folder, subfolders, names in os.walk(root):
        here = Path(folder)
        subfolders[:] = sorted(
            name
            for name in subfolders
            if recursive and not name.startswith(".") and (here / name).resolve() != left_out
        )
        for name in sorted(names):
            if not name.startswith(".") and (here / name).is_file():
                yield Input(here / name, here.relative_to(root))


def _is_pattern(argument: str) -> bool:
    return glob.has_magic(argument) and not os.path.lexists(argument)
