"""`flask users`: what the owner of the server does with accounts. Nothing here has a default password."""

import sys
from collections.abc import Callable
from gettext import gettext as _

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale
from sqlalchemy import select, true
from sqlalchemy.exc import IntegrityError

from accounts import administration, invitations
from accounts.errors import AccountError, FieldErrors
from accounts.names import canonicalize
from accounts.security import audit, passwords
from accounts.settings import commands as setting_commands
from command_line import Command, Group, Option, get_language, translate
from errors import N_
from models import User, db

ACTOR = "command line"
SOMEBODY = administration.Administrator(ACTOR, "")


@click.group("users", cls=Group, help=N_("Create and manage accounts."))
def group() -> None:
    """Hold the commands."""


@group.command("create-admin", cls=Command, help=N_("Create an account with administrator rights."))
@click.argument("name", required=False)
@click.option(
    "--password-stdin", cls=Option, is_flag=True, help=N_("Read the password from standard input instead of asking.")
)
@with_appcontext
def create_admin(name: str | None, password_stdin: bool) -> None:
    name = _canonicalize(name or click.prompt(_("User name")))
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
    try:
        passwords.check(password, password, name)
    except FieldErrors as error:
        raise click.ClickException(_join_sentences(error)) from None
    db.session.add(User(name=name, password_hash=passwords.make_hash(password), is_admin=True))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise click.ClickException(_("The account {name} exists already.").format(name=name)) from None
    audit.record("admin_created", actor=ACTOR, target=name)
    click.echo(_("Made the administrator {name}.").format(name=name))


@group.command("list", cls=Command, help=N_("Print the accounts, one per line."))
@click.option("--admins", cls=Option, is_flag=True, help=N_("Only administrators."))
@click.option("--disabled", cls=Option, is_flag=True, help=N_("Only disabled accounts."))
@with_appcontext
def list_users(admins: bool, disabled: bool) -> None:
    wanted = select(User).where(User.guest_until.is_(None)).order_by(User.name).execution_options(yield_per=1000)
    if admins:
        wanted = wanted.where(User.is_admin == true())
    if disabled:
        wanted = wanted.where(User.disabled_at.is_not(None))
    for user in db.session.scalars(wanted):
        words = [user.name, _("since {date}").format(date=f"{user.created_at:%Y-%m-%d}")]
        words += [_("administrator")] * user.is_admin + [_("disabled")] * bool(user.disabled_at)
        click.echo("  ".join(words))


@group.command(
    "disable",
    cls=Command,
    help=N_("End an account's sessions and jobs at once, block it from signing in, and mail its owner why."),
)
@click.argument("name")
@click.option("--reason", cls=Option, help=N_("Why; its owner is mailed it."))
@with_appcontext
def disable(name: str, reason: str | None) -> None:
    reason = reason or click.prompt(_("Reason (its owner is mailed it)"))
    click.echo(_("Disabled {name}.").format(name=_do(administration.disable, name, reason)))


@group.command("enable", cls=Command, help=N_("Let a disabled account sign in again."))
@click.argument("name")
@with_appcontext
def enable(name: str) -> None:
    click.echo(_("Enabled {name}.").format(name=_do(administration.enable, name)))


@group.command("promote", cls=Command, help=N_("Give an account administrator rights."))
@click.argument("name")
@with_appcontext
def promote(name: str) -> None:
    click.echo(_("{name} is an administrator.").format(name=_do(administration.promote, name)))


@group.command("demote", cls=Command, help=N_("Take administrator rights away, except from the last administrator."))
@click.argument("name")
@with_appcontext
def demote(name: str) -> None:
    click.echo(_("{name} is no administrator.").format(name=_do(administration.demote, name)))


@group.command(
    "reset-password",
    cls=Command,
    help=N_("Invalidate the old password and mail the owner to choose a new one; nobody else sees or chooses it."),
)
@click.argument("name")
@with_appcontext
def reset_password(name: str) -> None:
    name = _do(administration.force_new_password, name)
    told = _("The worker mails {name} to choose a new password at {address}.")
    click.echo(told.format(name=name, address=f"{current_app.config['BASE_URL']}/reset"))


@group.command("invite", cls=Command, help=N_("Make an invitation and print its link, with which people register."))
@click.option("--days", cls=Option, default="7", show_default=True, help=N_("How long the link works."))
@click.option("--uses", cls=Option, default="1", show_default=True, help=N_("How many people may register with it."))
@click.option("--note", cls=Option, default="", help=N_("For whom it is; only administrators see it."))
@with_appcontext
def invite(days: str, uses: str, note: str) -> None:
    try:
        _id, token = invitations.create(SOMEBODY, note, days, uses)
    except FieldErrors as error:
        raise click.ClickException(_join_sentences(error)) from None
    click.echo(invitations.build_url(token))


def _do(verb: Callable[..., object], name: str, *words: str) -> str:
    """Do to an account what an administrator does, as the operator of the server; return the canonical name."""
    name = _canonicalize(name)
    user_id = db.session.scalar(select(User.id).where(User.name == name))
    if user_id is None:
        raise click.ClickException(_("There is no account {name}.").format(name=name))
    try:
        verb(SOMEBODY, user_id, *words)
    except FieldErrors as error:
        raise click.ClickException(_join_sentences(error)) from None
    except AccountError as error:
        raise click.ClickException(_say(error.message)) from None
    return name


def _canonicalize(name: str) -> str:
    try:
        return canonicalize(name)
    except FieldErrors as error:
        raise click.ClickException(_join_sentences(error)) from None


def _join_sentences(error: FieldErrors) -> str:
    return " ".join(_say(message) for message in error.errors.values())


def _say(message: object) -> str:
    """Return a sentence of the site in the language of the command."""
    with force_locale(get_language()):
        return translate(str(message))


commands = (group, setting_commands.group)
