"""A tool's options on the command line, made from what the service declares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from errors import DomainError
from imaging.io import files
from imaging.io.errors import PictureError
from services.availability import check_choices
from services.base import KEPT, UPLOADED, Option, Service, ServiceError

METADATA = ("keep", "strip", "all")


def tool_parameters(service: Service, switches_are_flags: bool) -> list[click.Parameter]:
    """Return the options of a service, and those of its outputs that every way of calling it has.

    `switches_are_flags`: a switch is `--name` or `--no-name`; else it has a value, `--name 1`.
    """
    return [
        *(_parameter(option, switches_are_flags) for option in service.options),
        click.Option(
            ["--option", "settings"],
            metavar="NAME=VALUE",
            multiple=True,
            help="Any option of the service by its name; the value of a picture, mask or hints is a file.",
        ),
        click.Option(
            ["--metadata"],
            type=click.Choice(METADATA),
            default="keep",
            show_default=True,
            help="keep: what the camera did; strip: nothing; all: place and owner as well.",
        ),
        click.Option(
            ["--overwrite"], is_flag=True, help="Replace files that are already there. An input is never replaced."
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
                values[option.name] = files.decode(_file(values[option.name]), max_megapixels)
        options = service.parse_options(values)
        check_choices(service, options, folders)
        return options | {KEPT: {}}
    except (ServiceError, PictureError) as error:
        raise click.UsageError(describe_error(error)) from None


def describe_error(error: Exception) -> str:
    """Return what is told of an error, with the option that has the fault."""
    if not isinstance(error, DomainError):
        return f"{type(error).__name__}: {error}"
    return f"{error.message} (--{error.field.replace('_', '-')})" if error.field else error.message


def _parameter(option: Option, switches_are_flags: bool) -> click.Option:
    names = list(dict.fromkeys([f"--{option.name.replace('_', '-')}", f"--{option.name}"]))
    about = " ".join(part for part in (option.title, _range(option), option.help) if part)
    if option.kind == "switch" and switches_are_flags:
        name = option.name.replace("_", "-")
        return click.Option([f"--{name}/--no-{name}", option.name], default=None, help=about)
    kind: Any = str
    if option.kind == "choice":
        kind = click.Choice([choice.value for choice in option.choices])
    elif option.kind in UPLOADED:
        kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.Option([*names, option.name], type=kind, help=about)


def _range(option: Option) -> str:
    if option.kind != "number":
        return f"(default: {option.default})" if option.default is not None else ""
    return f"({option.minimum:g} to {option.maximum:g}, default: {option.default:g})"


def _parse_named(service: Service, settings: Sequence[str]) -> dict[str, str]:
    """Return what `--option NAME=VALUE` gave; a name that the service does not know ends the command."""
    pairs = dict(setting.partition("=")[::2] for setting in settings)
    known = [option.name for option in service.options]
    for name in pairs:
        if name not in known:
            raise click.UsageError(f"{service.key} has no option {name!r}: it has {', '.join(known)}.")
    return pairs


def _file(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise click.UsageError(f"There is no file {str(path)!r}.")
    return Path(path)
