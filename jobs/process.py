"""`flask process SERVICE INPUT OUTPUT`: the services on the command line, without accounts and without a database.

Each service is a command of its own, made from what the service declares.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from errors import DomainError
from imaging.io import files
from imaging.io.errors import ForeignFormat, PictureError
from imaging.io.outputs import OutputExists, Outputs, check_folder
from jobs.availability import check_choices, folders, unavailable_reason
from services import SERVICES, engine
from services.base import KEPT, UPLOADED, Option, Result, Service, ServiceError, silent

_SUFFIXES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
_USUAL_SUFFIX = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
_METADATA = ("keep", "strip", "all")
DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@click.group("process")
def process() -> None:
    """Run one service on a picture or on a folder of pictures."""


@dataclass(frozen=True)
class Task:
    """What one call of the command does to each of its pictures: the service, its options, where results go."""

    service: Service
    options: dict[str, Any]
    metadata: str
    target: Path
    outputs: Outputs


def _command(service: Service) -> click.Command:
    def run(source: Path, target: Path, metadata: str, overwrite: bool, settings: tuple[str, ...], **raw: Any) -> None:
        if reason := unavailable_reason(service):
            raise click.ClickException(reason)
        engine.configure(*folders())
        options = _options(service, raw | _parse_named_options(service, settings))
        sources = _list_sources(source)
        _check_target(source, target, overwrite)
        task = Task(service, options, metadata, target, Outputs(sources, overwrite))
        ends = [_process_one(task, path, is_only=not source.is_dir()) for path in sources]
        if source.is_dir():
            _report_ends(ends)
        sys.exit(1 if FAILED in ends or DONE not in ends else 0)

    parameters: list[click.Parameter] = [
        click.Argument(["source"], metavar="INPUT", type=click.Path(exists=True, path_type=Path)),
        click.Argument(["target"], metavar="OUTPUT", type=click.Path(path_type=Path)),
        *map(_parameter, service.options),
        click.Option(
            ["--option", "settings"],
            metavar="NAME=VALUE",
            multiple=True,
            help="Any option of the service by its name; the value of a picture, mask or hints is a file.",
        ),
        click.Option(
            ["--metadata"],
            type=click.Choice(_METADATA),
            default="keep",
            show_default=True,
            help="keep: what the camera did; strip: nothing; all: place and owner as well.",
        ),
        click.Option(
            ["--overwrite"], is_flag=True, help="Replace files that are already there. An input is never replaced."
        ),
    ]
    return click.Command(service.key, callback=with_appcontext(run), params=parameters, help=service.summary)


def _parameter(option: Option) -> click.Option:
    names = list(dict.fromkeys([f"--{option.name.replace('_', '-')}", f"--{option.name}"]))
    kind: Any = str
    if option.kind == "choice":
        kind = click.Choice([choice.value for choice in option.choices])
    elif option.kind in UPLOADED:
        kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    about = " ".join(part for part in (option.title, _range(option), option.help) if part)
    return click.Option([*names, option.name], type=kind, help=about)


def _range(option: Option) -> str:
    if option.kind != "number":
        return f"(default: {option.default})" if option.default is not None else ""
    return f"({option.minimum:g} to {option.maximum:g}, default: {option.default:g})"


def _parse_named_options(service: Service, settings: tuple[str, ...]) -> dict[str, str]:
    """Return what `--option NAME=VALUE` gave; a name that the service does not know ends the command."""
    pairs = dict(setting.partition("=")[::2] for setting in settings)
    known = [option.name for option in service.options]
    for name in pairs:
        if name not in known:
            raise click.UsageError(f"{service.key} has no option {name!r}: it has {', '.join(known)}.")
    return pairs


def _options(service: Service, raw: dict[str, Any]) -> dict[str, Any]:
    """Read the uploads among the options and check all. A wrong one ends the command before any picture is opened."""
    try:
        for option in service.options:
            if option.kind in UPLOADED and raw[option.name]:
                raw[option.name] = _file(raw[option.name])
                raw[option.name] = files.decode(raw[option.name], current_app.config["MAX_MEGAPIXELS"])
        options = service.parse_options(raw)
        check_choices(service, options)
        return options | {KEPT: {}}
    except (ServiceError, PictureError) as error:
        raise click.UsageError(_said(error)) from None


def _list_sources(source: Path) -> list[Path]:
    """Return the input, or the files of the folder by name, hidden ones left out."""
    if not source.is_dir():
        return [source]
    return [path for path in sorted(source.iterdir()) if path.is_file() and not path.name.startswith(".")]


def _check_target(source: Path, target: Path, overwrite: bool) -> None:
    """End the command before any work where the output cannot be written, or would replace what is there."""
    if source.is_dir() and target.is_file():
        raise click.UsageError("INPUT is a folder, so OUTPUT must be one.")
    if source.is_dir() and target.is_dir() and target.samefile(source):
        raise click.UsageError("OUTPUT would replace INPUT: choose another folder.")
    is_folder = source.is_dir() or target.is_dir()
    if not is_folder:
        _format_of(target)
        if target.exists() and target.samefile(source):
            raise click.UsageError("OUTPUT would replace INPUT: choose another name or folder.")
        if target.exists() and not overwrite:
            raise click.UsageError(f"{_printable(target)} exists already. --overwrite replaces it.")
    try:
        check_folder(target if is_folder else target.parent)
    except OSError as error:
        raise click.UsageError(f"Nothing can be written to OUTPUT: {error.strerror}.") from None


def _report_ends(ends: list[str]) -> None:
    skipped = f" {ends.count(SKIPPED)} skipped." if SKIPPED in ends else ""
    click.echo(f"{ends.count(DONE)} of {len(ends) - ends.count(SKIPPED)} pictures done.{skipped}")


def _process_one(task: Task, source: Path, is_only: bool) -> str:
    """Run the service on one file; say on the terminal what became of it, and return that.

    One bad file never ends the run. A file of a folder that is no picture is skipped. FAILED is returned also where the
    service rightly made no picture: whoever goes on with the output has to know.
    """
    name, service = _printable(source), task.service
    try:
        picture = files.decode(source, current_app.config["MAX_MEGAPIXELS"])
        if (pages := files.probe(source, current_app.config["MAX_MEGAPIXELS"]).pages) > 1:
            click.echo(f"{name} holds {pages} pictures. Only the largest one was taken.", err=True)
        for sentence in _describe_resized_masks(service, task.options, picture):
            click.echo(f"{name} is {picture.width} x {picture.height} pixels, {sentence}", err=True)
        result = service.run(picture, task.options, silent)
        verdict = service.verdicts.get(result.verdict, "")
        if result.picture is None:
            click.echo(f"{name}: {verdict}", err=True)
            return FAILED
        written = task.outputs.write(_encode(task, result, source))
    except OutputExists as error:
        remedy = "It is an input and stays" if error.is_input else "--overwrite replaces it"
        click.echo(f"{name}: {_printable(error.path)} exists already. {remedy}.", err=True)
        return FAILED
    except ForeignFormat as error:
        click.echo(f"{name}: {_said(error)}" + ("" if is_only else " Skipped."), err=True)
        return FAILED if is_only else SKIPPED
    except Exception as error:
        click.echo(f"{name}: {_said(error)}", err=True)
        return FAILED
    click.echo(f"{name} -> {', '.join(map(_printable, written))}" + (f" ({verdict})" if verdict else ""))
    return DONE


def _printable(path: Path) -> str:
    """Return the name of a file for the terminal: what is not printable is escaped, so that no name forges a line."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in path.name
    )


