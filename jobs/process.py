"""`flask process SERVICE INPUT OUTPUT`: the services on the command line, without accounts and without a database.

Each service is a command of its own, made from what the service declares.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from imaging.io import files
from imaging.io.errors import PictureError
from jobs.availability import check_choices, folders, unavailable_reason
from services import SERVICES, engine
from services.base import KEPT, UPLOADED, InvalidOption, Option, Result, Service, ServiceError, silent

_SUFFIXES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
_USUAL_SUFFIX = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
_METADATA = ("keep", "strip", "all")


@click.group("process")
def process() -> None:
    """Run one service on a picture or on a folder of pictures."""


def _command(service: Service) -> click.Command:
    def run(source: Path, target: Path, metadata: str, settings: tuple[str, ...], **raw: Any) -> None:
        if reason := unavailable_reason(service):
            raise click.ClickException(reason)
        engine.configure(*folders())
        options = _options(service, raw | _named(service, settings))
        pairs = list(_pairs(source, target))
        failed = sum(not _processed(service, options, metadata, *pair) for pair in pairs)
        if len(pairs) != 1:
            click.echo(f"{len(pairs) - failed} of {len(pairs)} pictures done.")
        sys.exit(1 if failed or not pairs else 0)

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


def _named(service: Service, settings: tuple[str, ...]) -> dict[str, str]:
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


def _pairs(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (input file, output file or folder); a folder's output is a folder, made if need be."""
    if not source.is_dir():
        if not target.is_dir():
            _format_of(target)
        yield source, target
        return
    if target.is_file():
        raise click.UsageError("INPUT is a folder, so OUTPUT must be one.")
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            yield path, target


def _processed(service: Service, options: dict[str, Any], metadata: str, source: Path, target: Path) -> bool:
    """Run the service on one file; say on the terminal what became of it. One bad file never ends the run.

    Returns False also where the service rightly made no picture: whoever goes on with the output has to know.
    """
    try:
        picture = files.decode(source, current_app.config["MAX_MEGAPIXELS"])
        for sentence in _stretched(service, options, picture):
            click.echo(f"{source.name} is {picture.width} x {picture.height} pixels, {sentence}", err=True)
        result = service.run(picture, options, silent)
        verdict = service.verdicts.get(result.verdict, "")
        if result.picture is None:
            click.echo(f"{source.name}: {verdict}", err=True)
            return False
        written = _written(result, metadata, source, target)
    except Exception as error:
        click.echo(f"{source.name}: {_said(error)}", err=True)
        return False
    click.echo(f"{source.name} -> {', '.join(path.name for path in written)}" + (f" ({verdict})" if verdict else ""))
    return True


def _said(error: Exception) -> str:
    """Return what is told of an error, with the option that has the fault."""
    said = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
    return f"{said} (--{error.option.replace('_', '-')})" if isinstance(error, InvalidOption) else said


def _stretched(service: Service, options: dict[str, Any], picture: files.Picture) -> Iterator[str]:
    """Say of each mask that is not of the picture's shape, to a pixel, what becomes of it."""
    for option in service.options:
        mask = options[option.name] if option.kind in ("mask", "hints") else None
        if mask and abs(mask.width * picture.height - mask.height * picture.width) > max(mask.width, mask.height):
            yield f"--{option.name} {mask.width} x {mask.height}: it is stretched over the picture."


def _written(result: Result, metadata: str, source: Path, target: Path) -> list[Path]:
    """Write the result, further answers as NAME-2 and so on, and finished files as NAME-<file>; return the paths."""
    format = files.kept_format(result.picture) if target.is_dir() else _format_of(target)
    if target.is_dir():
        target = target / f"{source.stem}{_USUAL_SUFFIX[format]}"
    pictures = {target: result.picture}
    for number, answer in enumerate(result.answers, start=2):
        pictures[target.with_stem(f"{target.stem}-{number}")] = answer
    finished = {target.with_name(f"{target.stem}-{file.name}"): file.data for file in result.files}
    if any(path.exists() and path.samefile(source) for path in (*pictures, *finished)):
        raise click.UsageError("OUTPUT would replace INPUT: choose another name or folder.")
    for path, picture in pictures.items():
        _write(path, files.encode(picture, format, metadata=metadata))
    for path, data in finished.items():
        _write(path, data)
    return [*pictures, *finished]


def _file(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise click.UsageError(f"There is no file {str(path)!r}.")
    return Path(path)


def _format_of(target: Path) -> str:
    try:
        return _SUFFIXES[target.suffix.lower()]
    except KeyError:
        raise click.UsageError("OUTPUT must end in .png, .jpg or .webp.") from None


def _write(target: Path, data: bytes) -> None:
    """Write the whole file or none."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(data)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


for _service in SERVICES:
    process.add_command(_command(_service))
