"""`flask weights`: official checkpoints for this installation."""

from gettext import gettext as _
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from accounts.administration import Administrator
from checkpoints import imports
from command_line import Command, Group, translate
from errors import N_
from jobs import availability
from jobs.errors import JobError
from networks.releases import OFFICIAL

SOMEBODY = Administrator("command line", "")


@click.group("weights", cls=Group, help=N_("List, import and remove weights."))
def group() -> None:
    """Hold the commands."""


@group.command(
    "list",
    cls=Command,
    help=N_("Print every set of weights with its state, and the official files that can be imported."),
)
@with_appcontext
def list_weights() -> None:
    listed = availability.list_weights()
    for view in listed:
        kind = _("imported") if view.imported else _("shipped")
        state = _("unusable") if view.reason else _("matches its SHA-256")
        used_by = ", ".join(service.key for service in view.services) or _("unused")
        click.echo("  ".join([view.name, kind, state, used_by]))
        if view.imported and view.entry:
            told = _("    stored {sha256}\n    official file {source_sha256}")
            click.echo(told.format(sha256=view.entry.sha256, source_sha256=view.entry.source_sha256))
    known = {view.name for view in listed}
    for row in OFFICIAL:
        if row.name not in known:
            told = _("{name}  can be imported from {file} ({licence}; {source}), for {service}")
            words = {"licence": row.licence, "source": row.source, "service": row.service}
            click.echo(told.format(name=row.name, file=row.file, **words))


@group.command(
    "import",
    cls=Command,
    help=N_(
        "Import the official FILE as weights NAME. `flask weights list` prints the names. Nothing in FILE is executed."
    ),
)
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def import_weights(name: str, file: Path) -> None:
    entry = _run_verb(imports.import_file, name, file)
    told = _("Imported {name}: {bytes} bytes, SHA-256 {sha256}.")
    click.echo(told.format(name=name, bytes=entry["bytes"], sha256=entry["sha256"]))


@group.command("remove", cls=Command, help=N_("Delete imported weights. Those that come with Revive stay."))
@click.argument("name")
@with_appcontext
def remove_weights(name: str) -> None:
    _run_verb(imports.remove, name)
    click.echo(_("Removed {name}.").format(name=name))


def _run_verb(verb, *words):
    """Act as the operator of the server; an error is one sentence and the exit status 1."""
    try:
        return verb(SOMEBODY, *words)
    except JobError as error:
        detail = getattr(error, "detail", "")
        raise click.ClickException(translate(error.message) + (f" ({detail})" if detail else "")) from None
    except SQLAlchemyError:
        told = _("The database does not answer, or has no tables yet: `flask db upgrade`.")
        raise click.ClickException(told) from None
    except OSError as error:
        told = _("The file cannot be read or written: {reason}.").format(reason=error.strerror)
        raise click.ClickException(told) from None
