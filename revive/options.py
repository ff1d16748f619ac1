"""A tool's options on the command line, made from what the service declares."""

from collections.abc import Mapping, Sequence
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

import command_line
from command_line import translate
from errors import N_, DomainError
from imaging.io import files
from imaging.io.errors import PictureError
from services.availability import check_choices
from services.base import CACHE, MAX_MEGAPIXELS, UPLOADED, Option, Service, ServiceError

METADATA = ("keep", "strip", "all")
# Kind of an option -> what stands for its value.
_METAVARS = {
    "number": "NUMBER",
    "colour": "#RRGGBB",
    "frame": "LEFT,TOP,WIDTH,HEIGHT",
    "point": "X,Y",
    "corners": "X,Y,X,Y,X,Y,X,Y",
}


class ToolOption(command_line.Option):
    """An option of a tool: its help says title, range and default, and what the service says of it."""

    def __init__(self, names: list[str], option: Option, **settings: Any):
        super().__init__(names, **settings)
        self._option = option

    @property
    def help(self) -> str:
        about = (
            _("{title} {range}")
            .format(title=translate(self._option.title), range=_describe_range(self._option))
            .strip()
        )
        help_ = translate(self._option.help)
        return _("{about}: {help}").format(about=about, help=help_) if help_ else about

    @help.setter
    def help(self, _: str | None) -> None:
        """It is made of what the service declares."""


class _UploadedFile(click.Path):
    """A file that is there; what it is called in an error is translated."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        self.name = _("file")
        return super().convert(value, param, ctx)


def build_tool_parameters(service: Service, switches_are_flags: bool) -> list[click.Parameter]:
    """Return the options of a service, and those of its outputs that every way of calling it has.

    `switches_are_flags`: a switch is `--name` or `--no-name`; else it has a value, `--name 1`.
    """
    return [
        *(_build_parameter(option, switches_are_flags) for option in service.options),
        command_line.Option(
            ["--option", "settings"],
            metavar="NAME=VALUE",
            multiple=True,
            help=N_("Any option of the service by its name; the value of a picture, mask or hints is a file."),
        ),
        command_line.Option(
            ["--metadata"],
            type=click.Choice(METADATA),
            default="keep",
            show_default=True,
            help=N_("keep: camera data only; strip: nothing; all: place and owner as well."),
        ),
        command_line.Option(
            ["--overwrite"],
            is_flag=True,
            help=N_("Replace files that are already there. An input is never replaced."),
        ),
    ]


def read_options(
    service: Service, raw: Mapping[str, Any], settings: Sequence[str], folders: Sequence[Path], max_megapixels: float
) -> dict[str, Any]:
    """Return the typed options of a run, uploads among them decoded. `settings` are NAME=VALUE and count before `raw`.

    Raises click.UsageError for a wrong one, before any picture is opened.
    """
    values = dict(raw) | _parse_named(service, settings)
    try:
        for option in service.options:
            if option.kind in UPLOADED and values[option.name]:
                values[option.name] = files.decode(_check_file(values[option.name]), max_megapixels)
        options = service.parse_options(values)
        check_choices(service, options, folders)
        return options | {CACHE: {}, MAX_MEGAPIXELS: max_megapixels}
    except (ServiceError, PictureError) as error:
        raise click.UsageError(describe_error(error)) from None


def describe_error(error: Exception) -> str:
    """Return what is told of an error, with the values that would do and the option that has the fault."""
    if not isinstance(error, DomainError):
        return f"{type(error).__name__}: {error}"
    message = translate(str(error.message))
    if error.allowed:
        message += " " + _("Possible: %(values)s.") % {"values": ", ".join(error.allowed)}
    return f"{message} (--{error.field.replace('_', '-')})" if error.field else message


def _build_parameter(option: Option, switches_are_flags: bool) -> click.Option:
    names = list(dict.fromkeys([f"--{option.name.replace('_', '-')}", f"--{option.name}"]))
    if option.kind == "switch" and switches_are_flags:
        name = option.name.replace("_", "-")
        return ToolOption([f"--{name}/--no-{name}", option.name], option, default=None)
    kind: Any = str
    if option.kind == "choice":
        kind = click.Choice([choice.value for choice in option.choices])
    elif option.kind in UPLOADED:
        kind = _UploadedFile(exists=True, dir_okay=False, path_type=Path)
    return ToolOption([*names, option.name], option, type=kind, metavar=_METAVARS.get(option.kind))


def _describe_range(option: Option) -> str:
    if option.kind != "number":
        return _("(default: {default})").format(default=option.default) if option.default is not None else ""
    numbers = {name: f"{getattr(option, name):g}" for name in ("minimum", "maximum", "default")}
    return _("({minimum} to {maximum}, default: {default})").format(**numbers)


def _parse_named(service: Service, settings: Sequence[str]) -> dict[str, str]:
    """Return what `--option NAME=VALUE` gave; a name that the service does not know ends the command."""
    pairs = dict(setting.partition("=")[::2] for setting in settings)
    known = [option.name for option in service.options]
    for name in pairs:
        if name not in known:
            told = _("{tool} has no option {name!r}: it has {known}.")
            raise click.UsageError(told.format(tool=service.key, name=name, known=", ".join(known)))
    return pairs


def _check_file(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise click.UsageError(_("There is no file {name!r}.").format(name=str(path)))
    return Path(path)
