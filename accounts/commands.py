"""`flask users`: what the owner of the server does with accounts. Nothing here has a default password."""

import sys
from collections.abc import Callable

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select, true
from sqlalchemy.exc import IntegrityError

from accounts import administration
from accounts.errors import AccountError, FieldErrors
from accounts.names import canonicalize
from accounts.security import audit, passwords
from models import User, db

ACTOR = "command line"
SOMEBODY = administration.Administrator(ACTOR, "")


@click.group("users")
def group() -> None:
    """Create and manage accounts."""


@group.command("create-admin")
@click.argument("name", required=False)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@with_appcontext
def create_admin(name: str | None, password_stdin: bool) -> None:
    """Create an account with administrator rights."""
    name = _canonical(name or click.prompt("User name"))
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        passwords.check(password, password, name)
    except FieldErrors as error:
        raise click.ClickException(_sentences(error)) from None
    db.session.add(User(name=name, password_hash=passwords.make_hash(password), is_admin=True))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise click.ClickException(f"The account {name} exists already.") from None
    audit.record("admin_created", actor=ACTOR, target=name)
    click.echo(f"Made the administrator {name}.")


@group.command("list")
@click.option("--admins", is_flag=True, help="Only administrators.")
@click.option("--disabled", is_flag=True, help="Only disabled accounts.")
@with_appcontext
def list_users(admins: bool, disabled: bool) -> None:
    """Print the accounts, one per line."""
    wanted = select(User).order_by(User.name).execution_options(yield_per=1000)
    if admins:
        wanted = wanted.where(User.is_admin == true())
    if disabled:
        wanted = wanted.where(User.disabled_at.is_not(None))
    for user in db.session.scalars(wanted):
        words = [user.name, f"since {user.created_at:%Y-%m-%d}"]
        words += ["administrator"] * user.is_admin + ["disabled"] * bool(user.disabled_at)
        click.echo("  ".join(words))


@group.command("disable")
@click.argument("name")
@click.option("--reason", prompt="Reason (its owner is mailed it)", help="Why; its owner is mailed it.")
@with_appcontext
def disable(name: str, reason: str) -> None:
    """End an account's sessions and jobs at once, block it from signing in, and mail its owner why."""
    click.echo(f"Disabled {_do(administration.disable, name, reason)}.")


@group.command("enable")
@click.argument("name")
@with_appcontext
def enable(name: str) -> None:
    """Let a disabled account sign in again."""
    click.echo(f"Enabled {_do(administration.enable, name)}.")


@group.command("promote")
@click.argument("name")
@with_appcontext
def promote(name: str) -> None:
    """Give an account administrator rights."""
    click.echo(f"{_do(administration.promote, name)} is an administrator.")


@group.command("demote")
@click.argument("name")
@with_appcontext
def demote(name: str) -> None:
    """Take administrator rights away, except from the last administrator."""
    click.echo(f"{_do(administration.demote, name)} is no administrator.")


@group.command("reset-password")
@click.argument("name")
@with_appcontext
def reset_password(name: str) -> None:
    """Invalidate the old password and mail the owner to choose a new one; nobody else sees or chooses it."""
    name = _do(administration.force_new_password, name)
    click.echo(f"The worker mails {name} to choose a new password at {current_app.config['BASE_URL']}/reset.")


def _do(verb: Callable[..., object], name: str, *words: str) -> str:
    """Do what an administrator does to an account, as whoever sits at the server; return the canonical name."""
    name = _canonical(name)
    user_id = db.session.scalar(select(User.id).where(User.name == name))
    if user_id is None:
        raise click.ClickException(f"There is no account {name}.")
    try:
        verb(SOMEBODY, user_id, *words)
    except FieldErrors as error:
        raise click.ClickException(_sentences(error)) from None
    except AccountError as error:
        raise click.ClickException(str(error.message)) from None
    return name


def _canonical(name: str) -> str:
    try:
        return canonicalize(name)
    except FieldErrors as error:
        raise click.ClickException(_sentences(error)) from None


def _sentences(error: FieldErrors) -> str:
    return " ".join(str(message) for message in error.errors.values())


commands = (group,)
