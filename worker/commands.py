"""`flask worker`, `flask process`, `flask jobs` and `flask weights`."""

import logging
import sys

import click
from flask.cli import with_appcontext
from flask.globals import app_ctx

from accounts.security import audit
from checkpoints.commands import group as weights_group
from jobs.files import storage
from jobs.process import process
from worker import recovery
from worker.process import WorkerProcess


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run queued jobs and send mails until Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("huey").setLevel(logging.ERROR)
    WorkerProcess(app_ctx.app).run()


@click.group("jobs")
def group() -> None:
    """Check and clean up jobs and their files."""


@group.command("purge")
@click.option(
    "--days", type=click.IntRange(1, 3650), help="Delete jobs that ended so many days ago; RETENTION_DAYS when absent."
)
@with_appcontext
def purge(days: int | None) -> None:
    """Delete jobs past their retention, and files left over from crashes. A worker does this every hour."""
    count = recovery.purge(days)
    audit.record("jobs_purged", actor="command line", detail=f"{count} jobs")
    click.echo(f"{count} jobs deleted.")


@group.command("check")
@click.option("--remove-orphans", is_flag=True, help="Delete folders that no job knows.")
@with_appcontext
def check(remove_orphans: bool) -> None:
    """Compare the storage with the database; the exit status is 1 when files are missing or orphaned."""
    orphans, missing = recovery.list_orphans(), recovery.list_missing_files()
    for job_id in orphans:
        click.echo(f"No job knows the folder {job_id}.")
        if remove_orphans:
            storage.remove(job_id)
    for job_id, name in missing:
        click.echo(f"Job {job_id} lacks its file {name}.")
    click.echo(f"{len(orphans)} folders of no job, {len(missing)} missing files.")
    sys.exit(bool(missing or (orphans and not remove_orphans)))


commands = (group, worker, process, weights_group)
