"""`flask mail test`, `flask backup`, `flask restore-backup` and `flask doctor`."""

import sys
from gettext import gettext as _
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from accounts.mail import delivery_test
from accounts.security import audit
from command_line import Command, Group, Option, translate
from errors import N_
from worker import recovery
from worker.operation import backup as backups
from worker.operation import doctor as examination
from worker.operation import restore as restoring

ACTOR = "command line"


@click.group("mail", cls=Group, help=N_("Find out whether mails go out."))
def mail() -> None:
    """Hold the commands."""


@mail.command(
    "test",
    cls=Command,
    help=N_("Send a test mail to ADDRESS and say which step fails; the exit status is 1 when one does."),
)
@click.argument("address")
@with_appcontext
def test_mail(address: str) -> None:
    if not current_app.config["MAIL_SERVER"]:
        told = _("MAIL_SERVER is not set: mails are written to {folder}, and none is sent.")
        raise click.ClickException(told.format(folder=current_app.config["OUTBOX_DIR"]))
    for step in delivery_test.run(current_app.config, address):
        mark = _("ok") if step.is_done else _("FAILED")
        click.echo(f"{mark}  {translate(step.title)}: {step.said}")
        if not step.is_done:
            raise click.ClickException(translate(step.advice))
    told = _("The server took the mail for {address}. Look into that mailbox, and among the spam.")
    click.echo(told.format(address=address))


@click.command(
    "backup",
    cls=Command,
    help=N_("Write the database, the pictures, imported weights and the key to FILE, each with its SHA-256."),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup(file: Path) -> None:
    try:
        summary = backups.write(file)
    except FileExistsError:
        raise click.ClickException(_("{file} is there already, and is kept.").format(file=file)) from None
    except OSError as error:
        raise click.ClickException(_("{file} cannot be written: {reason}").format(file=file, reason=error)) from None
    for name in summary.missing:
        click.echo(_("{name} is not in the storage.").format(name=name), err=True)
    told = _("{rows} rows and {files} files, {megabytes} MB, are in {file}. It holds secrets: keep it to yourself.")
    megabytes = round(summary.bytes / 1_000_000)
    click.echo(told.format(rows=summary.rows, files=summary.files, megabytes=megabytes, file=file))
    audit.record("backup_made", actor=ACTOR, detail=f"{summary.rows} rows, {summary.files} files")


@click.command(
    "restore-backup",
    cls=Command,
    help=N_("Write the backup FILE into this site, which must be empty. Everything is checked by its SHA-256 before."),
)
@click.option("--check-only", cls=Option, is_flag=True, help=N_("Check the backup and write nothing."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@with_appcontext
def restore_backup(file: Path, check_only: bool) -> None:
    try:
        if check_only:
            about = restoring.check(file)
            click.echo(_("The backup of {time} is whole.").format(time=about["made_at"][:16].replace("T", " ")))
            return
        rows, files = restoring.restore(file)
    except restoring.CannotRestore as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(_("{file} was not restored: {reason}").format(file=file, reason=error)) from None
    audit.record("backup_restored", actor=ACTOR, detail=f"{rows} rows, {files} files")
    missing = recovery.list_missing_files()
    for job_id, name in missing:
        click.echo(_("Job {id} lacks its file {name}.").format(id=job_id, name=name))
    click.echo(_("{rows} rows and {files} files were restored. Start the site again.").format(rows=rows, files=files))
    sys.exit(bool(missing))


@click.command(
    "doctor",
    cls=Command,
    help=N_("Say what is set, what is wrong and what to do; the exit status is 1 when something is wrong."),
)
@with_appcontext
def doctor() -> None:
    for name, value in examination.list_settings():
        click.echo(f"{name}={value}")
    for line in examination.list_changed_settings():
        click.echo(line)
    findings = list(examination.examine(current_app.config))
    marks = {examination.FINE: _("ok"), examination.WARNING: _("note"), examination.WRONG: _("WRONG")}
    for finding in findings:
        click.echo(f"{marks[finding.state]}  {finding.about}: {finding.said}")
        if finding.advice:
            click.echo(f"    {finding.advice}")
    sys.exit(any(finding.state == examination.WRONG for finding in findings))


commands = (mail, backup, restore_backup, doctor)
