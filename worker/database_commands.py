"""`flask database`, which `revive db` runs: make, upgrade and look at the database, in the language of the terminal.

Flask-Migrate's own `flask db` can do more, for whoever writes migrations.
"""

from collections.abc import Callable
from gettext import gettext as _

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from command_line import Command, Group
from errors import N_
from models import db


@click.group("database", cls=Group, help=N_("Create or upgrade the database."))
def group() -> None:
    """Hold the commands."""


@group.command("upgrade", cls=Command, help=N_("Create the database, or bring it to the newest version or to VERSION."))
@click.argument("version", default="head")
@with_appcontext
def upgrade(version: str) -> None:
    _move(command.upgrade, version)


@group.command(
    "downgrade",
    cls=Command,
    help=N_("Go back by one version, or to VERSION: before an older Revive is put in place. Back up first."),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("version", default="-1")
@with_appcontext
def downgrade(version: str) -> None:
    _move(command.downgrade, version)


@group.command("current", cls=Command, help=N_("Show the version of the database."))
@with_appcontext
def current() -> None:
    click.echo(_describe(_find_version()))


def _move(change: Callable[[Config, str], None], version: str) -> None:
    """Change the database to another version, and say what came of it. Raises ClickException."""
    before = _find_version()
    try:
        change(_get_config(), version)
    except CommandError:
        raise click.ClickException(_("There is no version {version} to go to.").format(version=version)) from None
    after = _find_version()
    if after != before:
        click.echo(
            _("The database was changed from version {old} to {new}.").format(old=before or "0", new=after or "0")
        )
    click.echo(_describe(after))


def _describe(version: str) -> str:
    newest = _get_scripts().get_current_head()
    if not version:
        return _("The database has no tables yet: `revive db upgrade` makes them.")
    if version == newest:
        return _("The database has version {version}, the newest.").format(version=version)
    told = _("The database has version {version}; the newest is {newest}: `revive db upgrade`.")
    return told.format(version=version, newest=newest)


def _find_version() -> str:
    """Return the version of the database, "" where it has no tables.

    Raises ClickException where it does not answer, or was made by a newer Revive.
    """
    try:
        with db.engine.connect() as connection:
            version = MigrationContext.configure(connection).get_current_revision() or ""
    except OperationalError:
        raise click.ClickException(_("The database does not answer.")) from None
    if version and version not in {script.revision for script in _get_scripts().walk_revisions()}:
        told = _("The database has version {version}, which this Revive does not know: a newer one made it.")
        raise click.ClickException(told.format(version=version))
    return version


def _get_config() -> Config:
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    return config


def _get_scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_get_config())
