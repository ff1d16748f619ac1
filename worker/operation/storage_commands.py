"""`flask storage`: move the pictures between a folder and a bucket."""

import sys
from gettext import gettext as _
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from accounts.security import audit
from command_line import Command, Group, Option, translate
from errors import N_
from jobs.errors import JobError
from jobs.files import storage
from jobs.files.backends import opening
from jobs.files.backends.base import FOLDER, Backend
from setting_readers import read_storage_url
from worker.operation import migration
from worker.operation.commands import ACTOR


@click.group("storage", cls=Group, help=N_("Move the pictures between a folder and a bucket."))
def group() -> None:
    """Hold the commands."""


@group.command(
    "migrate",
    cls=Command,
    help=N_("Copy all pictures to another place and compare each by SHA-256. Stopped, it goes on where it was."),
)
@click.option("--from", "source", cls=Option, required=True, help=N_("The folder, or the bucket as in STORAGE_URL."))
@click.option("--to", "target", cls=Option, required=True, help=N_("The folder, or the bucket as in STORAGE_URL."))
@with_appcontext
def migrate(source: str, target: str) -> None:
    places = _open(source), _open(target)
    instance = Path(current_app.config["INSTANCE_DIR"])
    try:
        done = migration.migrate(*places, instance, click.echo)
    except migration.CannotMigrate as error:
        raise click.ClickException(str(error)) from None
    except JobError as error:
        raise click.ClickException(translate(error.message)) from None
    except OSError as error:
        raise click.ClickException(str(error)) from None
    detail = f"{done.files} files, {done.bytes} bytes"
    audit.record("storage_migrated", actor=ACTOR, target=places[1].kind, detail=detail)
    told = _("{files} files, {megabytes} MB, were copied, {known} were there; each has its SHA-256.")
    click.echo(told.format(files=done.files, megabytes=round(done.bytes / 1_000_000), known=done.known))
    setting = "STORAGE_DIR" if places[1].kind == FOLDER else "STORAGE_URL"
    told = _(
        "Set {setting} for web servers and workers, and start them again. {place} is as it was: you may delete it."
    )
    click.echo(told.format(setting=setting, place=places[0].location))


@group.command(
    "unlock",
    cls=Command,
    help=N_("After a migration was killed: let the site go on with the storage that its settings name."),
)
@with_appcontext
def unlock() -> None:
    backend = storage.get_backend()
    migration.unlock(backend)
    click.echo(_("The site goes on with {place}.").format(place=backend.location))


def _open(address: str) -> Backend:
    if address.startswith(opening.SCHEME):
        try:
            read_storage_url(address)
        except ValueError as error:
            sys.exit(str(error))
    return opening.open_backend(address, current_app.config)