def _said(error: Exception) -> str:
    """Return what is told of an error, with the option that has the fault."""
    if not isinstance(error, DomainError):
        return f"{type(error).__name__}: {error}"
    return f"{error.message} (--{error.field.replace('_', '-')})" if error.field else error.message


def _describe_resized_masks(service: Service, options: dict[str, Any], picture: files.Picture) -> Iterator[str]:
    """Say of each mask that is not of the picture's shape, to a pixel, what becomes of it."""
    for option in service.options:
        mask = options[option.name] if option.kind in ("mask", "hints") else None
        if mask and abs(mask.width * picture.height - mask.height * picture.width) > max(mask.width, mask.height):
            yield f"--{option.name} {mask.width} x {mask.height}: it is stretched over the picture."


def _encode(task: Task, result: Result, source: Path) -> dict[Path, bytes]:
    """Return the files to write: the result, further answers as NAME-2 and so on, finished files as NAME-<file>."""
    target, outputs = task.target, task.outputs
    if target.is_dir():
        format, stem = files.choose_format(result.picture), outputs.stem_of(source)
        first = target / f"{stem}{_USUAL_SUFFIX[format]}"
    else:
        format, stem, first = _format_of(target), target.stem, target
    pictures = {first: result.picture}
    for number, answer in enumerate(result.answers, start=2):
        pictures[first.with_name(outputs.extend(stem, str(number)) + first.suffix)] = answer
    encoded = {path: files.encode(each, format, metadata=task.metadata) for path, each in pictures.items()}
    for file in result.files:
        name = Path(file.name)
        encoded[first.with_name(outputs.extend(stem, name.stem) + name.suffix)] = file.data
    return encoded


def _file(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise click.UsageError(f"There is no file {str(path)!r}.")
    return Path(path)


def _format_of(target: Path) -> str:
    try:
        return _SUFFIXES[target.suffix.lower()]
    except KeyError:
        raise click.UsageError("OUTPUT must end in .png, .jpg or .webp.") from None


for _service in SERVICES:
    process.add_command(_command(_service))
