"""Where the outputs of a command go: a file, a folder or standard output. Checked before any work."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path

import click

from imaging.io.outputs import Outputs, check_folder
from revive.console import escape_unprintable
from revive.inputs import STANDARD, Input
from revive.result import FORMATS

SUFFIX_OF = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


@dataclass
class Target:
    """The output of a command: `path` with what `is_folder` says of it; None for standard output.

    `format`: "png", "jpeg" or "webp"; "" for the one that is nearest to each input's own.
    """

    path: Path | None
    is_folder: bool
    format: str
    overwrite: bool
    _outputs: dict[str, Outputs] = field(default_factory=dict)

    def prepare(self, inputs: Sequence[Input]) -> None:
        """Choose names for the outputs of these inputs."""
        files = [each for each in inputs if not each.is_standard]
        everything = [each.path for each in files]
        groups: dict[str, list[Path]] = {}
        for each in files:
            groups.setdefault(self._group(each), []).append(each.path)
        self._outputs = {name: Outputs(paths, self.overwrite, everything) for name, paths in groups.items()}

    def outputs_of(self, source: Input) -> Outputs:
        """Return the names of the folder that this input's outputs go to."""
        return self._outputs.setdefault(self._group(source), Outputs([], self.overwrite))

    def place_of(self, source: Input) -> tuple[Path, str]:
        """Return the folder of this input's outputs, and their stem. Raises ValueError for standard output."""
        if self.path is None:
            raise ValueError("standard output has no place")
        if not self.is_folder:
            return self.path.parent, self.path.stem
        stem = "stdin" if source.is_standard else self.outputs_of(source).stem_of(source.path)
        return self.path / source.folder, stem

    def has_output(self, source: Input) -> bool:
        """Say whether this input's output is there already, in whatever format it may have been written."""
        if self.path is None:
            return False
        if not self.is_folder:
            return os.path.lexists(self.path)
        folder, stem = self.place_of(source)
        suffixes = [SUFFIX_OF[self.format]] if self.format else SUFFIX_OF.values()
        return any(self.outputs_of(source).exists(folder / f"{stem}{suffix}") for suffix in suffixes)

    def has_mask(self, source: Input) -> bool:
        """Say whether this input's mask is there already."""
        if self.path is None:
            return False
        folder, stem = self.place_of(source)
        return self.outputs_of(source).exists(folder / f"{stem}.png", "mask")

    def _group(self, source: Input) -> str:
        return str(source.folder).casefold() if self.is_folder else ""


def choose_target(output: str, is_folder: bool, format: str, overwrite: bool) -> Target:
    """Return the target that `output` names; "-" is standard output. Raises click.UsageError where it cannot be one."""
    if output == STANDARD:
        if is_folder:
            raise click.UsageError(_("Standard output takes one picture: name a folder for several."))
        return Target(None, False, format, overwrite)
    path = Path(output)
    is_folder = is_folder or output.endswith(os.sep) or path.is_dir()
    if is_folder and path.is_file():
        raise click.UsageError(_("INPUT is a folder, so OUTPUT must be one."))
    return Target(path, is_folder, format if is_folder else _find_format(path, format), overwrite)


def check_target(target: Target, arguments: Sequence[str], may_exist: bool) -> None:
    """Raise click.UsageError where the target cannot be written, or would replace an input or what is there.

    `may_exist`: a file that is there already is no fault.
    """
    path = target.path
    if path is None:
        return
    for argument in arguments:
        if path.exists() and argument != STANDARD and Path(argument).exists() and path.samefile(argument):
            if target.is_folder:
                raise click.UsageError(_("OUTPUT would replace INPUT: choose another folder."))
            raise click.UsageError(_("OUTPUT would replace INPUT: choose another name or folder."))
    if not target.is_folder and path.exists() and not may_exist:
        raise click.UsageError(
            _("{name} exists already. --overwrite replaces it.").format(name=escape_unprintable(path))
        )
    try:
        check_folder(path if target.is_folder else path.parent)
    except OSError as error:
        reason = error.strerror
        raise click.UsageError(_("Nothing can be written to OUTPUT: {reason}.").format(reason=reason)) from None


def _find_format(path: Path, asked: str) -> str:
    """Return the format that a file's name says. Raises click.UsageError where it says none, or another than asked."""
    try:
        format = FORMATS[path.suffix.lower()]
    except KeyError:
        raise click.UsageError(_("OUTPUT must end in .png, .jpg or .webp; a folder ends in /.")) from None
    if asked and asked != format:
        told = _("OUTPUT ends in {suffix}, and --format asks for {format}.")
        raise click.UsageError(told.format(suffix=path.suffix, format=asked))
    return format
