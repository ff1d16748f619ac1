"""`flask weights`: official checkpoints for this installation."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from accounts.administration import Administrator
from checkpoints import imports
from jobs import availability
from jobs.errors import JobError
from networks.releases import OFFICIAL

SOMEBODY = Administrator("command line", "")


@click.group("weights")
def group() -> None:
    """List, import and remove weights."""


@group.command("list")
@with_appcontext
def list_weights() -> None:
    """Print every set of weights with its state, and the official files that can be imported."""
    listed = availability.list_weights()
    for view in listed:
        kind = "imported" if view.imported else "shipped"
        state = "unusable" if view.reason else "matches its SHA-256"
        click.echo("  ".join([view.name, kind, state, ", ".join(service.key for service in view.services) or "unused"]))
        if view.imported and view.entry:
            click.echo(f"    stored {view.entry.sha256}\n    official file {view.entry.source_sha256}")
    known = {view.name for view in listed}
    for row in OFFICIAL:
        if row.name not in known:
            click.echo(f"{row.name}  can be imported from {row.file} ({row.licence}; {row.source}), for {row.service}")


@group.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def import_weights(name: str, file: Path) -> None:
    """Import the official FILE as weights NAME. `flask weights list` prints the names. Nothing in FILE is executed."""
    entry = _run_verb(imports.import_file, name, file)
    click.echo(f"Imported {name}: {entry['bytes']} bytes, SHA-256 {entry['sha256']}.")


@group.command("remove")
@click.argument("name")
@with_appcontext
def remove_weights(name: str) -> None:
    """Delete imported weights. Those that come with Revive stay."""
    _run_verb(imports.remove, name)
    click.echo(f"Removed {name}.")


def _run_verb(verb, *words):
    """Do it as whoever sits at the server; what cannot be done is a sentence and the exit status 1."""
    try:
        return verb(SOMEBODY, *words)
    except JobError as error:
        detail = getattr(error, "detail", "")
        raise click.ClickException(f"{error.message}" + (f" ({detail})" if detail else "")) from None
    except SQLAlchemyError:
        raise click.ClickException("The database does not answer, or has no tables yet: `flask db upgrade`.") from None
    except OSError as error:
        raise click.ClickException(f"The file cannot be read or written: {error.strerror}.") from None
