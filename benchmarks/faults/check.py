"""What must hold once everything is whole again: nothing lost, nothing twice, nothing stuck, no file of nobody."""

import hashlib
import io
import os
import re
import time
from collections import Counter
from pathlib import Path

import httpx
from PIL import Image
from sqlalchemy import select

from benchmarks.faults.people import Notes, Order
from benchmarks.faults.site import Site
from jobs import idempotency
from jobs.files import results, storage
from models import Job, db
from models.job import CANCELLED, DONE, ENDED, FAILED

SETTLE_SECONDS = 240
_UNIT_SECONDS = 2 * 3600
# By these a job may honestly end: its worker was lost twice, or its result did not fit on the disk.
HONEST_FAILURES = {"worker_lost", "storage_full"}
_SMALL = re.compile(r".+-(preview|thumbnail)\.webp")
_FINISHED = re.compile(r"Job (\w{32}) \(\w+\): done after")


def wait_until_settled() -> tuple[list[str], float]:
    """Wait until every job has ended; return those that never did, and the seconds. Needs the context of the site."""
    began = time.monotonic()
    while True:
        open_jobs = list(db.session.scalars(select(Job.id).where(Job.status.not_in(ENDED))))
        db.session.rollback()
        if not open_jobs or time.monotonic() - began > SETTLE_SECONDS:
            return open_jobs, time.monotonic() - began
        time.sleep(0.5)


def find_violations(site: Site, notes: Notes) -> list[str]:
    """Return a sentence for everything that should not be. Needs the context of the site."""
    rows = {job.id: job for job in db.session.scalars(select(Job))}
    db.session.rollback()
    found = [*notes.wrong, *_find_lost(rows, notes.orders), *_find_twice(site, rows, notes.orders)]
    found += _find_damaged(site, rows, notes.orders)
    found += _find_orphans(site)
    found += _find_unexpected(site)
    health = httpx.get(f"{site.address}/healthz", timeout=30).json()
    if health["status"] != "ok":
        found.append(f"healthz says {health}")
    return found


def count_jobs() -> dict[str, int]:
    """Return how many jobs ended in which way. Needs the context of the site."""
    rows = db.session.execute(select(Job.status, Job.error_key)).all()
    db.session.rollback()
    return dict(Counter(f"{row.status} {row.error_key}".strip() for row in rows))


def _find_lost(rows: dict[str, Job], orders: list[Order]) -> list[str]:
    found = []
    for order in orders:
        job = rows.get(order.job_id)
        if not order.job_id or (job is None and order.is_deleted):
            continue
        if job is None:
            found.append(f"lost: job {order.job_id} of {order.person}")
        elif job.status == FAILED and job.error_key not in HONEST_FAILURES:
            found.append(f"lost: job {job.id} failed with {job.error_key} {job.error_message}")
        elif job.status == CANCELLED and not (order.is_cancelled or order.is_deleted):
            found.append(f"lost: job {job.id} was cancelled by nobody")
    return found


def _find_twice(site: Site, rows: dict[str, Job], orders: list[Order]) -> list[str]:
    """A request that was repeated made one job, and of each job one run counts."""
    known = {idempotency.hash_key(order.key): order for order in orders}
    found = [f"twice: job {job.id} was made by no request" for job in rows.values() if job.request_key not in known]
    for job in rows.values():
        order = known.get(job.request_key or "")
        if order and order.job_id not in ("", job.id):
            found.append(f"twice: {order.job_id} and {job.id} were made by one request")
    done = Counter(job_id for worker in site.workers for job_id in _FINISHED.findall(worker.log.read_text()))
    found += [f"twice: job {job_id} was done {count} times" for job_id, count in done.items() if count > 1]
    return found


def _find_damaged(site: Site, rows: dict[str, Job], orders: list[Order]) -> list[str]:
    found = []
    for order in orders:
        job = rows.get(order.job_id)
        if job is None:
            continue
        folder = _get_folder(site, job.id)
        for name in results.list_names(job):
            if not (folder / name).is_file():
                found.append(f"damaged: job {job.id} ({job.status}) lacks {name}")
        original = folder / job.original_file
        if original.is_file() and hashlib.sha256(original.read_bytes()).hexdigest() != order.sent_hash:
            found.append(f"damaged: the original of {job.id} is not what was sent")
        if job.status == DONE and job.result_file and (folder / job.result_file).is_file():
            with Image.open(io.BytesIO((folder / job.result_file).read_bytes())) as picture:
                picture.load()
    return found


def _find_orphans(site: Site) -> list[str]:
    """Return what lies in the storage and belongs to nothing, after the tidying that follows when it is an hour old."""
    then = time.time() - _UNIT_SECONDS
    for path in site.storage.rglob("*"):
        os.utime(path, (then, then))
    site.run_command("jobs", "purge")
    rows = {job.id: job for job in db.session.scalars(select(Job))}
    db.session.rollback()
    found = [f"orphaned: {path.name} in {path.parent.name}" for path in (site.storage / "incoming").glob("*")]
    for job_id in storage.list_job_ids():
        if job_id in rows:
            found += [
                f"orphaned: {name} of job {job_id} ({rows[job_id].status})" for name in _list_extra(site, rows[job_id])
            ]
        elif len(job_id) == 32:
            found.append(f"orphaned: the folder {job_id}")
    return found


def _list_extra(site: Site, job: Job) -> list[str]:
    """Return the files of a job's folder that its row does not name; small copies belong to what they are copies of."""
    known = set(results.list_names(job))
    stems = {Path(name).stem for name in known} | {storage.name_step(step["key"]) for step in job.steps or ()}
    names = [path.name for path in _get_folder(site, job.id).iterdir() if path.name not in known]
    return [name for name in names if not (_SMALL.fullmatch(name) and name.rpartition("-")[0] in stems)]


def _get_folder(site: Site, job_id: str) -> Path:
    """Return where the pictures of a job lie: looked at beside the site's own code for that."""
    return site.storage / job_id[:2] / job_id


def _find_unexpected(site: Site) -> list[str]:
    """Return the lines of the logs that tell of errors that nobody foresaw."""
    found = []
    for program in (site.web, *site.workers):
        for line in program.log.read_text(errors="replace").splitlines():
            if "Traceback" in line or "Unexpected error" in line or "failed; the next" in line:
                found.append(f"log of {program.name}: {line[:200]}")
    return found
