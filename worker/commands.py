"""`flask worker`, `flask process`, `flask jobs`, `flask storage`, `flask weights` and `flask database`."""

import sys
from gettext import gettext as _

import click
from flask.cli import with_appcontext
from flask.globals import app_ctx

import logs
from accounts.security import audit
from checkpoints.commands import group as weights_group
from command_line import Command, Group, Option
from errors import N_
from jobs import process_identity
from jobs.files import storage
from jobs.process import process
from jobs.scheduling import hands
from worker import database_commands, recovery
from worker.operation import commands as operation
from worker.operation import storage_commands
from worker.process import WorkerProcess


@click.command("worker", cls=Command, help=N_("Run queued jobs and send mails until Ctrl-C."))
@click.option(
    "--check",
    cls=Option,
    is_flag=True,
    help=N_("Run nothing: say whether a worker of this machine is alive; the exit status is 1 when none is."),
)
@with_appcontext
def worker(check: bool) -> None:
    if check:
        alive = hands.list_alive_of(process_identity.name_machine())
        click.echo(_("{count} workers of this machine are alive.").format(count=len(alive)))
        sys.exit(not alive)
    logs.set_up(app_ctx.app.config["LOG_FORMAT"], app_ctx.app.config["LOG_LEVEL"])
    WorkerProcess(app_ctx.app).run()


@click.group("jobs", cls=Group, help=N_("Check and clean up jobs and their files."))
def group() -> None:
    """Hold the commands."""


@group.command(
    "purge",
    cls=Command,
    help=N_("Delete jobs past their retention, and files left over from crashes. A worker does this every hour."),
)
@click.option(
    "--days",
    cls=Option,
    type=click.IntRange(1, 3650),
    help=N_("Delete jobs that ended so many days ago; RETENTION_DAYS when absent."),
)
@with_appcontext
def purge(days: int | None) -> None:
    count = recovery.purge(days)
    audit.record("jobs_purged", actor="command line", detail=f"{count} jobs")
    click.echo(_("{count} jobs deleted.").format(count=count))


@group.command(
    "check",
    cls=Command,
    help=N_("Compare the storage with the database; the exit status is 1 when files are missing or orphaned."),
)
@click.option("--remove-orphans", cls=Option, is_flag=True, help=N_("Delete folders that no job knows."))
@with_appcontext
def check(remove_orphans: bool) -> None:
    orphans, missing = recovery.list_orphans(), recovery.list_missing_files()
    for job_id in orphans:
        click.echo(_("No job knows the folder {folder}.").format(folder=job_id))
        if remove_orphans:
            storage.remove(job_id)
    for job_id, name in missing:
        click.echo(_("Job {id} lacks its file {name}.").format(id=job_id, name=name))
    told = _("{folders} folders of no job, {files} missing files.")
    click.echo(told.format(folders=len(orphans), files=len(missing)))
    sys.exit(bool(missing or (orphans and not remove_orphans)))


commands = (group, storage_commands.group, worker, process, weights_group, database_commands.group, *operation.commands)
