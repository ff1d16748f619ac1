"""`flask settings`: what the owner of the server does with the settings that count at once."""

from collections.abc import Callable
from gettext import gettext as _

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from accounts.administration import Administrator
from accounts.errors import AccountError, FieldErrors
from accounts.settings import changes
from command_line import Command, Group, Option, get_language, translate
from errors import N_

SOMEBODY = Administrator("command line", "")
CONFIRM = N_("Pictures may be deleted for good, where the change does that.")


@click.group("settings", cls=Group, help=N_("Change settings that count at once, without a restart."))
def group() -> None:
    """Hold the commands."""


@group.command("list", cls=Command, help=N_("Print each setting, what it is now, and where that comes from."))
@with_appcontext
def list_settings() -> None:
    origins = {
        changes.CHANGED: _("set here"),
        changes.ENVIRONMENT: _("set by the environment"),
        changes.DEFAULT: _("default"),
    }
    for listed in changes.list_settings():
        click.echo(f"{listed.setting.name}={changes.write_text(listed.value)}  ({origins[listed.origin]})")


@group.command("set", cls=Command, help=N_("Set NAME to VALUE; it counts within a few seconds, everywhere."))
@click.option("--yes", cls=Option, is_flag=True, help=CONFIRM)
@click.argument("name")
@click.argument("value")
@with_appcontext
def set_value(name: str, value: str, yes: bool) -> None:
    _do(lambda: changes.change(SOMEBODY, {name.upper(): value}, yes))
    _print(name.upper())


@group.command("unset", cls=Command, help=N_("Let the environment, or the default, count again for NAME."))
@click.option("--yes", cls=Option, is_flag=True, help=CONFIRM)
@click.argument("name")
@with_appcontext
def unset(name: str, yes: bool) -> None:
    _do(lambda: changes.take_back(SOMEBODY, name.upper(), yes))
    _print(name.upper())


def _print(name: str) -> None:
    click.echo(f"{name}={changes.write_text(changes.find(name).value)}")


def _do(verb: Callable[[], None]) -> None:
    """Do it as the operator of the server; say what is wrong in the language of the command."""
    with force_locale(get_language()):
        try:
            verb()
        except FieldErrors as error:
            raise click.ClickException(" ".join(translate(str(told)) for told in error.errors.values())) from None
        except AccountError as error:
            raise click.ClickException(translate(str(error.message))) from None
